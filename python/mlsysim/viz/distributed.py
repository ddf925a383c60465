"""The roofline of a fleet: a device's arithmetic against the bytes that gradients send over its links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlsysim.viz.style import COLORS, pyplot

__all__ = ["plot_distributed_roofline"]

_hues = ("Green", "Violet", "Orange", "Brown", "Blue")


def plot_distributed_roofline(
    fleet_system: Any, workloads: Sequence[Any] | None = None, ax: Any = None, **options: Any
) -> tuple[Any, Any]:
    """Draws what arithmetic and the links of a fleet leave of a device, for training by data parallelism.

    fleet_system  a fleet, such as ``mlsysim.Systems.Clusters.Research_256``, or the name of one
    workloads     models, each asked of ``NetworkRooflineModel`` on this fleet; none: the roofs alone
    ax            matplotlib axes to draw in; a new figure when left out
    options       passed on (``batch_size``, ``seq_len``, ``precision``, ``efficiency``…)

    Across: operations for each byte that a device sends over a link, in flop/byte. Up: flop/s of a device. Both links
    have a slope: the fabric between nodes and the links inside one. A workload has a mark for each, at the same height:
    filled on the fabric, hollow inside the node. The roof that it touches is what binds.

    Returns ``(figure, axes)``. Raises ``ImportError`` without matplotlib, and what ``NetworkRooflineModel.solve`` raises.
    """
    plt = pyplot()
    from matplotlib.ticker import EngFormatter, FuncFormatter

    from mlsysim import Models, NetworkRooflineModel
    from mlsysim.show import format_value
    from mlsysim.units import Q_

    def solve(workload: Any) -> Any:
        return NetworkRooflineModel().solve(workload, fleet_system, **options)

    solved = [(getattr(workload, "name", str(workload)), solve(workload)) for workload in workloads or ()]
    first = solved[0][1] if solved else solve(Models.Llama3_8B)  # the roofs are the same whatever is asked

    def show(number: float, unit: str) -> str:
        return format_value(Q_(number, unit))

    ceiling = first.value("achievable_flops") * first.value("latency") / first.value("latency_compute")
    devices = round(first.value("throughput") * first.value("latency") / options.get("batch_size", 1))
    ceiling /= devices
    roofs = [
        ("fabric", "BlueLine", first.value("ridge_point")),
        ("links inside a node", "RedLine", first.value("scale_up_ridge")),
    ]
    points = []
    for name, answer in solved:
        height = answer.value("achievable_flops") / devices
        across = [answer.value("arithmetic_intensity"), answer.value("scale_up_intensity")]
        points.append((name, answer, across, height))
    finite = [x for _, _, across, _ in points for x in across if 0 < x < float("inf")]
    ridges = [ridge for _, _, ridge in roofs]
    left, right = min([*ridges, *finite]) / 6, max([*ridges, *finite]) * 12
    bottom = min([height for *_, height in points] + [ceiling * left / max(ridges)]) / 2

    fig, ax = (ax.figure, ax) if ax is not None else plt.subplots(figsize=(8, 5), layout="constrained")
    ax.plot([min(ridges), right], [ceiling, ceiling], color=COLORS["primary"], lw=2.5, solid_capstyle="round")
    label = f"arithmetic: {show(ceiling, 'flop/s')} a device, {devices:,} devices"
    ax.annotate(label, (right, ceiling), (-4, 5), textcoords="offset points", ha="right", color=COLORS["primary"])
    for name, color, ridge in roofs:
        slope = ceiling / ridge  # bytes a second that the link carries
        ax.plot([left, ridge], [left * slope, ceiling], color=COLORS[color], lw=2.5, label=f"{name}, {show(slope, 'B/s')}")
        ax.plot([ridge, ridge], [bottom, ceiling], color=COLORS[color], lw=1, ls=":")
    for i, (name, answer, across, height) in enumerate(points):
        color = COLORS[_hues[i % len(_hues)] + "Line"]
        ends = [x for x in across if 0 < x < float("inf")]
        ax.plot(ends, [height] * len(ends), color=color, lw=1)
        marked = False
        for x, filled in zip(across, (True, False), strict=True):
            if not 0 < x < float("inf"):
                continue  # nothing is sent over this link
            fill = color if filled else "white"
            text = f"{name}: {answer.bottleneck.lower()} binds" if not marked else None
            ax.plot(x, height, "o", ms=9, color=color, mfc=fill, mew=1.6, ls="none", zorder=5, label=text)
            marked = True
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, ceiling * 4))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    ax.yaxis.set_major_formatter(EngFormatter())
    ax.set_xlabel("operations for each byte sent over the link (flop/byte); filled: fabric, hollow: inside the node")
    ax.set_ylabel("rate of a device (flop/s)")
    named = getattr(fleet_system, "name", str(fleet_system))
    ax.set_title(f"Roofline of {named}", loc="left", fontweight="bold")
    ax.legend(loc="lower right", fontsize="small", frameon=False)
    ax.grid(which="major", color=COLORS["grid"], lw=0.6, alpha=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    return fig, ax
