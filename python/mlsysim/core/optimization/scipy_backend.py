"""The original's path to ``mlsysim.core.optimization``."""

from mlsysim.core.optimization import ContinuousBackend as ScipyBackend

__all__ = ["ScipyBackend"]
