"""What a search found: its best, the next best, and why the others fell."""

from __future__ import annotations

import json
from typing import Any

from mlsysim.answer import _WHOLE, Answer
from mlsysim.quantity import to_quantity

#: How a key of the core's JSON ends, and the unit that says so.
_UNITS = (("_flop_per_s", "flop/s"), ("_per_s", "1/s"), ("_bytes", "byte"), ("_s", "s"), ("_usd", "USD"), ("_kgco2e", "kgCO2e"), ("_j", "J"))


def _quantity(key: str, value: Any) -> tuple[str, Any]:
    for ending, unit in _UNITS:
        if key.endswith(ending) and isinstance(value, (int, float)) and not isinstance(value, bool):
            return key.removesuffix(ending), to_quantity(float(value), unit)
    whole = key in _WHOLE and isinstance(value, float) and value.is_integer()
    return key, int(value) if whole else value


class Found(Answer):
    """The answer of a solver that searches."""

    __slots__ = ()

    @property
    def top_candidates(self) -> list[dict[str, Any]]:
        """The best, in order; ``config`` holds what was searched over."""
        found = []
        for row in json.loads(self._result.candidates())["best"]:
            candidate: dict[str, Any] = {}
            for key, value in row.items():
                *groups, name = key.split(".")
                name, value = _quantity(name, value)
                within = candidate
                for group in groups:
                    within = within.setdefault(group, {})
                within[name] = value
            found.append(candidate)
        return found

    @property
    def fell(self) -> dict[str, float]:
        """How many of the others fell to each reason."""
        return json.loads(self._result.candidates())["fell"]


class Placed(Found):
    """Where a fleet is placed best. Money in USD and carbon in tonnes are plain numbers."""

    __slots__ = ()

    @property
    def best_config(self) -> dict[str, Any]:
        """What was chosen: the region."""
        return {"region": self.best_region}

    @property
    def top_candidates(self) -> list[dict[str, Any]]:
        """The best, in order: region, tco, carbon, pue, objective; energy of the facility and water besides."""
        bare = {"tco": "USD", "objective": "USD", "carbon": "tCO2e"}
        return [{name: value.m_as(bare[name]) if name in bare else value for name, value in row.items()} for row in super().top_candidates]
