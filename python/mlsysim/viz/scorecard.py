"""A system's evaluation as a picture: what it needs of what there is, level by level."""

from __future__ import annotations

from typing import Any

from mlsysim.viz.style import COLORS, pyplot

__all__ = ["plot_evaluation_scorecard"]

_status = {"PASS": COLORS["GreenLine"], "FAIL": COLORS["RedLine"], "SKIPPED": "#777777"}


def _memory(evaluation: Any) -> list[tuple[str, float, str]]:
    used, room = (evaluation.answer.value(f"feasibility.{name}") for name in ("memory_used", "memory_available"))
    parts = [("used", min(used / room, 1), "BlueLine"), ("left", 1 - used / room, "BlueL")]
    return [*parts, ("too much", used / room - 1, "RedLine")]


def _step(evaluation: Any) -> list[tuple[str, float, str]]:
    """A step's time: what it waits for, and the work of the model at its peak rate."""
    value = evaluation.answer.value
    step, mfu = value("performance.latency"), value("performance.mfu")
    if not step > 0:
        return []
    waits = [
        ("communication", value("performance.comm_overhead") / step, "OrangeLine"),
        ("bubble", value("performance.pipeline_bubble") / step, "VioletLine"),
    ]
    waits = [wait for wait in waits if wait[1] == wait[1] and wait[1] > 0]
    rest = max(0.0, 1 - mfu - sum(share for _, share, _ in waits))
    return [("arithmetic at peak (MFU)", mfu, "GreenLine"), *waits, ("below peak", rest, "GreenL")]


def _money(evaluation: Any) -> list[tuple[str, float, str]]:
    value = evaluation.answer.value
    parts = [("capital", "capex", "BrownLine"), ("electricity", "energy_cost", "OrangeLine")]
    parts.append(("maintenance", "maintenance", "BrownL"))
    spent = [(name, value(f"macro.{path}"), color) for name, path, color in parts]
    total = sum(amount for _, amount, _ in spent)
    return [(name, amount / total, color) for name, amount, color in spent] if total > 0 else []


def _against_limits(evaluation: Any) -> tuple[Any, Any]:
    """Of a scenario: memory, and time where it has a target, as shares of what there is. 1 is the limit."""
    plt = pyplot()
    fits, speed = evaluation.feasibility.metrics, evaluation.performance.metrics
    shares = {"memory": (fits["weight_size"] / fits["capacity"]).m_as("")}
    if speed.get("sla_latency") is not None:
        shares["latency"] = (speed["latency"] / speed["sla_latency"]).m_as("")
    fig, ax = plt.subplots(figsize=(8, 1.5 + 0.8 * len(shares)), layout="constrained")
    colors = [COLORS["RedLine" if share > 1 else "GreenLine"] for share in shares.values()]
    bars = ax.barh(list(shares), list(shares.values()), height=0.5, color=colors)
    ax.bar_label(bars, [f"{100 * share:.3g} %" for share in shares.values()], padding=4)
    ax.axvline(1.0, color=COLORS["primary"], ls="--", lw=1)
    ax.set(xlim=(0, 1.2 * max(1.0, *shares.values())), xlabel="needed over available")
    ax.set_title(evaluation.scenario_name, loc="left", fontweight="bold")
    ax.spines[["top", "right"]].set_visible(False)
    return fig, ax


def plot_evaluation_scorecard(evaluation: Any) -> tuple[Any, Any]:
    """Draws the three levels of a ``SystemEvaluation``, one bar each; of a scenario's, its needs against its limits.

    evaluation  what ``SystemEvaluator.evaluate``, ``evaluate_plan`` or ``Scenario.evaluate`` returned

    Feasibility: memory used of what a device has; a bar past the line does not fit. Performance: what a step's time
    goes to. Macro: what the money goes to. Returns ``(figure, axes)``. Raises ``ImportError`` without matplotlib.
    """
    if "weight_size" in evaluation.feasibility.metrics:
        return _against_limits(evaluation)
    plt = pyplot()
    fig, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
    levels = (evaluation.feasibility, evaluation.performance, evaluation.macro)
    fits = evaluation.feasibility.status != "FAIL"
    bars = []
    for level, parts_of in zip(levels, (_memory, _step, _money), strict=True):
        shown = level.status != "SKIPPED" and (fits or level is evaluation.feasibility)
        bars.append([part for part in parts_of(evaluation) if part[1] > 0] if shown else [])
    width = max(1.0, *(sum(share for _, share, _ in bar) for bar in bars))
    ink, small = COLORS["primary"], {"color": COLORS["primary"], "fontsize": "small"}
    for row, (level, bar) in enumerate(zip(levels, bars, strict=True)):
        y = -1.35 * row
        ax.text(0, y + 0.34, level.level_name, fontweight="bold", va="bottom", color=ink)
        ax.text(0.17 * width, y + 0.34, level.summary, va="bottom", **small)
        status = {"fontweight": "bold", "color": _status.get(level.status, ink)}
        ax.text(width, y + 0.34, level.status, va="bottom", ha="right", **status)
        start, key = 0.0, 0.0
        for name, share, color in bar:
            ax.barh(y, share, left=start, height=0.5, color=COLORS[color], edgecolor="white", linewidth=0.8)
            start += share
            said = f"{name} {100 * share:.3g} %"  # below the bar: a part may be too narrow to be written on
            ax.plot(key + 0.007 * width, y - 0.44, "s", ms=6, color=COLORS[color], mec=ink, mew=0.3, clip_on=False)
            ax.text(key + 0.018 * width, y - 0.34, said, va="top", **small)
            key += (0.05 + 0.0092 * len(said)) * width
        ax.barh(y, 1, height=0.5, color="none", edgecolor=ink, linewidth=1)
    ax.set(xlim=(-0.01 * width, 1.01 * width), ylim=(-1.35 * 2 - 0.75, 0.75))
    ax.axis("off")
    ax.set_title(evaluation.scenario_name, loc="left", fontweight="bold")
    return fig, ax
