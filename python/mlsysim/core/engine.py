"""The original's path to ``Engine``."""

from mlsysim.engine import Engine, PerformanceProfile
from mlsysim.units import Q_

#: Bytes of an element of a number format, as the original lists them.
PRECISION_MAP = {
    name: Q_(size, "byte")
    for name, size in {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "int4": 0.5}.items()
}

__all__ = ["PRECISION_MAP", "Engine", "PerformanceProfile"]
