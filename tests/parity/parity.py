"""The original's recorded calls: one JSON line a call, its arguments, and its results in base units."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import mlsysim

RECORDED = Path(__file__).with_name("oracle.jsonl.gz")


def rows(api: str) -> list[dict[str, Any]]:
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["api"] == api]


def registry(path: str) -> Any:
    """``Systems.Clusters.Research_256`` as an object of the package."""
    found: Any = mlsysim
    for name in path.split("."):
        found = getattr(found, name)
    return found


def number(recorded: Any) -> Any:
    """A recorded figure in base units; words and flags as they are."""
    if isinstance(recorded, dict) and "value" in recorded:
        return float(recorded["value"])
    return recorded


def compare(recorded: dict[str, Any], answer: Any, tolerance: float = 1e-6) -> list[str]:
    """The results that differ, with both figures."""
    parted = []
    for name, figure in recorded.items():
        want, have = number(figure), answer.value(name)
        if isinstance(want, (bool, str)):
            same = want == have
        else:
            same = have == want or math.isclose(have, want, rel_tol=tolerance, abs_tol=1e-300)
        if not same:
            parted.append(f"{name}: {have}, recorded {want}")
    return parted
