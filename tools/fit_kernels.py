#!/usr/bin/env python3
"""Fits the constants of data/kernels/*.yaml to the published kernel times in data/measurements/kernels_*.csv.gz.

    tools/fit_kernels.py            fits every other row and prints errors on the rest
    tools/fit_kernels.py --write    the same, then fits all rows, and writes data/kernels/ and docs/kernels-validation.md

The laws are those of the core, asked through the package; nothing is fitted to a device, a framework or a row: one value for each
generation of devices. Needs scipy (pip install 'mlsysim[fit]').
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from mlsysim.quantity import from_python
from scipy.optimize import least_squares

from mlsysim import _core, assumptions

ROOT = Path(__file__).parents[1]
SET = assumptions.in_force("first-principles")
#: The systems of the tables, by generation.
GENERATIONS = {
    "ampere": {"a100_sxm": "a100-sxm-80gb"},
    "hopper": {"h100_sxm": "h100-sxm-80gb", "h200_sxm": "h200-sxm-141gb"},
    "blackwell": {"b200_sxm": "b200", "gb200": "gb200"},
    "ada": {"l40s": "l40s"},
    "blackwell-workstation": {"rtx_pro_6000_server": "rtx-pro-6000-server"},
}
#: What a device without tables of its own is taken to do.
GENERATIONS["generic"] = {system: device for systems in GENERATIONS.values() for system, device in systems.items()}
FORMATS = {  # of the tables: arithmetic, weights
    "bfloat16": ("bf16", "bf16"), "fp8": ("fp8", "fp8"), "fp8_block": ("fp8", "fp8"), "nvfp4": ("nvfp4", "nvfp4"),
    "int4_wo": ("bf16", "int4"), "w4a16_mxfp4": ("bf16", "mxfp4"), "w4a8_mxfp4_mxfp8": ("mxfp8", "mxfp4"),
}  # fmt: skip


def table(name: str) -> list[dict[str, str]]:
    with gzip.open(ROOT / "data/measurements" / f"kernels_{name}.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


class Rows:
    """Rows of a table that ask one wall with the same choices: figures that vary as columns, and what was measured."""

    def __init__(self, wall: str, arguments: dict[str, object], columns: dict[str, list[float]], seconds: list[float]):
        self.wall, self.arguments = wall, arguments
        self.columns = {name: np.asarray(values, float) for name, values in columns.items()}
        self.measured = np.asarray(seconds)

    def predicted(self, constants: dict[str, float]) -> np.ndarray:
        arguments = {**self.arguments, **{f"hardware.kernels.{name}": value for name, value in constants.items()}}
        return _core.rows(self.wall, arguments, self.columns, ["latency"], SET, from_python)["latency"]


def grouped(wall, rows, choices, columns, seconds, half=None) -> list[Rows]:
    """Groups rows by their choices. `half` 0 or 1 keeps every other row."""
    groups = defaultdict(list)
    for i, row in enumerate(rows):
        if half is None or i % 2 == half:
            groups[tuple(sorted(choices(row).items()))].append(row)
    return [
        Rows(wall, dict(chosen), {k: [columns(r)[k] for r in some] for k in columns(some[0])}, [seconds(r) for r in some])
        for chosen, some in groups.items()
    ]


class Part:
    """Constants that are fitted together, and the rows that they are fitted to."""

    def __init__(self, names: dict[str, float], wall: str, source: str, keep, choices, columns, scatter: float = 0.07, either=None):
        self.names, self.wall, self.source = names, wall, source
        self.keep, self.choices, self.columns, self.scatter = keep, choices, columns, scatter
        self.either: dict[str, tuple[float, float]] = either or {}  # constants that are one of two: whichever fits better

    def rows(self, systems: dict[str, str], half: int | None) -> list[Rows]:
        found = [r for r in table(self.source) if r["system"] in systems and self.keep(r)]
        return grouped(
            self.wall, found, lambda r: {"hardware": systems[r["system"]], **self.choices(r)}, self.columns,
            lambda r: float(r["latency_ms"]) / 1e3, half,
        )  # fmt: skip

    def fit(self, rows: list[Rows], known: dict[str, float]) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        """Values and their 90 % intervals."""
        if not self.names:
            return {}, {}
        if not self.either:
            return self.fit_beside(rows, known)[1:]
        ((name, ends),) = self.either.items()
        found = [(*self.fit_beside(rows, {**known, name: end}), end) for end in ends]
        # No kernel computes beyond the peak: where a fit says so, the constant is the other.
        possible = [f for f in found if max(v for n, v in f[1].items() if ".efficiency" in n) < 1.2]
        _, values, intervals, end = min(possible, key=lambda f: f[0])
        return values | {name: float(end)}, intervals | {name: tuple(map(float, ends))}

    def fit_beside(self, rows: list[Rows], known: dict[str, float]):
        """The loss, values and their intervals, from the curvature of a robust loss on ln(predicted / measured)."""
        start = np.log(list(self.names.values()))

        def residuals(x):
            constants = {**known, **dict(zip(self.names, np.exp(x)))}
            errors = [np.log(r.predicted(constants) / r.measured) / self.scatter for r in rows]
            return np.concatenate([*errors, (x - start) / 1.5])  # a wide prior: a constant that no row moves stays put

        found = least_squares(residuals, start, loss="cauchy", x_scale=0.3)
        spread = np.sqrt(np.clip(np.diag(np.linalg.pinv(found.jac.T @ found.jac)), 1e-4, 4)) * np.sqrt(2 * found.cost / max(1, len(found.fun)))
        values = dict(zip(self.names, np.exp(found.x)))
        return found.cost, values, {n: (v * np.exp(-1.645 * s), v * np.exp(1.645 * s)) for (n, v), s in zip(values.items(), spread)}


def number(row: dict[str, str], name: str) -> float:
    return float(row[name] or 0)


def gemm_format(row):
    arithmetic, weights = FORMATS[row["gemm_dtype"]]
    narrow = arithmetic != "bf16"
    fused = row["framework"] == "TRTLLM" or row["gemm_dtype"] == "nvfp4"
    return {"precision": arithmetic, "weights": weights, "quantise": ("launched" if fused else "by_row") if narrow else "no"}


def gemm_columns(row):
    return {"rows": number(row, "m"), "columns": number(row, "n"), "inner": number(row, "k")}


def decode_choices(row):
    return {"phase": "decode", "kv_precision": row["kv_cache_dtype"].replace("bfloat16", "bf16"), "library": library(row)}


def prefill_choices(row):
    kv, arithmetic = (row[n].replace("bfloat16", "bf16") for n in ("kv_cache_dtype", "attn_dtype"))
    return {"phase": "prefill", "kv_precision": kv, "precision": arithmetic, "library": library(row)}


def library(row):
    return "trtllm" if row["framework"] == "TRTLLM" else "flash"


def attention_columns(row):
    window = number(row, "window_size")
    common = {"sequences": number(row, "batch_size"), "heads": number(row, "num_heads"), "kv_heads": number(row, "num_key_value_heads"),
              "head_dim": number(row, "head_dim"), "window": window or 1e9}  # fmt: skip
    if row["op_name"] == "generation_attention":
        return {**common, "context": number(row, "step") + number(row, "isl")}
    return {**common, "tokens": number(row, "isl"), "context": number(row, "step")}


def attention_kept(framework):
    # More than 16 queries to a key head are in no model that is served: kernels fall back to one query at a time.
    return lambda r: r["framework"] == framework and number(r, "num_heads") <= 16 * number(r, "num_key_value_heads") and (
        r["op_name"] != "context_attention" or number(r, "isl") > 8
    )


def latent_decode_choices(row):
    return {"phase": "decode", "cached": "latent", "kv_precision": row["kv_cache_dtype"].replace("bfloat16", "bf16")}


def latent_prefill_choices(row):
    return {**latent_decode_choices(row), "phase": "prefill", "library": "trtllm"}


def latent_columns(row):
    """Latents of 512 and 64 rotated elements in decoding, heads of 128 and 64 in a prefill: DeepSeek's."""
    decoding = row["op_name"] == "mla_generation"
    common = {"sequences": number(row, "batch_size"), "heads": number(row, "num_heads"), "head_dim": 576 if decoding else 192,
              "value_dim": 512 if decoding else 128}  # fmt: skip
    if decoding:
        return {**common, "context": number(row, "step") + number(row, "isl")}
    return {**common, "kv_heads": number(row, "num_heads"), "tokens": number(row, "isl")}


def latent_kept(row):
    # Rows of vLLM time the host, which launches a fifth of a millisecond of kernels around attention.
    return row["framework"] == "TRTLLM" and (row["op_name"] != "mla_context" or number(row, "isl") > 8)


def expert_choices(row):
    arithmetic, weights = FORMATS[row["moe_dtype"]]
    # Experts of 512 of which 22, or 128 of which 6, serve a token are those of Nemotron, which are not gated.
    ungated = "nongated" in row["kernel_source"] or (row["topk"], row["num_experts"]) in {("22", "512"), ("6", "128")}
    return {"precision": arithmetic, "weights": weights, "gated": not ungated, "routing": "balanced" if row["distribution"] == "balanced" else "skewed"}


def experts_of_tensorrt(row):
    """Kernels of TensorRT-LLM, whoever calls them: vLLM takes them from FlashInfer on Hopper and Blackwell."""
    return row["framework"] == "TRTLLM" or "flashinfer" in row["kernel_source"]


def expert_columns(row):
    return {"tokens": number(row, "num_tokens"), "hidden": number(row, "hidden_size"), "inner": number(row, "inter_size"),
            "experts": number(row, "num_experts"), "experts_per_token": number(row, "topk"),
            "tensor_parallel": number(row, "moe_tp_size"), "expert_parallel": number(row, "moe_ep_size")}  # fmt: skip


def reduce_columns(row):
    element = {"half": 2, "bfloat16": 2, "int8": 1, "float16": 2}
    size = element[row["nccl_dtype"] or row["allreduce_dtype"]] * number(row, "message_size")
    return {"message": size / 1e6, "devices": number(row, "num_gpus")}


def parts() -> list[Part]:
    attention = {"efficiency": 0.5, "bandwidth_efficiency": 0.85}
    made = [
        Part({"gemm.efficiency_16": 0.8, "gemm.bandwidth_efficiency": 0.8, "gemm.launch": 3, "gemm.split": 3}, "gemm", "gemm",
             lambda r: r["gemm_dtype"] == "bfloat16", gemm_format, gemm_columns),
        Part({"gemm.efficiency_8": 0.65, "gemm.quantise_launch": 10, "gemm.quantise_row": 0.9}, "gemm", "gemm",
             lambda r: r["gemm_dtype"] == "fp8", gemm_format, gemm_columns),
        Part({"gemm.efficiency_4": 0.5, "gemm.quantise_launch_4": 4}, "gemm", "gemm", lambda r: r["gemm_dtype"] == "nvfp4", gemm_format, gemm_columns),
    ]  # fmt: skip
    for group, framework in (("decode", "VLLM"), ("decode_trtllm", "TRTLLM")):
        names = {**attention, "launch": 5, "block": 1.5, "split": 2}
        made.append(Part({f"{group}.{n}": v for n, v in names.items()}, "attention", "attention_decode", attention_kept(framework),
                         decode_choices, attention_columns, 0.1))  # fmt: skip
    for group, framework in (("prefill", "VLLM"), ("prefill_trtllm", "TRTLLM")):
        names = {**attention, "launch": 10, "block": 0.5, "score_rate": 3e10}
        made.append(Part({f"{group}.{n}": v for n, v in names.items()}, "attention", "attention_prefill", attention_kept(framework),
                         prefill_choices, attention_columns, 0.1))  # fmt: skip
    experts = {"efficiency_16": 0.5, "efficiency_8": 0.35, "bandwidth_efficiency": 0.85, "imbalance": 2, "launch": 30, "expert": 0.05,
               "token": 5, "route": 2}  # fmt: skip
    for group, library, called in (("experts", "flash", lambda r: r["framework"] == "VLLM"), ("experts_trtllm", "trtllm", experts_of_tensorrt)):
        choices = lambda r, library=library: {**expert_choices(r), "library": library}  # noqa: E731
        made.append(Part({f"{group}.{n}": v for n, v in experts.items()}, "experts", "moe",
                         lambda r, called=called: r["moe_dtype"] in ("bfloat16", "fp8_block") and called(r), choices, expert_columns, 0.15))  # fmt: skip
        made.append(Part({f"{group}.efficiency_4": 0.35}, "experts", "moe", lambda r, called=called: r["moe_dtype"] == "nvfp4" and called(r),
                         choices, expert_columns, 0.15))  # fmt: skip
    latent = {"efficiency_16": 0.6, "efficiency_8": 0.4, "bandwidth_efficiency": 0.85, "launch": 8, "block": 5, "split": 4}
    made.append(Part({f"latent.{n}": v for n, v in latent.items()}, "attention", "mla_decode", latent_kept, latent_decode_choices,
                     latent_columns, 0.1, either={"latent.parts": (1, 64)}))  # fmt: skip
    made.append(Part({}, "attention", "mla_prefill", latent_kept, latent_prefill_choices, latent_columns))
    made.append(Part({"reduce.efficiency": 0.8, "reduce.latency": 5, "reduce.hop": 2, "reduce.ramp": 20}, "all-reduce", "collective",
                     lambda r: r["op_name"] == "all_reduce" and r["kernel_source"] == "NCCL", lambda r: {"by": "library"}, reduce_columns))  # fmt: skip
    made.append(Part({"reduce.direct_efficiency": 0.7, "reduce.direct_latency": 3, "reduce.direct_hop": 0.3}, "all-reduce", "collective",
                     lambda r: r["op_name"] == "all_reduce" and r["kernel_source"] in ("TRTLLM", "vLLM_custom_graph", "SGLang_CustomAllReduce_graph"),
                     lambda r: {"by": "kernel"}, reduce_columns))  # fmt: skip
    return made


NAMES = {"gemm": "matrix product", "attention_decode": "attention, decoding", "attention_prefill": "attention, prefill", "moe": "experts",
         "collective": "all-reduce", "mla_decode": "latent attention, decoding", "mla_prefill": "latent attention, prefill"}  # fmt: skip


def naive(r: Rows, constants: dict[str, float]) -> np.ndarray | None:
    """Half of the peak, all of the bandwidth: what a data sheet alone gives."""
    if r.wall == "all-reduce":
        return None
    hardware = _core.find("accelerator", str(r.arguments["hardware"]), "")
    arguments = {**r.arguments, **{f"hardware.kernels.{name}": value for name, value in constants.items()}}
    results = _core.rows(r.wall, arguments, r.columns, ["work", "traffic"], SET, from_python)
    rate = {"fp8": "fp8_dense", "nvfp4": "fp4_dense"}.get(str(r.arguments.get("precision")), "bf16_dense")
    compute = results["work"] / (0.5 * hardware.cell(f"compute.{rate}"))
    return np.maximum(compute, results["traffic"] / hardware.cell("memory.bandwidth"))


def fitted(systems: dict[str, str], half: int | None):
    """Constants of a generation, their intervals, and which parts had rows."""
    known: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    found = []
    for part in parts():
        if rows := part.rows(systems, half):
            values, some = part.fit(rows, known)
            known |= values
            intervals |= some
            found.append(part)
    return known, intervals, found


def errors(part: Part, systems: dict[str, str], constants: dict[str, float], half: int | None):
    """Absolute percentage errors by operator, device and format, with those of the naive roofline."""
    ours, theirs = defaultdict(list), defaultdict(list)
    for r in part.rows(systems, half):
        format_ = r.arguments.get("weights") or r.arguments.get("kv_precision") or ""
        name = NAMES[part.source] + (", TensorRT-LLM" if r.arguments.get("library") == "trtllm" and part.names else "")
        by = {"library": "library", "kernel": "by a kernel"}.get(str(r.arguments.get("by")), str(format_))
        key = (name, by, str(r.arguments["hardware"]))
        ours[key].append(np.abs(r.predicted(constants) / r.measured - 1) * 100)
        if (plain := naive(r, constants)) is not None:
            theirs[key].append(np.abs(plain / r.measured - 1) * 100)
    return {key: (np.concatenate(some), np.concatenate(theirs[key]) if theirs[key] else None) for key, some in ours.items()}


def line(key: tuple[str, ...], found: tuple[np.ndarray, np.ndarray | None]) -> str:
    both = [f"{np.median(e):.0f} / {np.percentile(e, 90):.0f}" if e is not None else "" for e in found]
    return f"| {' | '.join(key)} | {len(found[0]):,} | {both[0]} | {both[1]} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="then fit all rows and write data/kernels and docs/kernels-validation.md")
    parser.add_argument("--only", default="", help="a generation")
    options = parser.parse_args()
    report, transfer = [], []
    for generation, systems in GENERATIONS.items():
        if options.only not in ("", generation):
            continue
        known, _, found = fitted(systems, 0)
        for part in found:
            report += [line(key, e) for key, e in errors(part, systems, known, 1).items()]
        if generation == "hopper":
            there = GENERATIONS["blackwell"]
            for part in found:
                if part.rows(there, 1):
                    transfer += [line(key, e) for key, e in errors(part, there, known, 1).items()]
        if options.write:
            write(generation, *fitted(systems, None)[:2])
    print("\n".join(report + ["", "hopper's constants on blackwell", *transfer]))
    if options.write:
        document(report, transfer)


def document(report: list[str], transfer: list[str]) -> None:
    head = "| kernel | format | device | rows | ours | half the peak, all the bandwidth |\n| --- | --- | --- | ---: | ---: | ---: |\n"
    (ROOT / "docs/kernels-validation.md").write_text(f"""<!-- Made by tools/fit_kernels.py --write. -->

# Kernels against measurement

Predicted against published kernel times ([data/measurements](../data/measurements)): median / 90th percentile of the absolute error in
per cent. Constants of each generation of devices were fitted to every other row; errors are those of the other half, which the fit has
not seen. The last column is what a data sheet alone gives. The constants that ship ([data/kernels](../data/kernels)) are fitted to all
rows by the same command; each has a physical meaning and an interval. Attention with more than 16 query heads to a key head, weight-only
formats of experts and 8-bit experts that are not scaled in blocks are not fitted. The prefill of latent attention has no constants of
its own: it is predicted with those of TensorRT-LLM's other heads, as heads of 192 whose values have 128. Times of latent attention as
vLLM calls it are not used: a fifth of a millisecond in each is the host's.

{head}{chr(10).join(report)}

## A generation that was never measured

Hopper's constants on Blackwell's data sheet: what may be expected of a new chip.

{head}{chr(10).join(transfer)}
""")


UNITS = {"launch": " us", "split": " us", "quantise_launch": " us", "quantise_launch_4": " us", "quantise_row": " us", "block": " us", "expert": " us", "token": " ns",
         "route": " ns", "score_rate": " 1/s", "latency": " us", "hop": " us", "ramp": " us", "direct_latency": " us", "direct_hop": " us"}  # fmt: skip


def write(generation: str, values: dict[str, float], intervals: dict[str, tuple[float, float]]) -> None:
    lines = ["# Made by tools/fit_kernels.py --write.", f"name: {generation.replace('-', ' ')} kernels"]
    group = ""
    for name in sorted(values, key=lambda n: n.split(".")[0]):
        prefix, leaf = name.split(".")
        if prefix != group:
            lines.append(f"{prefix}:")
            group = prefix
        unit, (low, high) = UNITS.get(leaf, ""), intervals[name]
        lines.append(
            f'  {leaf}: {{value: {values[name]:.4g}{unit}, kind: fitted, range: [{low:.4g}{unit}, {high:.4g}{unit}], '
            f'source: mlsysim-kernel-fit, where: "kernel tables of {", ".join(GENERATIONS[generation].values())}", read: 2026-11-21}}'
        )
    path = ROOT / "data/kernels" / f"{generation}.yaml"
    training = re.search(r"(?m)^training:\n(  .*\n)+", path.read_text())  # tools/fit_training.py's
    path.write_text("\n".join(lines) + "\n" + (training[0] if training else ""))


if __name__ == "__main__":
    main()
