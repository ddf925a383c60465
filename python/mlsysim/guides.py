"""Efficiencies that published sources advise or report, and the twelve factors that an efficiency is made of."""

from __future__ import annotations

from mlsysim import _core, assumptions


def efficiency_guide(scenario: str) -> tuple[float, float]:
    """The range of eta that a source advises for a scenario, as ``(low, high)`` of the peak.

    ``efficiency_guide("decode-batch-1")`` is (0.01, 0.05). Names are those of ``mlsysim zoo efficiencies`` (ids or aliases); a
    source that reports one figure gives it twice. Raises LookupError with the nearest name.
    """
    row = _core.find("guide", scenario, assumptions.in_force())
    low, typical, high = (row.cell(name, assumptions.in_force()) for name in ("low", "typical", "high"))
    return (typical if low is None else low, typical if high is None else high)


def efficiency_guides() -> dict[str, tuple[float, float]]:
    """Every scenario with its range."""
    return {row.id: efficiency_guide(row.id) for row in _core.rows("guide")}


def efficiency_factors() -> dict[str, str]:
    """The twelve factors of software by name, and what each means."""
    return {field["path"]: field["doc"] for field in _core.entry_fields("software")}
