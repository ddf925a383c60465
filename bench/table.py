"""What bench/run.py prints: samples with their best, median and spread, and what stands beside them."""

from __future__ import annotations

import dataclasses
import statistics


def shown_time(seconds: float) -> str:
    for scale, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def shown_rate(seconds_a_row: float) -> str:
    rate = 1 / seconds_a_row
    for scale, unit in ((1e9, "G/s"), (1e6, "M/s"), (1e3, "k/s")):
        if rate >= scale:
            return f"{rate / scale:.3g} {unit}"
    return f"{rate:.3g} /s"


def times(ratio: float) -> str:
    return f"{ratio:,.0f} ×" if ratio >= 100 else f"{ratio:.3g} ×"


@dataclasses.dataclass
class Row:
    name: str
    samples: list[float]  # seconds a call, or a row
    beside: str = ""
    rate: bool = False
    goal: float | None = None  # seconds a call, or a row

    @property
    def best(self) -> float:
        return min(self.samples)

    def cells(self) -> list[str]:
        shown = shown_rate if self.rate else shown_time
        median = statistics.median(self.samples)
        quartiles = statistics.quantiles(self.samples, n=4) if len(self.samples) > 1 else [median] * 3
        goal = ""
        if self.goal:
            sign = ">" if self.rate else "<"
            goal = f"{sign} {shown(self.goal)}: {'met' if self.best < self.goal else 'missed'}"
        spread = f"{100 * (quartiles[2] - quartiles[0]) / median:.0f} %"
        return [self.name, shown(self.best), shown(median), spread, goal, self.beside]


headings = ["", "best", "median", "spread", "goal", "beside"]


def faster(row: Row, other: list[float] | None, whose: str) -> str:
    """How a row compares with other samples of the same thing."""
    if other is None:
        return f"{whose}: not measured"
    shown = shown_rate if row.rate else shown_time
    ratio = min(other) / row.best
    return f"{times(ratio if ratio >= 1 else 1 / ratio)} {'faster' if ratio >= 1 else 'slower'} than {whose} ({shown(min(other))})"


def text_table(rows: list[Row]) -> str:
    lines = [headings, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    )


def markdown_table(rows: list[Row]) -> str:
    lines = [headings, ["---"] * len(headings), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
