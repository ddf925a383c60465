"""The pictures of docs/learn/: numbers from the package, drawn by matplotlib.

A picture holds a digest of its numbers and of this file, and is drawn again when that changes: another
version of matplotlib, which writes other bytes for the same picture, makes none stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from refresh_document import Failure, root

folder = root / "docs/learn"
blue, orange, green, grey, purple = "#0072b2", "#d55e00", "#009e73", "#999999", "#cc79a7"
batches = [2**n for n in range(10)]
Columns = dict[str, Any]


def column(wall: str, axis: str, points: list, result: str, **given: Any) -> list[float]:
    """A result in SI units at every point of an axis."""
    import mlsysim

    return mlsysim.sweep(wall, {axis: points}, [result], **given)["columns"][result].tolist()


def memory_wall() -> Columns:
    chips = {"H100": {}, "twice the arithmetic": {"hardware.compute.fp16_dense": "1978.8 Tflop/s"},
             "twice the bandwidth": {"hardware.memory.bandwidth": "6.7 TB/s"}}  # fmt: skip
    given = {"model": "llama-3-8b", "hardware": "h100"}
    return {
        str(context): {
            name: column("single-node", "batch_size", batches, "latency", seq_len=context, **given, **chip)
            for name, chip in chips.items()
        }
        for context in (1, 2048)
    }


def draw_memory_wall(figure: Any, data: Columns) -> None:
    axes = figure.subplots(1, 2, sharey=True)
    for one, context, title in zip(axes, ("1", "2048"), ("empty cache", "2,048 tokens in each cache")):
        looks = zip(("-", "--", "-"), (grey, orange, blue))
        for (name, seconds), (line, colour) in zip(data[context].items(), looks):
            one.plot(batches, [1e3 * s for s in seconds], line, color=colour, label=name, lw=2)
        one.set(xscale="log", yscale="log", title=title, xlabel="batch", xticks=batches[::3])
        one.set_xticklabels(map(str, batches[::3]))
    axes[0].set(
        ylabel="time of a step, ms", yticks=[2, 5, 10, 20, 50], yticklabels=["2", "5", "10", "20", "50"]
    )
    axes[0].legend(frameon=False)


def two_phases() -> Columns:
    prompts = [2**n for n in range(5, 16)]
    data = {
        chip: {result: column("serving", "seq_len", prompts, result, model="llama-3-8b", hardware=chip)
               for result in ("ttft", "itl")}
        for chip in ("h100", "h200")
    }  # fmt: skip
    return {"prompts": prompts, **data}


def draw_two_phases(figure: Any, data: Columns) -> None:
    one = figure.subplots()
    for chip, line in (("h100", "-"), ("h200", "--")):
        for result, words, colour in (
            ("ttft", "first token (TTFT)", orange),
            ("itl", "each next one (ITL)", blue),
        ):
            milliseconds = [1e3 * s for s in data[chip][result]]
            label = f"{words}, {chip.upper()}"
            one.plot(data["prompts"], milliseconds, line, color=colour, label=label, lw=2)
    one.set(
        xscale="log", yscale="log", xlabel="tokens of the prompt", ylabel="ms", xticks=data["prompts"][::2]
    )
    one.set_xticklabels([f"{n:,}" for n in data["prompts"][::2]])
    one.set(yticks=[10, 100, 1000], yticklabels=["10", "100", "1,000"])
    one.legend(frameon=False)


def quantisation() -> Columns:
    formats = {
        "16-bit weights and cache": {},
        "fp8 cache": {"kv_precision": "fp8"},
        "4-bit weights": {"precision": "int4"},
        "4-bit weights, fp8 cache": {"precision": "int4", "kv_precision": "fp8"},
    }
    given = {"model": "llama-3-8b", "hardware": "h100", "seq_len": 2048}
    steps = {
        name: column("serving", "batch_size", batches[:9], "itl", **given, **words)
        for name, words in formats.items()
    }
    base = steps.pop("16-bit weights and cache")
    return {name: [b / s for b, s in zip(base, seconds)] for name, seconds in steps.items()}


def draw_quantisation(figure: Any, data: Columns) -> None:
    one = figure.subplots()
    for (name, speedups), colour in zip(data.items(), (green, blue, purple)):
        one.plot(batches[:9], speedups, color=colour, label=name, lw=2)
    one.set(
        xscale="log", xlabel="batch, 2,048 tokens in each cache", ylabel="speed-up of a step", ylim=(0.9, 4.1)
    )
    one.set(xticks=batches[:9], xticklabels=map(str, batches[:9]))
    one.axhline(4, color=grey, ls=":")
    one.text(1, 3.87, "4: what the weights' size suggests", color="#555555", va="top")
    one.legend(frameon=False, loc="upper right", bbox_to_anchor=(1, 0.95))


# Devices of a layer, stages, microbatches, ZeRO stage, gradients sent while the backward pass runs.
layouts = {
    "tp 1, pp 1, dp 64": (1, 1, 4, 1, False),
    "tp 8, pp 1, dp 8": (8, 1, 32, 1, False),
    "tp 16, pp 1, dp 4": (16, 1, 64, 1, False),
    "tp 8, pp 4, dp 2\n8 microbatches": (8, 4, 8, 1, False),
    "tp 8, pp 4, dp 2\n64 microbatches": (8, 4, 64, 1, False),
    "tp 4, pp 1, dp 16\nZeRO 2, overlapped": (4, 1, 8, 2, True),
}


def scaling_out() -> Columns:
    from mlsysim import DistributedModel

    data = {}
    for name, (tp, pp, microbatches, zero, overlap) in layouts.items():
        degrees = {"tp_size": tp, "pp_size": pp, "microbatch_count": microbatches, "zero_stage": zero}
        a = DistributedModel().solve(
            "llama-3-70b", "h100:64", batch_size=256, overlap_comm=overlap, **degrees
        )
        parts = {
            "one device's own work": a.value("node_profile.latency"),
            "tensor": a.value("tp_communication_latency"),
            "pipeline, with its bubble": a.value("pp_communication_latency")
            + a.value("pipeline_bubble_latency"),
            "data": a.value("dp_communication_exposed"),
        }
        if abs(sum(parts.values()) / a.value("step_latency_total") - 1) > 1e-6:
            raise Failure(f"draw_lessons.py: the parts of {name!r} do not sum to the step")
        data[name] = {"parts": parts, "fits": bool(a.feasible)}
    return data


def draw_scaling_out(figure: Any, data: Columns) -> None:
    one = figure.subplots()
    names = list(data)[::-1]
    left = [0.0] * len(names)
    for part, colour in zip(data[names[0]]["parts"], (grey, blue, orange, green)):
        widths = [data[name]["parts"][part] for name in names]
        one.barh(names, widths, left=left, color=colour, label=part, height=0.6)
        left = [before + width for before, width in zip(left, widths)]
    for row, name in enumerate(names):
        words = f"{left[row]:.1f} s" + ("" if data[name]["fits"] else ", does not fit")
        one.text(left[row] + 0.1, row, words, va="center")
    one.set(xlabel="seconds of one step, Llama 3 70B on 64 H100, batch 256", xlim=(0, 1.35 * max(left)))
    figure.legend(frameon=False, loc="outside upper center", ncols=4)


def investment() -> Columns:
    points = sorted({*(round(2 ** (n / 8)) for n in range(73)), *range(145, 154)})  # close to where it turns
    given = {"model": "llama-3-8b", "hardware": "h100"}
    parts = ("peak_flops", "memory_bandwidth", "overhead")
    data = {
        part: column("sensitivity", "batch_size", points, f"elasticities.{part}", **given) for part in parts
    }
    return {"points": points, **data}


def draw_investment(figure: Any, data: Columns) -> None:
    one = figure.subplots()
    words = {
        "peak_flops": "arithmetic",
        "memory_bandwidth": "bandwidth",
        "overhead": "fixed time (less is better)",
    }
    for (part, name), colour in zip(words.items(), (orange, blue, grey)):
        one.plot(data["points"], data[part], color=colour, label=name, lw=2)
    one.set(
        xscale="log",
        xlabel="batch",
        ylabel="elasticity of the step",
        xticks=batches,
        xticklabels=map(str, batches),
    )
    one.axhline(0, color="black", lw=0.6)
    one.legend(frameon=False, loc="center left")


def geography() -> Columns:
    from mlsysim import SustainabilityModel

    grids = ("quebec", "norway", "france", "germany", "texas", "us-avg", "iowa", "poland")
    data = {}
    for grid in grids:
        a = SustainabilityModel().solve("h100:64", grid=grid, duration_days=30)
        data[a.region_name] = [a.operational_carbon_kg / 1000, a.embodied_carbon_kg / 1000]
    return data


def draw_geography(figure: Any, data: Columns) -> None:
    whole, clean = figure.subplots(1, 2, width_ratios=[3, 2])
    for one, names in ((whole, list(data)[::-1]), (clean, list(data)[2::-1])):
        used = [data[name][0] for name in names]
        made = [data[name][1] for name in names]
        one.barh(names, made, color=orange, label="making the chips (a month of five years)", height=0.6)
        one.barh(names, used, left=made, color=blue, label="electricity", height=0.6)
        one.set(xlabel="t of CO2e in a month")
    clean.set(title="the cleanest three")
    figure.legend(*whole.get_legend_handles_labels(), frameon=False, loc="outside upper center", ncols=2)


def fleet() -> Columns:
    """By the code that the lesson shows, so that the picture is that of the table beside it."""
    text = (folder / "8-fleet-across-regions.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(block, names)
    return {f"{objective} s": names["plans"](objective) for objective in (1, 0.4)}


def draw_fleet(figure: Any, data: Columns) -> None:
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for one, (objective, plans) in zip(axes, data.items()):
        one.fill_between([0, 1.5], 1, 100, color=green, alpha=0.12, lw=0)
        for sites, colour in (("one site", orange), ("two sites", blue)):
            some = [plan for plan in plans if ("+" in plan[0]) == (sites == "two sites")]
            one.scatter(
                [p[2] / 1e6 for p in some], [p[3] for p in some], s=22, color=colour, label=sites, zorder=3
            )
        best = plans[0]
        one.annotate(best[0], (best[2] / 1e6, best[3]), (0, -15), textcoords="offset points", ha="center")
        one.set(
            title=f"first token within {objective}",
            xlabel="million USD a year",
            yscale="log",
            xlim=(0.6, 2.1),
            ylim=(3, 2000),
        )
    axes[0].set(ylabel="t of CO2e a year", yticks=[10, 100, 1000], yticklabels=["10", "100", "1,000"])
    axes[0].text(0.63, 88, "within both limits", color="#00664a", va="top")
    axes[1].legend(frameon=False, loc="upper left")


drawn: dict[str, tuple[Callable[[], Columns], Callable[[Any, Columns], None]]] = {
    "2-memory-wall": (memory_wall, draw_memory_wall),
    "3-two-phases": (two_phases, draw_two_phases),
    "4-quantisation": (quantisation, draw_quantisation),
    "5-scaling-out": (scaling_out, draw_scaling_out),
    "6-where-to-invest": (investment, draw_investment),
    "7-geography": (geography, draw_geography),
    "8-fleet": (fleet, draw_fleet),
}


def rounded(data: Any) -> Any:
    """With six digits, so that the last bit of another processor's logarithm changes nothing."""
    if isinstance(data, dict):
        return {name: rounded(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [rounded(value) for value in data]
    return f"{data:.6g}" if isinstance(data, float) else data


def svg(draw: Callable[[Any, Columns], None], data: Columns, digest: str) -> str:
    try:
        import matplotlib
    except ImportError as error:
        raise Failure("docs/learn/images needs matplotlib: pip install 'mlsysim[viz]'") from error
    from matplotlib.figure import Figure

    looks = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "mlsysim",  # the same names each time
        "font.size": 9,
        "axes.titlesize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(looks):
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        draw(figure, data)
        for one in figure.axes:
            one.minorticks_off()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Description": digest})
    return re.sub(r"[ \t]+$", "", text.getvalue(), flags=re.MULTILINE)


def lesson_pictures() -> dict[str, str]:
    """Each picture by its path: the one that is there, where its numbers still hold."""
    pictures = {}
    for name, (numbers, draw) in drawn.items():
        data = numbers()
        known = json.dumps(rounded(data)) + Path(__file__).read_text(encoding="utf-8")
        digest = hashlib.sha256(known.encode()).hexdigest()
        file = folder / "images" / f"{name}.svg"
        there = file.read_text(encoding="utf-8") if file.exists() else ""
        pictures[str(file.relative_to(root))] = there if digest in there else svg(draw, data, digest)
    return pictures
