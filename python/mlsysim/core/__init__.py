"""The original package's path to units and constants: ``mlsysim.core.units``, ``mlsysim.core.constants``, ``mlsysim.core.formulas``."""

import importlib


def __getattr__(name: str):
    # On demand, because both import pint: `mlsysim.core.constants.ureg` works after a plain `import mlsysim`.
    if name in ("constants", "formulas", "units"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
