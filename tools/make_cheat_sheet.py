"""docs/cheat-sheet.md: laws, walls, devices, models and grids on one page, from the code and the data."""

from __future__ import annotations

import json
from typing import Any

from make_formulas import heading
from make_walls import stem
from mlsysim.core.walls import ALL_WALLS
from page import Failure, fragment, made_by, table

import mlsysim
from mlsysim import _core

head = """
# Cheat sheet

Laws, walls, devices, models and places on one page. Every number here is in the catalog with its source
(`mlsysim zoo NAME`), every law in the [formulas](formulas.md) with its validity, every term in the
[glossary](glossary.md). Rates are dense and of the data sheet; a bandwidth is that of one direction. ≈ marks an
estimate (its range is in the catalog), – what nobody states.

"""

#: The laws that are shown, by topic.
shown = {
    "Iron laws": ("iron_law_overlapped", "iron_law_serial", "iron_law_training", "amdahl_speedup"),
    "Roofline": ("arithmetic_intensity", "ridge_point", "attainable_rate", "roofline_time", "gemm_intensity"),
    "Transformer": (
        "forward_work",
        "attention_work",
        "kv_cache_bytes",
        "model_memory",
        "mixed_precision_adam_bytes",
    ),
    "Training budget (Chinchilla)": ("training_work", "size_at_ratio", "trained_tokens", "training_time"),
    "Communication": (
        "point_to_point_time",
        "ring_all_reduce_time",
        "all_to_all_time",
        "pipeline_bubble_ratio",
    ),
    "Waiting and failing": ("littles_law", "series_mtbf", "young_interval", "failure_probability"),
    "Energy, carbon, money": (
        "facility_energy",
        "operational_carbon",
        "amortised_carbon",
        "cost_per_million_tokens",
    ),
}

calls = """
## Five calls

A step, serving, training, compression, and what a year costs. Entities are registry objects, names or files;
every result is an attribute, and `.explain(…)` prints how it came about ([Python](python.md)).

```python
from mlsysim import CompressionModel, DistributedModel, EconomicsModel, Engine, ServingModel

step = Engine.solve("llama-3-8b", "h100", batch_size=32, seq_len=2048)
print(f"step {step.latency:.2f~}, {step.bottleneck} binds, MFU {step.mfu:.3f}, fits: {step.feasible}")

serving = ServingModel().solve("llama-3-8b", "h100", seq_len=2048, batch_size=32)
print(f"first token {serving.ttft:.1f~}, each next {serving.itl:.2f~}, at most {serving.batch_max:.0f} sequences")

layout = dict(tp_size=8, pp_size=4, microbatch_count=128, zero_stage=1)
training = DistributedModel().solve("llama-3-70b", "research-256", batch_size=1024, **layout)
print(f"training step {training.step_latency_total.to('s'):.1f~}, MFU {training.mfu:.3f}, fits: {training.feasible}")

small = CompressionModel().solve("llama-3-8b", "h100", target_bitwidth=4)
print(f"{small.compression_ratio:.0f} times as small, {small.inference_speedup:.2f} times as fast at batch 1")

year = EconomicsModel().solve("research-256", grid="quebec", duration_days=365)
print(f"{year.tco_usd / 1e6:.2f} million USD, {year.carbon_footprint_kg / 1000:.1f} t of CO2e")
```

```text
```
"""


def laws() -> str:
    by_name = {core.name: core for core in _core.formulas()}
    text = (
        "## Laws\n\n`mlsysim formula NAME` has each with its symbols; the last column is one worked number.\n"
    )
    for topic, names in shown.items():
        rows = []
        for name in names:
            if name not in by_name:
                raise Failure(f"make_cheat_sheet.py: no law is called {name}")
            law = json.loads(by_name[name].to_json())
            symbols = ", ".join(f"{s['symbol']} {s['name'].replace('_', ' ')}" for s in law["symbols"])
            numbers, value, _ = by_name[name].worked_example()
            anchor = heading(law["header"]).lower().replace(" ", "-")
            equation = " ".join(law["equation"].split())
            rows.append(
                [
                    f"[{name.replace('_', '-')}](formulas.md#{anchor})",
                    f"`{equation}`",
                    symbols,
                    f"{numbers} = {value}",
                ]
            )
        text += f"\n### {topic}\n\n" + table(["law", "equation", "symbols", "for instance"], rows)
    return text


def walls() -> str:
    by_number = {number: wall for wall in _core.walls() for number in wall["numbers"]}
    rows = []
    for one in ALL_WALLS:
        wall = by_number.get(one.number)
        name = f"[{one.name}](walls/{stem(wall)}.md)" if wall else one.name
        rows.append([str(one.number), name, one.domain.value, one.constraint, f"`{one.resolver_name}`"])
    return "\n## The 22 walls\n\n" + table(["", "wall", "domain", "what binds", "Python"], rows)


def text_of(value: Any, unit: str) -> str:
    """In the unit, to three digits; a dash where there is none."""
    if value is None:
        return "–"
    number = value.m_as(unit) if hasattr(value, "m_as") else float(value)
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def figure(entry: Any, path: str, unit: str) -> str:
    """One of the catalog; an estimate behind a sign of its own."""
    value = entry
    for name in path.split("."):
        value = getattr(value, name)
    return ("≈ " if entry.figure(path)["kind"] == "estimated" else "") + text_of(value, unit)


def named(entry: Any) -> str:
    return f"{entry.name}<br>`{entry.id}`"


def devices() -> str:
    rows = []
    for chip in mlsysim.Hardware.list(sort_by="release_year"):
        wide = "compute.fp16_dense" if chip.compute.fp16_dense is not None else "compute.bf16_dense"
        rate = chip.compute.fp16_dense if chip.compute.fp16_dense is not None else chip.compute.bf16_dense
        rows.append(
            [
                named(chip),
                f"{chip.release_year:.0f}",
                figure(chip, wide, "Tflop/s"),
                figure(chip, "compute.fp8_dense", "Tflop/s"),
                figure(chip, "compute.int8_dense", "Tflop/s"),
                figure(chip, "memory.capacity", "GiB"),
                figure(chip, "memory.bandwidth", "GB/s"),
                text_of(None if rate is None else rate / chip.memory.bandwidth, "flop/byte"),
                figure(chip, "scale_up.bandwidth_one_way", "GB/s"),
                figure(chip, "power.tdp", "W"),
            ]
        )
    names = ["device", "year", "16-bit, Tflop/s", "fp8", "int8", "memory, GiB", "GB/s"]
    names += ["ridge, flop/byte", "links, GB/s", "W"]
    return "\n## Devices\n\nThe ridge is that of the 16-bit peak, without an efficiency.\n\n" + table(
        names, rows
    )


def models() -> str:
    rows = []
    for model in mlsysim.Models.list(sort_by="parameters"):
        if model.forward_unit != "token" or model.kv_elements is None:
            continue
        shared = figure(model, "kv_heads", "") if model.kv_heads is not None else "latent"
        rows.append(
            [
                named(model),
                text_of(model.parameters / 1e9, ""),
                text_of(model.active_parameters / 1e9 if model.active_parameters is not None else None, ""),
                figure(model, "layers", ""),
                figure(model, "hidden_dim", ""),
                f"{figure(model, 'heads', '')} / {shared}",
                text_of(model.size_in_bytes("fp16"), "GB"),
                text_of(model.get_kv_cache_size(4096), "GB"),
            ]
        )
    names = [
        "model",
        "billion parameters",
        "active",
        "layers",
        "width",
        "heads / KV heads",
        "weights, GB",
        "KV cache, GB",
    ]
    words = "Weights and cache in 16 bits; the cache is that of one sequence of 4,096 tokens."
    return f"\n## Language models\n\n{words}\n\n" + table(names, rows)


def places() -> str:
    grids = [
        [named(grid), figure(grid, "carbon_intensity", "gCO2e/kWh"), figure(grid, "pue", "")]
        for grid in mlsysim.Infra.list(sort_by="carbon_intensity")
    ]
    fabrics = [
        [named(fabric), figure(fabric, "bandwidth_one_way", "GB/s"), figure(fabric, "latency", "us")]
        for fabric in mlsysim.Systems.Fabrics.list()
    ]
    text = "\n## Grids\n\n" + table(["grid", "gCO2e/kWh", "PUE"], grids)
    return text + "\n## Networks\n\n" + table(["network", "GB/s of a port", "latency, us"], fabrics)


def cheat_sheet() -> str:
    text = made_by.format("the laws, the walls and data/") + head
    return text + laws() + walls() + fragment(calls) + devices() + models() + places()
