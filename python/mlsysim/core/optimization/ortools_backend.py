"""The original's path to ``mlsysim.core.optimization``."""

from mlsysim.core.optimization import DiscreteBackend as ORToolsDiscreteBackend

__all__ = ["ORToolsDiscreteBackend"]
