"""What becomes of a system on three levels: does it fit, is it fast enough, what does running it take."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass
class EvaluationLevel:
    """One level: its name, PASS, FAIL or SKIPPED, a sentence, and its figures under short names."""

    level_name: str
    status: str = "PASS"
    summary: str = ""
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(repr=False)
class SystemEvaluation:
    """scenario_name                 what it was called
    feasibility, performance, macro  an EvaluationLevel each
    """

    scenario_name: str
    feasibility: EvaluationLevel
    performance: EvaluationLevel
    macro: EvaluationLevel

    @property
    def passed_all(self) -> bool:
        """No level failed; a level that was skipped does not count."""
        return all(level.status != "FAIL" for level in self._levels)

    def to_dict(self) -> dict[str, Any]:
        """The flat record: the status and the figures of each level under f_, p_ and m_."""
        levels = list(zip("fpm", self._levels))
        statuses = {f"{letter}_status": level.status for letter, level in levels}
        figures = {f"{letter}_{name}": value for letter, level in levels for name, value in level.metrics.items()}
        return {"scenario": self.scenario_name, **statuses, **figures}

    @property
    def _levels(self) -> tuple[EvaluationLevel, ...]:
        return self.feasibility, self.performance, self.macro

    def _lines(self) -> list[str]:
        """What stands in the box under the name."""
        return [f"{level.level_name:<12} {level.status:<8} {level.summary}" for level in self._levels]

    def scorecard(self) -> str:
        """The levels as text in a box."""
        lines = [self.scenario_name, "", *self._lines()]
        width = max(map(len, lines))
        rule = "─" * (width + 2)
        return "\n".join([f"┌{rule}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{rule}┘"])

    def __repr__(self) -> str:
        levels = ", ".join(f"{level.level_name} {level.status}" for level in self._levels)
        return f"SystemEvaluation({self.scenario_name!r}: {levels})"


def __getattr__(name: str) -> Any:
    if name == "SystemEvaluator":  # it asks the core, and returns what is above
        from mlsysim.system import SystemEvaluator

        return SystemEvaluator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
