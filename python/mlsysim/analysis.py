"""What an answer depends on, what it would take, and why two answers differ: ``Answer.sensitivity``, ``solve_for`` and ``why``."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlsysim import _core
from mlsysim.errors import InputError
from mlsysim.quantity import from_python, to_quantity

if TYPE_CHECKING:
    from mlsysim.answer import Answer


def _quantity(value: float | str | None, unit: str) -> Any:
    """A number of the core's JSON: a quantity, a plain number, None where there is none."""
    if value is None:
        return None
    return to_quantity(float(value), unit) if unit else float(value)


@dataclass(frozen=True)
class Side:
    """A figure changed to ``figure``, the ``result`` there (None where the wall refuses it), and what else ``turns``."""

    figure: Any
    result: Any
    turns: str


@dataclass(frozen=True)
class Response:
    """How a result depends on one figure.

    elasticity    d ln result / d ln figure, exact to about 1e-10; of a count, by one step; None where the result jumps
    below, above  the same from either side; they differ at a ``kink``, where two regimes meet
    low, high     the figure divided and multiplied by 1 + step
    """

    figure: str
    value: Any
    elasticity: float | None
    below: float | None
    above: float | None
    kink: bool
    low: Side
    high: Side


@dataclass(frozen=True)
class Tornado(Sequence):
    """The responses of a result, the largest change first; ``unmoved`` are the figures that do not move it."""

    result: str
    baseline: Any
    step: float
    responses: tuple[Response, ...]
    unmoved: tuple[str, ...]

    def __getitem__(self, key: Any) -> Any:
        """By position, or by the figure's path."""
        if isinstance(key, str):
            for response in self.responses:
                if response.figure == key:
                    return response
            raise KeyError(key)
        return self.responses[key]

    def __len__(self) -> int:
        return len(self.responses)

    def __repr__(self) -> str:
        lines = "".join(f"\n  {r.figure}: {_short(r.elasticity)}" for r in self.responses)
        return f"elasticities of {self.result} = {_plain(self.baseline)}{lines}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(r.figure)}</td><td>{_short(r.elasticity)}</td><td>{r.low.result}</td><td>{r.high.result}</td></tr>"
            for r in self.responses
        )
        head = f"<tr><th>figure</th><th>elasticity</th><th>÷ {1 + self.step:g}</th><th>× {1 + self.step:g}</th></tr>"
        return f"<table><caption>{html.escape(self.result)} = {_plain(self.baseline)}</caption>{head}{rows}</table>"


def _plain(value: Any, sign: str = "") -> str:
    """Four digits, with the unit in short."""
    return format(value, f"{sign}.4g~P" if hasattr(value, "magnitude") else f"{sign}.4g")


def _short(elasticity: float | None) -> str:
    return "steps" if elasticity is None else f"{elasticity:+.3f}"


def tornado(answer: Answer, result: str, step: float) -> Tornado:
    if not step > 0:
        raise InputError(f"step = {step} is out of range: above 0")
    found = json.loads(answer._result.sensitivities(result, step))

    def side(data: dict[str, Any], unit: str) -> Side:
        return Side(_quantity(data["figure"], unit), _quantity(data["result"], found["usual_unit"]), data["turns"])

    responses = tuple(
        Response(
            f["figure"], _quantity(f["value"], f["usual_unit"]), f["elasticity"], f["elasticity_below"], f["elasticity_above"],
            f["kink"], side(f["low"], f["usual_unit"]), side(f["high"], f["usual_unit"]),
        )
        for f in found["figures"]
    )
    return Tornado(result, _quantity(found["baseline"], found["usual_unit"]), step, responses, tuple(found["unmoved"]))


@dataclass(frozen=True)
class Threshold:
    """Where a figure turns a bound: met at ``value`` and above it (``upward``) or below it; ``met_now`` at its present value."""

    figure: str
    now: Any
    value: Any
    upward: bool
    met_now: bool


def threshold(answer: Answer, figure: str, result: str, at_most: Any, at_least: Any) -> Threshold | None:
    if (at_most is None) == (at_least is None):
        raise InputError("give one bound: at_most= or at_least=")
    bound = base_of(answer, result, at_least if at_most is None else at_most)
    found = json.loads(answer._result.threshold(figure, result, bound, at_most is not None))
    if found is None:
        return None
    unit = found["usual_unit"]
    return Threshold(
        found["figure"], _quantity(found["now"], unit), _quantity(found["value"], unit), found["met"] == "at and above",
        found["met_now"],
    )


def base_of(answer: Answer, result: str, value: Any) -> float:
    """A bound of a result in base units: a bare number is in the result's own unit."""
    parsed = _core.parse(value) if isinstance(value, str) else from_python(value)
    if parsed is None:
        raise InputError(f"{result}: {value!r} is not a quantity")
    number, dimension = parsed
    unit, wanted = answer._result.unit(result), answer._result.dimension(result)
    if dimension == "number":
        return _core.parse(f"{number!r} {unit}")[0] if unit else number
    if dimension != wanted:
        raise InputError(f"{result} is in {wanted or 'no unit'}, and {value} in {dimension}")
    return number


@dataclass(frozen=True)
class Contribution:
    """An input that differs: its share of the difference, and its factor of the ratio (None where a side is not above 0)."""

    name: str
    before: str
    after: str
    difference: Any
    factor: float | None


@dataclass(frozen=True)
class Difference:
    """Why a result changed: parts that sum to ``after - before`` and whose factors multiply to their ratio, largest first.

    Each part is the effect of one input averaged over every order in which the inputs could have changed (its Shapley value);
    ``exact`` is False where the orders were sampled.
    """

    result: str
    before: Any
    after: Any
    exact: bool
    parts: tuple[Contribution, ...]

    def __repr__(self) -> str:
        lines = "".join(
            f"\n  {p.name} {p.before} -> {p.after}: {_plain(p.difference, '+')}" + (f" ({p.factor:.3f}x)" if p.factor else "")
            for p in self.parts
        )
        return f"{self.result} {_plain(self.before)} -> {_plain(self.after)}{lines}"


def difference(before: Answer, after: Answer, result: str) -> Difference:
    found = json.loads(before._result.difference(after._result, result))
    unit = found["usual_unit"]
    parts = tuple(
        Contribution(p["name"], p["before"], p["after"], _quantity(p["difference"], unit), p["factor"]) for p in found["parts"]
    )
    return Difference(result, _quantity(found["before"], unit), _quantity(found["after"], unit), found["exact"], parts)
