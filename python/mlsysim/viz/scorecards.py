"""Pictures of evaluations and of fleets, and a style for figures of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsysim.errors import InputError
from mlsysim.viz.plots import _compute_color, _faint, _ink, _memory_color, _pyplot, _workload_colors

__all__ = ["COLORS", "plot_distributed_roofline", "plot_evaluation_scorecard", "set_book_style", "setup_plot"]

#: Okabe and Ito's palette, by what a colour stands for and by the original's names.
COLORS = {
    "primary": _ink, "grid": _faint, "memory": _memory_color, "compute": _compute_color, "crimson": _compute_color,
    "BlueLine": _memory_color, "BlueL": "#CCE3F0", "BlueFill": "#CCE3F0", "RedLine": _compute_color, "RedL": "#F7DFCC",
    "RedFill": "#F7DFCC", "GreenLine": _workload_colors[0], "GreenL": "#CCECE3", "GreenFill": "#CCECE3",
    "OrangeLine": _workload_colors[2], "OrangeL": "#FAECCC", "VioletLine": _workload_colors[1], "VioletL": "#F5E4ED",
    "BrownLine": "#8A5A44", "BrownL": "#E8DED9", "YellowFill": "#FCF9D9",
}  # fmt: skip


def set_book_style() -> None:
    """matplotlib's defaults for this process: a sans-serif face, a faint grid, tight margins."""
    _pyplot().rcParams.update({
        "font.family": "sans-serif", "font.size": 10, "text.color": COLORS["primary"], "axes.titleweight": "bold",
        "axes.grid": True, "grid.color": COLORS["grid"], "grid.alpha": 0.3, "savefig.bbox": "tight",
    })  # fmt: skip


def setup_plot(figsize: tuple[float, float] = (8, 5)) -> tuple[Any, Any, dict[str, str], Any]:
    """``(figure, axes, COLORS, pyplot)`` in that style."""
    set_book_style()
    plt = _pyplot()
    fig, ax = plt.subplots(figsize=figsize)
    return fig, ax, COLORS, plt


def plot_evaluation_scorecard(evaluation: Any) -> tuple[Any, Any]:
    """What a scenario takes of what it has: memory, and time where it has a target. 1 is the limit.

    Returns ``(figure, axes)``. Raises InputError for an evaluation without those figures.
    """
    fits, speed = evaluation.feasibility.metrics, evaluation.performance.metrics
    if "weight_size" not in fits or "latency" not in speed:
        raise InputError(f"{evaluation.scenario_name} has no memory and latency to draw: evaluate a Scenario")
    shares = {"memory": (fits["weight_size"] / fits["capacity"]).m_as("")}
    if speed.get("sla_latency") is not None:
        shares["latency"] = (speed["latency"] / speed["sla_latency"]).m_as("")
    fig, ax, colors, _ = setup_plot((8, 1.5 + 0.8 * len(shares)))
    bars = ax.barh(list(shares), list(shares.values()), color=[colors["RedLine" if share > 1 else "GreenLine"] for share in shares.values()])
    ax.bar_label(bars, [f"{100 * share:.3g} %" for share in shares.values()], padding=4)
    ax.axvline(1.0, color=colors["primary"], ls="--", lw=1)
    ax.set(xlim=(0, 1.2 * max(1.0, *shares.values())), xlabel="needed over available", title=evaluation.scenario_name)
    ax.spines[["top", "right"]].set_visible(False)
    return fig, ax


def plot_distributed_roofline(fleet: Any, workloads: Iterable[Any] | None = None, **options: Any) -> tuple[Any, Any]:
    """The rate of a fleet that trains by data parallelism against the operations for each byte over its fabric.

    workloads  models, each asked of ``NetworkRooflineModel`` on this fleet
    options    passed on to it (``batch_size``, ``seq_len``, ``precision``, ``efficiency``)

    Returns ``(figure, axes)``. Raises ImportError without matplotlib, and what the model raises.
    """
    from mlsysim import walls
    from mlsysim.units import Q_

    points = [(w.name, walls.classes["NetworkRooflineModel"]().solve(w, fleet, **options)) for w in workloads or ()]
    peak = fleet.total_accelerators * fleet.node.accelerator.compute.peak_flops.m_as("flop/s")
    link = fleet.total_accelerators / fleet.node.accelerators_per_node * (fleet.node.nics_per_node or 1) * fleet.fabric.bandwidth.m_as("byte/s")
    ridge = peak / link
    left = min([ridge / 1e3, *(a.value("arithmetic_intensity") / 4 for _, a in points)])
    right = max([ridge * 1e2, *(a.value("arithmetic_intensity") * 4 for _, a in points)])
    fig, ax, colors, _ = setup_plot()
    ax.plot([left, ridge, right], [left * link, peak, peak], color=colors["memory"], lw=2.5)
    ax.annotate(f"ridge {ridge:,.3g} flop/byte", (ridge, peak), (8, -14), textcoords="offset points", fontweight="bold")
    for i, (name, answer) in enumerate(points):
        at = answer.value("arithmetic_intensity"), answer.value("achievable_flops")
        ax.plot(*at, "o", color=_workload_colors[i % len(_workload_colors)], ms=9)
        ax.annotate(f"{name}, {answer.bottleneck.lower()}-bound", at, (8, -10), textcoords="offset points", fontsize="small")
    ax.set(xscale="log", yscale="log", xlim=(left, right), xlabel="operations for each byte over the fabric (flop/byte)",
           ylabel="rate of the fleet (flop/s)", title=f"{fleet.name}: {Q_(peak, 'flop/s').to_compact():~.4g}")
    return fig, ax
