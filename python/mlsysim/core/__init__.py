"""The original package's paths: ``mlsysim.core.constants``, ``.units``, ``.formulas``, ``.pipeline``, ``.walls``."""

import importlib

_modules = ("constants", "formulas", "units", "pipeline", "resolvers", "walls")
_names = {
    "Pipeline": "pipeline",
    **dict.fromkeys(("BaseResolver", "ForwardModel", "BaseModel", "BaseSolver", "BaseOptimizer"), "resolvers"),
    "ResolverFactory": "resolvers",
    **dict.fromkeys(("Domain", "Wall", "wall", "walls_for_resolver", "walls_in_domain"), "walls"),
    **dict.fromkeys(("taxonomy", "ALL_WALLS"), "walls"),
}


def __getattr__(name: str):
    # On demand: `mlsysim.core.constants.ureg` works after a plain `import mlsysim`, and pint comes with its first use.
    if name in _modules:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _names:
        return getattr(importlib.import_module(f"{__name__}.{_names[name]}"), name)
    if name == "CompositionError":
        from mlsysim.errors import CompositionError

        return CompositionError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
