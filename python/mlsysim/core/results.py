"""What the walls answer, by the original's names: each the class of its wall's answers."""

from mlsysim import engine as _engine  # noqa: F401  (gives SingleNodeModel its kind of answer)
from mlsysim.answer import Answer as SolverResult
from mlsysim.optimizers import Found as OptimizerResult
from mlsysim.walls import classes as _classes

globals().update({made.answer.__name__: made.answer for made in _classes.values()})

__all__ = ["OptimizerResult", "SolverResult", *sorted({made.answer.__name__ for made in _classes.values()})]
