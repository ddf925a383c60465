"""The original's path to ``mlsysim.core.optimization``."""

from mlsysim.core.optimization import OptimizationRegistry

__all__ = ["OptimizationRegistry"]
