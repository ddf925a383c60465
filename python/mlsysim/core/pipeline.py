"""Resolvers one after the other, each taking what those before it produced."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from mlsysim import _core
from mlsysim.core.resolvers import BaseResolver
from mlsysim.errors import CompositionError, nearest


def _results(result: Any) -> dict[str, Any]:
    """The named results of a stage: of an answer of the core, a mapping, a data class or an object with attributes."""
    if hasattr(result, "_result"):
        names = dict.fromkeys(name.split(".")[0] for name in result._result.names)
        return {name: getattr(result, name) for name in names}
    if isinstance(result, Mapping):
        return dict(result)
    if dataclasses.is_dataclass(result):
        return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    if hasattr(result, "__dict__"):
        return {name: value for name, value in vars(result).items() if not name.startswith("_")}
    return {}


def _dimensions(stage: BaseResolver, which: str) -> dict[str, str]:
    """The dimension of each argument or result of a wall; nothing of a resolver of one's own."""
    wall = getattr(stage, "wall", "")
    fields = [f for declared in _core.walls() if declared["name"] == wall for f in declared[which]]
    return {f["path"]: f["dimension"] for f in fields if f["kind"] == "figure"}


class Pipeline:
    """A chain of resolvers.

    resolvers  objects with ``solve``; a class is made into one
    name       what ``explain`` calls it

    Raises ValueError for none, CompositionError for what is no resolver.
    """

    def __init__(self, resolvers: Iterable[BaseResolver | type[BaseResolver]], name: str = "pipeline"):
        self.resolvers = [one() if isinstance(one, type) else one for one in resolvers]
        self.name = name
        self._listeners: list[Any] = []
        if not self.resolvers:
            raise ValueError("a pipeline needs at least one resolver")
        for stage in self.resolvers:
            if not isinstance(stage, BaseResolver):
                raise CompositionError(f"{type(stage).__name__} is no resolver: subclass ForwardModel, with solve()")
        self.stages = self._named()

    def _named(self) -> dict[str, BaseResolver]:
        stages: dict[str, BaseResolver] = {}
        for stage in self.resolvers:
            name = base = type(stage).__name__
            count = 1
            while name in stages:
                count += 1
                name = f"{base}_{count}"
            stages[name] = stage
        return stages

    @property
    def requires(self) -> tuple[str, ...]:
        """What must be given to ``run``: all that is required and that no earlier stage produces."""
        needed: dict[str, None] = {}
        produced: set[str] = set()
        for stage in self.resolvers:
            needed |= dict.fromkeys(name for name in stage.requires if name not in produced)
            produced |= set(stage.produces)
        return tuple(needed)

    @property
    def produces(self) -> tuple[str, ...]:
        """All that its stages produce."""
        return tuple(dict.fromkeys(name for stage in self.resolvers for name in stage.produces))

    def __len__(self) -> int:
        return len(self.resolvers)

    def __repr__(self) -> str:
        return f"Pipeline({', '.join(self.stages)})"

    def register_callback(self, listener: Any) -> None:
        """Called after each stage: ``listener.on_stage_end(stage_name, result)``, or the function itself."""
        if not callable(getattr(listener, "on_stage_end", listener)):
            raise TypeError("a callback is a function of (stage_name, result), or has on_stage_end")
        self._listeners.append(listener)

    def run(self, **given: Any) -> dict[str, Any]:
        """Solves stage by stage and returns each result under the name of its stage.

        A stage gets those arguments that its ``solve`` names: given ones first, then what earlier stages produced, the latest
        of one name. Raises CompositionError before anything is solved where an argument is missing, no stage takes one, or one
        would be handed on in another dimension than it is taken in (two quantities that share a name: give it to decide).
        """
        self._check(given)
        produced: dict[str, Any] = {}
        results: dict[str, Any] = {}
        for name, stage in self.stages.items():
            at_hand = {**produced, **given}
            accepts = stage.accepts()
            taken = at_hand if accepts is None else {key: at_hand[key] for key in accepts if key in at_hand}
            results[name] = stage.solve(**taken)
            produced |= _results(results[name])
            for listener in self._listeners:
                getattr(listener, "on_stage_end", listener)(name, results[name])
        return results

    def _check(self, given: dict[str, Any]) -> None:
        taken: set[str] = set()
        anything = False
        produced: set[str] = set()
        made: dict[str, tuple[str, str]] = {}  # of a result: the stage, and its dimension
        for position, (name, stage) in enumerate(self.stages.items()):
            accepts = stage.accepts()
            anything |= accepts is None
            taken |= set(accepts or ())
            for argument in stage.requires:
                if argument in given or argument in produced:
                    continue
                later = [n for n, other in list(self.stages.items())[position + 1 :] if argument in other.produces]
                why = f"only {later[0]}, a later stage, produces it" if later else "no earlier stage produces it"
                near = nearest(argument, [*given, *produced])
                raise _wrong(f"{name} requires {argument}: it is not given, and {why}", argument, near)
            for argument, dimension in _dimensions(stage, "inputs").items():
                maker, other = made.get(argument, ("", dimension))
                if other != dimension and argument not in given:
                    here, there = dimension or "plain numbers", other or "plain numbers"
                    raise _wrong(f"{name} takes {argument} in {here}, and {maker} produces it in {there}", argument)
            known = _dimensions(stage, "outputs")
            made |= {result: (name, known[result]) for result in stage.produces if result in known}
            produced |= set(stage.produces)
        for argument in given:
            if argument not in taken and not anything:
                raise _wrong(f"no stage of {self.name} takes {argument}", argument, nearest(argument, taken))

    def explain(self) -> str:
        """The stages in order: what each takes from whom, and what it hands on."""
        lines = [f"{self.name}: {' -> '.join(self.stages)}"]
        made: dict[str, str] = {}
        for number, (name, stage) in enumerate(self.stages.items(), 1):
            walls = ", ".join(f"{one['number']} {one['name']}" for one in stage.schema()["walls"])
            lines.append(f"  {number}. {name}" + (f" (wall {walls})" if walls else ""))
            accepts = stage.accepts() or stage.requires
            handed = [f"{argument} from {made[argument]}" for argument in accepts if argument in made]
            needed = [argument for argument in stage.requires if argument not in made]
            lines += [f"       needs     {', '.join(needed)}"] if needed else []
            lines += [f"       takes     {', '.join(handed)}"] if handed else []
            lines += [f"       produces  {', '.join(stage.produces)}"] if stage.produces else []
            made |= dict.fromkeys(stage.produces, name)
        return "\n".join(lines)


def _wrong(message: str, argument: str, near: str = "") -> CompositionError:
    error = CompositionError(message + (f"; did you mean {near}?" if near else ""))
    error.argument, error.nearest = argument, near
    return error
