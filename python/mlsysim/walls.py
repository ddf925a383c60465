"""Every wall as a function and as a class, made from its declaration in the core."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from mlsysim import _core, assumptions
from mlsysim.answer import Answer
from mlsysim.core.resolvers import BaseOptimizer, BaseResolver, BaseSolver, ForwardModel
from mlsysim.errors import IgnoredArgument, InputError
from mlsysim.optimizers import Found, Placed
from mlsysim.quantity import from_python

#: What is often believed, and what the wall answers.
FALLACIES = {
    "SingleNodeModel": {
        "Twice the FLOP/s is twice the speed.": "Only a compute-bound step follows the peak; a memory-bound one follows the bandwidth.",
        "A low MFU is a badly written kernel.": "Decoding one sequence is memory-bound: no kernel lifts its MFU above intensity over ridge point.",
        "The default efficiency is a prediction.": "Eta is measured on one kind of work and device, and carries over only roughly (mlsysim calibrate).",
    },
    "DistributedModel": {
        "N devices are N times as fast.": "Exchange, bubbles and stragglers take a share of the step that grows with N.",
        "More tensor parallelism is always faster.": "It halves the work and keeps the all-reduces; beyond a node they go over a slower link.",
        "Pipelines cost only memory.": "Filling and draining idles (P - 1) / M of the work of a device unless there are many microbatches.",
    },
    "EconomicsModel": {
        "Cost is the price of the devices.": "Electricity, cooling, maintenance and interest fall on the same hours.",
        "An idle device costs nothing.": "Capital is written off and idle power drawn whether it works or not.",
        "The cheapest region is the cleanest.": "Price of electricity and carbon of a kWh are two figures of a grid (PlacementOptimizer prices both).",
    },
}

#: Arguments that the original takes in two kinds: given in this dimension, a value belongs to the other argument.
_INSTEAD = {"scaling": {"compute_budget": ("s", "training_time")}}


def _by_dimension(wall: str, arguments: dict[str, Any]) -> dict[str, Any]:
    for name, (dimension, other) in _INSTEAD.get(wall, {}).items():
        value = arguments.get(name)
        given = _core.parse(value) if isinstance(value, str) else from_python(value) if hasattr(value, "dimensionality") else None
        if given and given[1] == dimension and arguments.get(other) is None:
            arguments = {**arguments, name: None, other: value}
    return arguments


#: Walls that ask where a fleet stands.
_PLACED = {wall["name"] for wall in _core.walls() if any(e["name"] == "grid" for e in wall["entities"])}


def _where_it_stands(wall: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A fleet that was built in a place stands there, unless the question says otherwise."""
    if wall not in _PLACED or arguments.get("grid") is not None or arguments.get("datacenter") is not None:
        return arguments
    said = getattr(arguments.get("fleet"), "_said", {})
    place = said.get("datacenter") or said.get("region")
    return arguments if place is None else {**arguments, "grid": place}


def _how_often_it_fails(wall: str, arguments: dict[str, Any], chosen: str) -> dict[str, Any]:
    """A fleet that was built with its time between failures has it, which the original ignores."""
    known = getattr(arguments.get("fleet"), "_said", {}).get("mtbf_hours")
    if wall != "reliability" or known is None or arguments.get("mtbf_hours") is not None or chosen == "mlsysim-0.1":
        return arguments
    return {**arguments, "mtbf_hours": known}


def ask(wall: str, arguments: dict[str, Any], assumptions_name: str | None = None) -> Any:
    """The bare result of the core. Raises InputError, DataError or LookupError."""
    chosen = assumptions.in_force(assumptions_name)
    arguments = _how_often_it_fails(wall, _where_it_stands(wall, _by_dimension(wall, arguments)), chosen)
    return _core.solve(wall, arguments, chosen, from_python)


def warn_ignored(result: Any, level: int = 3) -> None:
    """Warns of arguments that were given and do not enter the answer."""
    if ignored := result.ignored():
        warnings.warn(f"{', '.join(ignored)}: given, and not part of this answer", IgnoredArgument, stacklevel=level)


def solve(wall: str, *, assumptions: str | None = None, **arguments: Any) -> Answer:
    """Answers one question: ``solve("single-node", model="llama-3-8b", hardware="h100", batch_size=32)``.

    Entities are objects, names or files; figures are numbers in their own unit, quantities, or text with a unit; any figure of
    an entity may be given by its path: ``**{"hardware.memory.bandwidth": "8 TB/s"}``.
    """
    result = ask(wall, arguments, assumptions)
    warn_ignored(result)
    return Answer(result)


def results_of(wall: str) -> list[str]:
    """The names of a wall's results. Raises LookupError for a wall that nobody knows."""
    from mlsysim.errors import LookupError

    for declared in _core.walls():
        if wall in (declared["name"], declared["python"]):
            return [field["path"] for field in declared["outputs"]]
    raise LookupError(f"no wall is called {wall!r}: {', '.join(d['name'] for d in _core.walls())}")


def sweep(
    wall: str, axes: dict[str, Any] | list[str], results: list[str] | None = None, *, assumptions: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """Columns of a wall over every combination of the axes, the last fastest.

    axes     {"batch_size": [1, 2, 4], "hardware": ["h100", "a100"], "efficiency": "0.1..0.9:9"}, or texts such as
             "batch_size=1..64:x2"
    results  which results; all where none is named

    Returns {"columns": {result: float array in base units}, "rows": n, "refused": [(first row, count, why)]}. Rows without an
    answer are NaN.
    """
    from mlsysim.assumptions import in_force

    texts = axes if isinstance(axes, list) else [f"{name}={_points(name, values)}" for name, values in axes.items()]
    swept = _core.sweep(wall, arguments, texts, results or [], in_force(assumptions), from_python)
    if ignored := swept.pop("ignored"):
        warnings.warn(f"{', '.join(ignored)}: given, and not part of these answers", IgnoredArgument, stacklevel=2)
    return swept


def _points(name: str, values: Any) -> str:
    """The points of an axis as the core's grammar has them."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        values = [values]
    return ",".join(_word(name, value) for value in values)


def _word(name: str, value: Any) -> str:
    row = getattr(value, "_row", None)
    if row is None:
        return str(value)
    if row.own:
        raise InputError(f"{name}: {value!r} is not in the catalog; an axis takes names and files, so write it to a file or ask for each by solve")
    return row.id


class WallModel(BaseResolver):
    """A wall as an object with ``solve``; one class for each wall that the core declares."""

    wall: str = ""
    numbers: tuple[int, ...] = ()
    answer: type[Answer] = Answer

    def solve(self, *positional: Any, assumptions: str | None = None, **arguments: Any) -> Answer:
        names = [p.name for p in inspect.signature(type(self).solve).parameters.values()][1:]
        if len(positional) > len(names):
            raise TypeError(f"{type(self).__name__}.solve takes {len(names)} arguments, {len(positional)} were given")
        arguments = {**dict(zip(names, positional)), **arguments}
        result = ask(self.wall, arguments, assumptions)
        warn_ignored(result)
        return self.answer(result)


def _made(declared: dict[str, Any]) -> type[WallModel]:
    parameter = inspect.Parameter
    fields = [parameter("self", parameter.POSITIONAL_OR_KEYWORD)]
    lines = [declared["doc"], ""]
    named = {}  # in the order of the declaration; second spellings too
    entities = [e for e in declared["entities"] if "." not in e["name"] and e["kind"] != "assumptions"]
    for item in sorted([*entities, *declared["inputs"]], key=lambda item: item["position"]):
        entity = "name" in item
        name = item["name"] if entity else item["path"]
        also = f"; also {item['also']}" if item["also"] else ""
        lines.append(f"{name}: {item['doc']} ({item['kind']}: an object, a name or a file{also})" if entity else f"{name}: {item['doc']} [{item['range']}{also}]")
        preset = (parameter.empty if item["preset"] == "" else None) if entity else item["preset"]
        named[name] = parameter(name, parameter.POSITIONAL_OR_KEYWORD, default=preset)
        if item["also"]:
            named[item["also"]] = parameter(item["also"], parameter.POSITIONAL_OR_KEYWORD, default=None)
    if declared["signature"]:
        first = [named.pop(name.strip()) for name in declared["signature"].split(",")]
        # The order is stated: what is required after something that may be left out is asked for by the core.
        first = [p.replace(default=None) if any(q.default is not parameter.empty for q in first[:i]) and p.default is parameter.empty else p
                 for i, p in enumerate(first)]
    else:
        first = [named.pop(item.get("name") or item["path"]) for item in sorted([*entities, *declared["inputs"]], key=lambda item: item["position"])]
        named.clear()
    required = [p for p in first if p.default is parameter.empty]
    fields += required + [p for p in first if p.default is not parameter.empty]
    fields += [p.replace(kind=parameter.KEYWORD_ONLY) for p in named.values()]
    fields.append(parameter("assumptions", parameter.KEYWORD_ONLY, default=None))
    lines += ["", "Results:"] + [f"{f['path']}: {f['doc']}" + (f" [{f['unit']}]" if f["unit"] else "") for f in declared["outputs"]]

    def solve(self, *positional, **arguments):
        return WallModel.solve(self, *positional, **arguments)

    solve.__doc__ = "\n".join(lines)
    solve.__signature__ = inspect.Signature(fields)  # type: ignore[attr-defined]
    kinds = {"Optimizer": BaseOptimizer, "Solver": BaseSolver}
    kind = next((base for ending, base in kinds.items() if declared["python"].endswith(ending)), ForwardModel)
    fallacies = {"_fallacies": FALLACIES.get(declared["python"], {})}
    return type(
        declared["python"],
        (WallModel, kind),
        {"wall": declared["name"], "numbers": tuple(declared["numbers"]), "solve": solve, "__doc__": declared["doc"], "__module__": "mlsysim",
         "requires": tuple(p.name for p in required), **fallacies,
         "produces": tuple(dict.fromkeys(f["path"].split(".")[0] for f in declared["outputs"])),
         "answer": _answered(declared["python"])},
    )


def _answered(python: str) -> type[Answer]:
    """The class of a wall's answers: ServingResult of ServingModel, BatchingOptimizerResult of BatchingOptimizer."""
    base = Placed if python == "PlacementOptimizer" else Found if python.endswith("Optimizer") else Answer
    name = python.removesuffix("Model").removesuffix("Solver") + "Result"
    return type(name, (base,), {"__slots__": (), "__module__": "mlsysim.core.results", "__doc__": f"What {python} answers."})


#: Class name to class.
classes: dict[str, type[WallModel]] = {declared["python"]: _made(declared) for declared in _core.walls()}
