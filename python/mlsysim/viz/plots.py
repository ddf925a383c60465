"""The roofline of an accelerator with workloads on it.

matplotlib and the engine are imported when something is drawn, so that importing this module costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlsysim.viz.style import pyplot

__all__ = ["plot_roofline"]

# Okabe and Ito's palette, which colour-blind readers can tell apart.
_memory_color, _compute_color, _ink, _faint = "#0072B2", "#D55E00", "#222222", "#888888"
_workload_colors = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def _peak(hardware: Any, precision: str) -> float:
    """The datasheet's peak in flop/s for a precision."""
    by_precision = getattr(hardware.compute, "precision_flops", None) or {}
    if precision in by_precision:
        return by_precision[precision].m_as("flop/s")
    if precision in ("fp16", "bf16"):
        return hardware.compute.peak_flops.m_as("flop/s")
    raise ValueError(f"{hardware.name} states no peak for precision {precision!r}")


@dataclass(frozen=True)
class _Point:
    name: str
    bottleneck: str
    intensity: float  # flop/byte
    ceiling: float  # flop/s that the engine counts on, its efficiency included
    roof: float  # flop/s that the intensity allows under that ceiling
    attained: float  # flop/s of the whole step, its overheads included


def _solved(workload: Any, hardware: Any, **query: Any) -> _Point:
    from mlsysim import Engine

    profile = Engine.solve(model=workload, hardware=hardware, **query)
    intensity = profile.arithmetic_intensity.m_as("flop/byte")
    ceiling = profile.peak_flops_actual.m_as("flop/s")
    roof = min(intensity * hardware.memory.bandwidth.m_as("byte/s"), ceiling)
    work = getattr(profile, "work", None)
    attained = roof if work is None else (work / profile.latency).m_as("flop/s")
    name = getattr(workload, "name", str(workload))
    return _Point(name, f"{str(profile.bottleneck).lower()}-bound", intensity, ceiling, roof, attained)


def plot_roofline(
    hardware: Any,
    workloads: Sequence[Any] | None = None,
    precision: str = "fp16",
    batch_size: float = 1,
    ax: Any = None,
    **options: Any,
) -> tuple[Any, Any]:
    """Draws the roofline of an accelerator and where workloads stand under it.

    hardware    an accelerator with its peak and memory bandwidth, such as ``mlsysim.Hardware.H100``
    workloads   models, each solved by ``Engine.solve`` on this hardware
    precision   number format of the peak and of the workloads
    batch_size  of every workload, at least 1
    ax          matplotlib axes to draw in; a new figure when left out
    options     passed on to ``Engine.solve`` (``efficiency``, ``seq_len``, ``is_training``…)

    The solid roof is the datasheet's. Where the engine counts on less of the peak (its efficiency), that
    ceiling is dashed, and workloads turn compute-bound where it meets the slope. A workload stands at its
    arithmetic intensity and at the flop/s of its whole step: the thin line up to the roof is what overheads
    cost. Where the profile counts no work, it stands on the roof.

    Returns ``(figure, axes)``. Raises ``ImportError`` without matplotlib, ``ValueError`` for a precision that
    the hardware has no peak for, and what ``Engine.solve`` raises.
    """
    if isinstance(hardware, str):
        raise TypeError(f"hardware is an object such as mlsysim.Hardware.H100, not the text {hardware!r}")
    plt = pyplot()
    from matplotlib.ticker import EngFormatter, FuncFormatter

    from mlsysim.show import format_value
    from mlsysim.units import Q_

    peak = _peak(hardware, precision)
    bandwidth = hardware.memory.bandwidth.m_as("byte/s")
    ridge = peak / bandwidth

    query = {"batch_size": batch_size, "precision": precision, **options}
    points = [_solved(workload, hardware, **query) for workload in workloads or ()]
    fig, ax = (ax.figure, ax) if ax is not None else plt.subplots(figsize=(8, 5), layout="constrained")
    left = min([0.1, ridge / 100, *(p.intensity / 4 for p in points)])
    right = max([ridge * 20, *(p.intensity * 8 for p in points)])
    bottom = min([left * bandwidth, *(p.attained / 3 for p in points)])

    def show(number, unit):
        return format_value(Q_(number, unit))

    def label(text, at, offset, color, **style):
        across, up = offset
        ha = "right" if across < 0 else "left" if across > 0 else "center"
        side = {"ha": ha, "va": "bottom" if up > 0 else "top"}
        ax.annotate(text, at, offset, textcoords="offset points", color=color, **side, **style)

    ax.plot([left, ridge], [left * bandwidth, peak], color=_memory_color, lw=2.5, solid_capstyle="round")
    ax.plot([ridge, right], [peak, peak], color=_compute_color, lw=2.5, solid_capstyle="round")
    ax.fill_between([left, ridge, right], [left * bandwidth, peak, peak], bottom, color=_faint, alpha=0.06)
    middle = left**0.4 * ridge**0.6
    label(f"{show(bandwidth, 'B/s')} from memory", (middle, middle * bandwidth), (-6, 3), _memory_color)
    label(f"{show(peak, 'flop/s')} {precision} peak", (right, peak), (-4, 4), _compute_color)

    ax.plot([ridge, ridge], [bottom, peak], color=_faint, lw=1, ls=":")
    ax.plot(ridge, peak, "o", color=_ink, ms=6, zorder=4)
    label(f"ridge {show(ridge, 'flop/B')}", (ridge, peak), (-6, 4), _ink, fontweight="bold")

    for ceiling in sorted({p.ceiling for p in points if p.ceiling < peak * (1 - 1e-9)}):
        ax.plot([ceiling / bandwidth, right], [ceiling, ceiling], color=_compute_color, lw=1.3, ls="--")
        label(f"{ceiling / peak:.3g} of peak", (right, ceiling), (-4, 2), _compute_color, fontsize="small")

    for i, p in enumerate(points):
        color = _workload_colors[i % len(_workload_colors)]
        ax.plot([p.intensity, p.intensity], [p.attained, p.roof], color=color, lw=1)
        ax.plot(p.intensity, p.attained, "o", color=color, ms=9, mec="white", mew=1.2, zorder=5)
        text = f"{p.name}, {p.bottleneck}\n{show(p.intensity, 'flop/B')}, {show(p.attained, 'flop/s')}"
        paper = {"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 1.0}
        offset = (9, -6) if p.intensity < ridge else (0, -9)  # beside the slope, below the flat roof
        label(text, (p.intensity, p.attained), offset, _ink, fontsize="small", bbox=paper)

    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, peak * 4))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    ax.yaxis.set_major_formatter(EngFormatter())
    ax.set_xlabel("arithmetic intensity (flop/byte)")
    ax.set_ylabel("rate (flop/s)")
    batch = f", batch {batch_size:,g}" if points else ""
    ax.set_title(f"Roofline of {hardware.name}, {precision}{batch}", loc="left", fontweight="bold")
    ax.grid(which="major", color=_faint, alpha=0.2, lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    return fig, ax


def __getattr__(name: str) -> Any:
    # The original has all of its pictures in this module.
    if name in ("COLORS", "plot_distributed_roofline", "plot_evaluation_scorecard", "set_book_style", "setup_plot"):
        from mlsysim import viz

        return getattr(viz, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
