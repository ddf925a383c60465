"""The walls' classes, for ``from mlsysim.solvers import ServingModel``."""

from mlsysim.core.solver import *  # noqa: F403
from mlsysim.core.solver import __all__ as __all__
