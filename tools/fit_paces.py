#!/usr/bin/env python3
"""Fits data/spreads/paces.yaml: how far stacks, generations, chips, runs and metrics lie from their predictions.

    tools/fit_paces.py            fits and prints
    tools/fit_paces.py --write    the same, then writes data/spreads/paces.yaml

Of each published row that is predicted, ln (measured time / predicted time) is a sum of normal parts: of its stack (a source and a
class of engines), of a generation under that stack, of a chip of that generation, of a run, and of a metric of that run. Their
spreads maximise the likelihood of all stacks together; rows far from the others count less (Huber's weights). How much scatter
itself differs between stacks says for how many runs the common one counts (`counted`). To be run after tools/fit_engines.py. Needs
scipy (pip install 'mlsysim[fit]').
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

ROOT = Path(__file__).parents[1]
LEVELS = ("stacks", "generations", "chips", "runs", "metrics")
START = np.log([0.3, 0.15, 0.15, 0.2, 0.1])
PRIOR = 1.0  # standard deviation of ln of a spread about where it starts: few sources measured several generations
FULL_WEIGHT = 1.345  # scatters, as in evidence/pace.cpp
ROUNDS = 4  # of weights and spreads
FEWEST = 10  # runs on one chip, from which a stack's own scatter is known


class Stack:
    """Rows of one source under one class of engines: which of them share a generation, a chip, a run."""

    def __init__(self, cases: list[dict], y: np.ndarray):
        self.y = y
        self.weight = np.ones(len(y))
        keys = [[(c["generation"], c["chip"], c["experiment"] or c["index"])[: k + 1] for c in cases] for k in range(3)]
        ids = [np.unique([str(k) for k in key], return_inverse=True)[1] for key in keys]
        self.chip, self.run = ids[1], ids[2]
        self.shared = [np.ones((len(y), len(y)))] + [(i[:, None] == i[None, :]).astype(float) for i in ids]

    def covariance(self, spreads: np.ndarray) -> np.ndarray:
        c = sum(s**2 * shared for s, shared in zip(spreads, self.shared))
        return c + np.diag(spreads[4] ** 2 + (1 / self.weight - 1) * (spreads[3] ** 2 + spreads[4] ** 2))

    def surprise(self, spreads: np.ndarray) -> float:
        """Minus the logarithm of the likelihood."""
        factor = cho_factor(self.covariance(spreads), lower=True)
        return 0.5 * self.y @ cho_solve(factor, self.y) + np.log(np.diag(factor[0])).sum()

    def weigh(self, spreads: np.ndarray) -> None:
        """Rows far from what their stack and chip say count less."""
        upper = sum(s**2 * shared for s, shared in zip(spreads[:3], self.shared))
        expected = upper @ cho_solve(cho_factor(self.covariance(spreads), lower=True), self.y)
        size = np.abs(self.y - expected) / np.hypot(spreads[3], spreads[4])
        self.weight = np.minimum(1, FULL_WEIGHT / np.maximum(size, 1e-9))

    def scatters(self) -> list[tuple[float, int]]:
        """Of each chip with enough runs: ln of the robust scatter of its runs, and how many there are."""
        found = []
        for chip in set(self.chip):
            here = self.chip == chip
            runs = np.array([np.median(self.y[here & (self.run == r)]) for r in set(self.run[here])])
            if len(runs) >= FEWEST:
                found.append((np.log(max(1.4826 * np.median(np.abs(runs - np.median(runs))), 1e-3)), len(runs)))
        return found


def stacks_of(evidence) -> list[Stack]:
    cases, predicted = evidence.cases(), evidence.predict()
    groups = defaultdict(list)
    for c in cases:
        ratio = predicted[c["index"]] / c["measured"] if c["measured"] else np.nan
        usable = not c["reason"] and c["metric"] != "energy_per_token" and np.isfinite(ratio) and ratio > 0
        if usable and c["of_roof"] <= 1.05 * c["assumed"]:
            groups[c["engine"], c["source"]].append((c, np.log(ratio if c["rate"] else 1 / ratio)))
    return [Stack([c for c, _ in rows], np.array([y for _, y in rows])) for rows in groups.values()]


def fit(stacks: list[Stack]) -> tuple[np.ndarray, np.ndarray]:
    """Spreads, and their 90 % intervals from the curvature of the likelihood."""
    x = START.copy()

    def surprise(x):
        return sum(s.surprise(np.exp(x)) for s in stacks) + 0.5 * (((x - START) / PRIOR) ** 2).sum()

    for _ in range(ROUNDS):
        for stack in stacks:
            stack.weigh(np.exp(x))
        x = minimize(surprise, x, method="L-BFGS-B", bounds=[(np.log(0.01), np.log(2))] * len(x)).x
    step, n = 0.05, len(x)
    unit = np.eye(n) * step
    curvature = np.array([[(surprise(x + a + b) - surprise(x + a - b) - surprise(x - a + b) + surprise(x - a - b)) / (4 * step**2)
                           for b in unit] for a in unit])  # fmt: skip
    spread = np.sqrt(np.diag(np.linalg.inv(curvature)))
    return np.exp(x), np.exp(np.stack([x - 1.645 * spread, x + 1.645 * spread]))


def counted(stacks: list[Stack]) -> tuple[float, float, float]:
    """Runs for which the common scatter counts: ln of a scatter of n runs has a variance of 1.36 / n about that of its stack (a
    median of absolute deviations: 37 % efficient), and what it varies beyond that is the variance of stacks, 1 / (2 counted)."""
    found = [s for stack in stacks for s in stack.scatters()]
    ln, runs = np.array([s for s, _ in found]), np.array([n for _, n in found])

    def of(chosen):
        beyond = np.var(ln[chosen], ddof=1) - np.mean(1.36 / runs[chosen])
        return 0.5 / max(beyond, 0.01)

    drawn = [of(np.random.default_rng(seed).integers(0, len(ln), len(ln))) for seed in range(400)]
    return of(slice(None)), *np.quantile(drawn, [0.05, 0.95])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write data/spreads/paces.yaml")
    options = parser.parse_args()
    from mlsysim import _core

    stacks = stacks_of(_core.Evidence(str(ROOT / "data/measurements/inference.csv")))
    values, intervals = fit(stacks)
    figures = [(name, v, *i) for name, v, i in zip(LEVELS, values, intervals.T)] + [("counted", *counted(stacks))]
    print(f"{len(stacks)} stacks, {sum(len(s.y) for s in stacks)} rows")
    lines = ["# Made by tools/fit_paces.py --write.", "name: paces of stacks that serve language models"]
    for name, value, low, high in figures:
        print(f"  {name:12} {value:.3f} ({low:.3f} to {high:.3f})")
        low, high = min(low, value), max(high, value)
        lines.append(f'{name}: {{value: {value:.3g}, kind: fitted, range: [{low:.2g}, {high:.2g}], source: mlsysim-pace-fit, '
                     'where: "data/measurements/inference.csv", read: 2026-11-21}')  # fmt: skip
    if options.write:
        (ROOT / "data/spreads/paces.yaml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
