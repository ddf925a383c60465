"""Optimisation backends by the kind of problem: exhaustive and discrete on a grid, continuous by SciPy. All minimise."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mlsysim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class OptimizationResult:
    """What a backend found.

    feasible            some point has a finite objective (and, by SciPy, the constraints hold)
    optimal_value       the least objective, NaN where nothing is feasible
    best_configuration  {"optimal_variable": a number, or one for each dimension}; of a discrete problem {name: value}
    """

    feasible: bool
    optimal_value: float
    best_configuration: dict[str, Any]
    metrics: dict[str, Any] = field(default_factory=dict)
    solver_name: str = ""
    solve_time_ms: float = 0.0


class OptimizerProtocol(Protocol):
    """What a backend is: ``compile`` takes the problem, ``solve`` answers it."""

    def compile(self, *args: Any, **kwargs: Any) -> Any: ...

    def solve(self, **kwargs: Any) -> OptimizationResult: ...


def _number(value: Any) -> float:
    """What an objective returned, an array of one among it."""
    return float(value.item() if hasattr(value, "item") else value)


def _least(points: Iterable[Any], objective: Callable[[Any], Any]) -> tuple[Any, float, int]:
    """The point with the least finite objective, its objective (NaN without one), and how many were asked."""
    best, least, count = None, math.nan, 0
    for point in points:
        count += 1
        value = _number(objective(point))
        if math.isfinite(value) and not value >= least:
            best, least = point, value
    return best, least, count


class ExhaustiveBackend:
    """Every point of a regular grid: sure, and exponential in the dimensions."""

    def __init__(self) -> None:
        self._problem: tuple[Callable[[Any], Any], list[tuple[float, float]], int] | None = None

    def compile(
        self, objective_fn: Callable[[Any], Any], ranges: Sequence[tuple[float, float]], grid_size: int = 100
    ) -> ExhaustiveBackend:
        """objective_fn takes an array, one number for each of ``ranges``; grid_size points along each, both ends among them."""
        if not ranges or any(not low <= high for low, high in ranges):
            raise InputError(f"ranges = {list(ranges)}: one (low, high) for each dimension, low at most high")
        if grid_size < 2:
            raise InputError(f"grid_size = {grid_size} is out of range: at least 2")
        self._problem = objective_fn, list(ranges), grid_size
        return self

    def solve(self, **kwargs: Any) -> OptimizationResult:
        import numpy

        if self._problem is None:
            raise InputError("nothing to solve: call compile first")
        objective, ranges, size = self._problem
        begin = time.perf_counter()
        axes = [numpy.linspace(low, high, size) for low, high in ranges]
        best, least, count = _least(map(numpy.array, itertools.product(*axes)), objective)
        return OptimizationResult(
            feasible=best is not None,
            optimal_value=least,
            best_configuration={} if best is None else {"optimal_variable": _variable(best)},
            metrics={"grid_points_evaluated": count},
            solver_name="exhaustive_grid",
            solve_time_ms=1e3 * (time.perf_counter() - begin),
        )


class DiscreteBackend:
    """Every combination of named choices."""

    def __init__(self) -> None:
        self._problem: tuple[Callable[[dict[str, Any]], Any], dict[str, list[Any]]] | None = None

    def compile(self, objective_fn: Callable[[dict[str, Any]], Any], choices: dict[str, Iterable[Any]]) -> DiscreteBackend:
        """objective_fn takes one dict of a value for each name of ``choices``; an infinite objective rules a point out."""
        listed = {name: list(values) for name, values in choices.items()}
        if not listed or not all(listed.values()):
            raise InputError(f"choices = {listed}: at least one value for each name")
        self._problem = objective_fn, listed
        return self

    def solve(self, **kwargs: Any) -> OptimizationResult:
        if self._problem is None:
            raise InputError("nothing to solve: call compile first")
        objective, choices = self._problem
        begin = time.perf_counter()
        points = (dict(zip(choices, values)) for values in itertools.product(*choices.values()))
        best, least, count = _least(points, objective)
        return OptimizationResult(
            feasible=best is not None,
            optimal_value=least,
            best_configuration=best or {},
            metrics={"points_evaluated": count},
            solver_name="exhaustive_choices",
            solve_time_ms=1e3 * (time.perf_counter() - begin),
        )


class ContinuousBackend:
    """SciPy: a bounded scalar search, else L-BFGS-B within bounds, or SLSQP where there are constraints."""

    def __init__(self) -> None:
        try:
            import scipy.optimize
        except ImportError:
            raise ImportError("continuous optimisation needs SciPy: pip install 'mlsysim[opt]'") from None
        self._scipy = scipy.optimize
        self._problem: tuple[Callable[[Any], Any], Any, list[Any], bool] | None = None

    def compile(
        self, objective_fn: Callable[[Any], Any], bounds: Any, constraints: list[Any] | None = None, is_scalar: bool = False
    ) -> ContinuousBackend:
        """bounds is (low, high) of a scalar problem, or one such pair for each dimension; constraints are SciPy's dicts."""
        scalar = is_scalar or not hasattr(bounds[0], "__len__")
        if scalar and constraints:
            raise InputError("constraints: a scalar problem has bounds only; give bounds as a list of one pair")
        self._problem = objective_fn, bounds if not scalar or hasattr(bounds[0], "__len__") else [bounds], constraints or [], scalar
        return self

    def solve(self, **kwargs: Any) -> OptimizationResult:
        """kwargs may have ``x0``, where the search starts: the middle of the bounds where it is left out."""
        if self._problem is None:
            raise InputError("nothing to solve: call compile first")
        objective, bounds, constraints, scalar = self._problem
        begin = time.perf_counter()
        if scalar:
            name = "scipy.minimize_scalar"
            found = self._scipy.minimize_scalar(lambda x: _number(objective(x)), bounds=bounds[0], method="bounded")
        else:
            method = "SLSQP" if constraints else "L-BFGS-B"
            name = f"scipy.{method}"
            start = kwargs.get("x0", [(low + high) / 2 for low, high in bounds])
            found = self._scipy.minimize(
                lambda x: _number(objective(x)), start, bounds=bounds, constraints=constraints, method=method
            )
        return OptimizationResult(
            feasible=bool(found.success) and math.isfinite(_number(found.fun)),
            optimal_value=_number(found.fun),
            best_configuration={"optimal_variable": _variable(found.x)},
            metrics={"evaluations": int(found.nfev)},
            solver_name=name,
            solve_time_ms=1e3 * (time.perf_counter() - begin),
        )


def _variable(point: Any) -> float | list[float]:
    """A number of a problem in one dimension, else one for each."""
    values = [float(x) for x in point] if hasattr(point, "__len__") else [float(point)]
    return values[0] if len(values) == 1 else values


class OptimizationRegistry:
    """Backends by the kind of problem."""

    _backends: dict[str, type] = {"continuous": ContinuousBackend, "discrete": DiscreteBackend, "exhaustive": ExhaustiveBackend}

    @classmethod
    def get_backend(cls, mathematical_class: str) -> OptimizerProtocol:
        """A fresh backend. Raises InputError for another kind, ImportError where its library is not installed."""
        if mathematical_class not in cls._backends:
            raise InputError(f"no backend is for {mathematical_class!r}: {', '.join(cls._backends)}")
        return cls._backends[mathematical_class]()
