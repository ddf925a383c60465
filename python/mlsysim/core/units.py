"""The original's path to ``mlsysim.units``; its names for single units are in ``mlsysim.core.constants``."""

from mlsysim.units import Q_, ureg

__all__ = ["Q_", "ureg"]
