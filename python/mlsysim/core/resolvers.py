"""What answers a question in Python: the walls of the core, and anything of your own with the same shape.

    class Cooling(ForwardModel):
        requires = ("it_power",)
        produces = ("fan_power",)

        def solve(self, it_power, share=0.05):
            return {"fan_power": share * it_power}
"""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any, ClassVar

from mlsysim.errors import LookupError, nearest


class BaseResolver:
    """A question with ``solve``.

    requires  names of arguments that must be given; taken from ``solve`` where a class states none
    produces  names of results that a later stage of a pipeline may take
    walls     numbers of the walls it answers
    """

    requires: ClassVar[tuple[str, ...]] = ()
    produces: ClassVar[tuple[str, ...]] = ()
    numbers: ClassVar[tuple[int, ...]] = ()
    _type: ClassVar[str] = "resolver"
    _fallacies: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "solve" in vars(cls) and "requires" not in vars(cls):
            cls.requires = tuple(p.name for p in _arguments(cls).values() if p.default is p.empty and p.kind in _NAMED)

    def solve(self, *arguments: Any, **named: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no solve of its own")

    @classmethod
    def accepts(cls) -> tuple[str, ...] | None:
        """The arguments that ``solve`` takes by name; None where it takes any."""
        arguments = _arguments(cls).values()
        if any(p.kind is p.VAR_KEYWORD for p in arguments):
            return None
        return tuple(p.name for p in arguments if p.kind in _NAMED)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """What it is: resolver, type, walls (number, name, domain), requires, produces."""
        from mlsysim.core.walls import wall

        walls = [wall(number) for number in cls.numbers]
        return {
            "resolver": cls.__name__,
            "type": cls.resolver_type(),
            "walls": [{"number": one.number, "name": one.name, "domain": one.domain.value} for one in walls],
            "requires": list(cls.requires),
            "produces": list(cls.produces),
        }

    @classmethod
    def resolver_type(cls) -> str:
        """"model" answers forward, "solver" looks for what would give an answer, "optimizer" searches."""
        return cls._type

    @classmethod
    def fallacies(cls) -> dict[str, str]:
        """What is often believed of it, and what holds."""
        return dict(cls._fallacies)


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _arguments(cls: type) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(cls.solve).parameters)  # type: ignore[attr-defined]
    parameters.pop("self", None)
    return parameters


class ForwardModel(BaseResolver):
    """From what is there to how it behaves."""

    _type = "model"


class BaseSolver(BaseResolver):
    """From how it should behave to what that takes."""

    _type = "solver"


class BaseOptimizer(BaseResolver):
    """From a space of choices to the best of them."""

    _type = "optimizer"


#: The original's other name for ``ForwardModel``.
BaseModel = ForwardModel


class ResolverFactory:
    """Resolvers by name: the walls, and what installed packages offer in the entry-point group ``mlsysim.solvers``."""

    @staticmethod
    def _plugins() -> dict[str, Any]:
        return {point.name: point for point in importlib.metadata.entry_points(group="mlsysim.solvers")}

    @staticmethod
    def list_available() -> dict[str, type[BaseResolver]]:
        """Every class by its name, in order of names. Raises what a package raises while it is loaded."""
        from mlsysim.walls import classes

        plugins = {name: point.load() for name, point in ResolverFactory._plugins().items()}
        return dict(sorted({**classes, **plugins}.items()))

    @staticmethod
    def get(name: str) -> type[BaseResolver]:
        """The class of that name; of a wall also its name on the command line. Raises LookupError."""
        from mlsysim.walls import classes

        if name in classes:
            return classes[name]
        for made in classes.values():
            if made.wall == name:
                return made
        if point := ResolverFactory._plugins().get(name):
            return point.load()
        near = nearest(name, [*classes, *ResolverFactory._plugins()])
        error = LookupError(f"no resolver is called {name!r}" + (f"; did you mean {near}?" if near else ""))
        error.argument, error.nearest = "resolver", near
        raise error
