#!/usr/bin/env python3
"""Holds predictions against published measurements to what they were: validation/baseline.json.

    tools/baseline.py            exits 1 and says which group got worse
    tools/baseline.py --write    writes what is; the commit says why

Worse is a median error that grew by more than 5 % of itself, a 90th percentile by more than 10 %, or 2 % fewer rows predicted. Of
training also 2 % fewer of the configurations that ran said to fit, or layouts ranked with a median correlation 5 % smaller.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlsysim import validate

BASELINE = Path(__file__).parents[1] / "validation/baseline.json"
#: What is kept of a group.
KEPT = ("rows", "predicted", "median_ape", "p90_ape", "coverage", "half_width")
#: How much each may grow, as a share of itself.
MAY_GROW = {"median_ape": 0.05, "p90_ape": 0.10}
#: How much each may shrink, and what it counts.
MAY_SHRINK = {"predicted": (0.02, "rows were predicted"), "fit": (0.02, "configurations fit"), "ranking_median": (0.05, "is how layouts were ranked")}
TRAINING = "training, runs"

Groups = dict[str, dict[str, float]]


def measured() -> Groups:
    groups = {}
    found = validate()
    for group in found.groups:
        values = {name: getattr(group, name) for name in KEPT}
        groups[group.group] = {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}
    groups[TRAINING] = {name: round(found.training[name], 4) for name in MAY_SHRINK}
    return groups


def worse(before: Groups, now: Groups) -> list[str]:
    """A sentence for each figure that got worse than it may."""
    found = []
    for name, was in before.items():
        if name not in now:
            found.append(f"{name}: no row is in this group any more; there were {was['predicted']} predicted")
            continue
        is_now = now[name]
        for figure, share in MAY_GROW.items():
            if was.get(figure) is None:
                continue
            most = was[figure] * (1 + share)
            if is_now[figure] is None or is_now[figure] > most:
                found.append(
                    f"{name}: {figure} was {was[figure]:.4g} %, is {is_now[figure]}, and may be {most:.4g} %"
                )
        for figure, (share, what) in MAY_SHRINK.items():
            least = was.get(figure, 0) * (1 - share)
            if is_now.get(figure, 0) < least:
                found.append(f"{name}: {was[figure]:g} {what}, {is_now[figure]:g} are, and {least:.4g} must be")
    return found


def main() -> int:
    if sys.argv[1:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    now = measured()
    if sys.argv[1:]:
        BASELINE.parent.mkdir(exist_ok=True)
        BASELINE.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        return 0
    found = worse(json.loads(BASELINE.read_text(encoding="utf-8")), now)
    print("\n".join(found) if found else f"{len(now)} groups are no worse than in {BASELINE.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
