"""The original's path to ``mlsysim.errors``."""

from mlsysim.errors import CompositionError, MLSysError, OOMError, SLAViolation, ThermalThrottleWarning

__all__ = ["CompositionError", "MLSysError", "OOMError", "SLAViolation", "ThermalThrottleWarning"]
