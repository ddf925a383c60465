"""The original's path to ``mlsysim.units``, with its names for single units and for plain conversions (``GB``, ``SEC_PER_DAY``…)."""

from mlsysim.core import constants as _constants
from mlsysim.units import Q_, ureg

__all__ = ["Q_", "ureg", *_constants._units, *(
    "BILLION BITS_PER_BYTE BYTES_ADAM_STATE BYTES_FP16 BYTES_FP32 BYTES_INT32 BYTES_INT4 BYTES_INT8 DAYS_PER_MONTH DAYS_PER_YEAR "
    "GIB_TO_BYTES HOURS_PER_DAY HOURS_PER_YEAR HUNDRED KIB_TO_BYTES MIB_TO_BYTES MILLION MINUTES_PER_HOUR MS_PER_SEC QUADRILLION "
    "SECONDS_PER_MINUTE SEC_PER_DAY SEC_PER_HOUR SEC_PER_YEAR SEC_PER_YEAR_LEAP THOUSAND TRILLION"
).split()]  # fmt: skip


def __getattr__(name: str):
    if name in __all__:
        return getattr(_constants, name)
    raise AttributeError(f"module {__name__!r} has no unit {name!r}")


def __dir__():
    return sorted(__all__)
