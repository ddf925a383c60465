"""Exhaustive search of a design space: any Python function, or a wall through the core's sweep."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mlsysim import assumptions
from mlsysim.errors import InputError, MLSysError

_objective = re.compile(r"\s*(minimi[sz]e|maximi[sz]e)\s*(?::\s*([\w.]+)|\(\s*([\w.]+)\s*\))\s*", re.IGNORECASE)
_constraint = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(<=|>=|==|!=|<|>)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
_compare: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}


@dataclass(frozen=True)
class Constraint:
    """``latency < 20 ms``: without a unit, in the unit that the result comes in."""

    path: str
    relation: str
    bound: float
    unit: str

    @classmethod
    def parse(cls, text: str) -> Constraint:
        match = _constraint.fullmatch(text)
        if not match:
            raise InputError(f"constraint {text!r}: write PATH < NUMBER UNIT with one of {', '.join(_compare)}")
        try:
            return cls(match[1], match[2], float(match[3]), match[4])
        except ValueError:
            raise InputError(f"constraint {text!r}: {match[3]} is not a number") from None

    def holds(self, result: Any) -> bool:
        return _compare[self.relation](_number(_metric(result, self.path), self.path, self.unit), self.bound)


class DSE:
    """Every combination of a space, the best first.

    space        {"hardware": [Hardware.H100, "a100"], "batch_size": [1, 8, 64]}
    objective    "minimize: latency" or "maximize(throughput)": a path into the result, by attribute or by key
    constraints  "latency < 20 ms", "mfu > 0.4"; without a unit, in the unit that the result comes in

    Raises InputError (a ValueError) for an objective, a constraint or a space that can't be read.
    """

    def __init__(self, space: dict[str, Iterable[Any]], objective: str, constraints: list[str] | None = None):
        match = _objective.fullmatch(objective)
        if not match:
            raise InputError(f'objective {objective!r}: write "minimize: PATH" or "maximize: PATH"')
        self.space = {name: [values] if isinstance(values, str) else list(values) for name, values in space.items()}
        for name, values in self.space.items():
            if not values:
                raise InputError(f"{name}: an axis of the space needs a value")
        self.objective = objective
        self.constraints = [Constraint.parse(text) for text in constraints or ()]
        self._larger = match[1].lower().startswith("max")
        self._path = match[2] or match[3]

    def search(self, evaluator_fn: Callable[[dict[str, Any]], Any] | str, **arguments: Any) -> dict[str, Any]:
        """Asks for every point.

        evaluator_fn  a function of one dict of the point's values; or the name of a wall, whose sweep then answers
        arguments     of the wall: what no axis of the space gives

        Returns best_params, best_objective (a number in the unit that the result comes in), best_result, top_candidates (the best
        five, each with params, objective_value, result), and what became of the rest: evaluated, refused (points and why),
        infeasible and unmet, as counts. A point that does not fit is no candidate, except under the assumptions ``mlsysim-0.1``.

        Raises InputError where no point is left, or where the results have no such path. A point that raises MLSysError, ValueError
        or ArithmeticError is refused; any other exception is the function's own mistake and is raised.
        """
        if isinstance(evaluator_fn, str):
            wall = evaluator_fn
            return self._sweep(wall, arguments)
        if arguments:
            raise TypeError("arguments besides the space are for a wall's name; a function has its own")
        found, tally = [], _Tally()
        keep_all = assumptions.in_force() == "mlsysim-0.1"
        for values in itertools.product(*self.space.values()):
            params = dict(zip(self.space, values))
            tally.evaluated += 1
            try:
                result = evaluator_fn(params)
            except (MLSysError, ValueError, ArithmeticError) as error:
                tally.refused.append((params, str(error)))
                continue
            if not keep_all and getattr(result, "feasible", True) is False:
                tally.infeasible += 1
                continue
            value = _number(_metric(result, self._path), self._path)
            if not math.isfinite(value) or not all(c.holds(result) for c in self.constraints):
                tally.unmet += 1
                continue
            found.append({"params": params, "objective_value": value, "result": result})
        found.sort(key=lambda point: point["objective_value"], reverse=self._larger)
        return self._report(found[:5], tally)

    def _sweep(self, wall: str, arguments: dict[str, Any]) -> dict[str, Any]:
        import numpy

        from mlsysim import walls
        from mlsysim.analysis import base_of

        names = walls.results_of(wall)
        paths = {path: path.removesuffix(".magnitude") for path in (self._path, *(c.path for c in self.constraints))}
        for path in paths.values():
            if path not in names:
                raise InputError(f"{path} is not a result of {wall}: {', '.join(names)}")
        feasible = ["feasible"] if "feasible" in names else []
        table = walls.sweep(wall, self.space, [*dict.fromkeys([*paths.values(), *feasible])], **arguments)
        columns, count = table["columns"], table["rows"]
        objective = columns[paths[self._path]]
        tally = _Tally(evaluated=count)
        for first, rows, why in table["refused"]:
            tally.refused += [(self._params(row), why) for row in range(first, first + rows)]
        asked = numpy.ones(count, bool)
        for first, rows, _ in table["refused"]:
            asked[first : first + rows] = False
        fits = asked & (columns["feasible"] != 0) if feasible and assumptions.in_force() != "mlsysim-0.1" else asked
        tally.infeasible = int(asked.sum() - fits.sum())
        left = fits & numpy.isfinite(objective)

        def solved(row: int) -> Any:
            return walls.solve(wall, **arguments, **self._params(row))

        if left.any():
            example = solved(int(numpy.flatnonzero(left)[0]))
            for c in self.constraints:
                bound = base_of(example, paths[c.path], f"{c.bound!r} {c.unit}")
                left &= _compare[c.relation](columns[paths[c.path]], bound)
        tally.unmet = int(fits.sum() - left.sum())
        rows = numpy.flatnonzero(left)
        order = rows[numpy.argsort(-objective[rows] if self._larger else objective[rows], kind="stable")][:5]
        found = []
        for row in map(int, order):
            result = solved(row)
            value = _number(_metric(result, paths[self._path]), self._path)
            found.append({"params": self._params(row), "objective_value": value, "result": result})
        return self._report(found, tally)

    def _params(self, row: int) -> dict[str, Any]:
        """The point that is so many rows down, the last axis fastest."""
        params = {}
        for name, values in reversed(self.space.items()):
            row, at = divmod(row, len(values))
            params[name] = values[at]
        return {name: params[name] for name in self.space}

    def _report(self, found: list[dict[str, Any]], tally: _Tally) -> dict[str, Any]:
        if not found:
            why = f"; the first refused: {tally.refused[0][1]}" if tally.refused else ""
            raise InputError(
                f"no point of {tally.evaluated} is left: {len(tally.refused)} refused, {tally.infeasible} do not fit, "
                f"{tally.unmet} miss a constraint{why}"
            )
        best = found[0]
        return {
            "best_params": best["params"], "best_objective": best["objective_value"], "best_result": best["result"],
            "top_candidates": found, "evaluated": tally.evaluated, "refused": tally.refused,
            "infeasible": tally.infeasible, "unmet": tally.unmet,
        }  # fmt: skip


class _Tally:
    """What became of the points that are no candidates."""

    def __init__(self, evaluated: int = 0):
        self.evaluated, self.infeasible, self.unmet = evaluated, 0, 0
        self.refused: list[tuple[dict[str, Any], str]] = []


def _metric(result: Any, path: str) -> Any:
    for name in path.split("."):
        try:
            result = result[name] if isinstance(result, dict) else getattr(result, name)
        except (KeyError, AttributeError) as error:
            raise InputError(f"the results have no {path}: {error}") from None
    return result


def _number(value: Any, path: str, unit: str = "") -> float:
    """A metric as a plain number: of a quantity, in ``unit`` or its own."""
    import pint

    try:
        if not hasattr(value, "magnitude"):
            if unit:
                raise InputError(f"{path} has no unit, and the constraint is in {unit}")
            return float(value)
        return float(value.m_as(unit) if unit else value.magnitude)
    except (TypeError, pint.PintError) as error:
        raise InputError(f"{path}: {error}") from None
