"""The original's path to ``mlsysim.core.optimization``."""

from mlsysim.core.optimization import ExhaustiveBackend

__all__ = ["ExhaustiveBackend"]
