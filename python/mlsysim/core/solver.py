"""The original's path to the walls' classes, and to the bases of resolvers of one's own."""

from mlsysim import engine as _engine  # noqa: F401  (gives SingleNodeModel its kind of answer)
from mlsysim.core.resolvers import BaseModel, BaseOptimizer, BaseResolver, BaseSolver, ForwardModel
from mlsysim.walls import classes as _classes

globals().update(_classes)

__all__ = ["BaseModel", "BaseOptimizer", "BaseResolver", "BaseSolver", "ForwardModel", *_classes]


def __getattr__(name: str):
    # The original's module had these at hand, and code took them from here.
    from mlsysim.core import constants, engine, results

    for place in (results, engine, constants):
        if name in place.__all__:
            return getattr(place, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
