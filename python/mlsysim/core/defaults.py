"""The original's parameters of its models (``GPU_MTTF_HOURS``, ``PUE_BEST_AIR``…): a part of ``mlsysim.core.constants``.

They are the original's, for code that reads them. What this package computes with is in ``data/``.
"""

from mlsysim.core import constants as _constants

__all__ = [name for name, value in _constants._figures.items() if not isinstance(value, dict) or "citation" in value or "unit" not in value]


def __getattr__(name: str):
    return getattr(_constants, name)


def __dir__():
    return sorted(__all__)
