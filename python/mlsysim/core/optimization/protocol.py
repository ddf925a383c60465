"""The original's path to ``mlsysim.core.optimization``."""

from mlsysim.core.optimization import OptimizationResult, OptimizerProtocol

__all__ = ["OptimizationResult", "OptimizerProtocol"]
