"""The original package's paths: ``mlsysim.core.constants``, ``.solver``, ``.engine``, ``.formulas``… over this package."""

import importlib

_modules = (
    "config", "constants", "defaults", "dse", "engine", "evaluation", "exceptions", "explainers", "formulas", "optimization",
    "pipeline", "provenance", "registry", "resolver_factory", "resolvers", "results", "scenarios", "solver", "types", "units", "walls",
)  # fmt: skip
#: Where a name of ``mlsysim.core`` is; those of formulas and of results are looked for there.
_names = {
    "Pipeline": "pipeline",
    **dict.fromkeys(("BaseResolver", "ForwardModel", "BaseModel", "BaseSolver", "BaseOptimizer"), "resolvers"),
    "ResolverFactory": "resolvers",
    **dict.fromkeys(("Domain", "Wall", "wall", "walls_for_resolver", "walls_in_domain"), "walls"),
    **dict.fromkeys(("taxonomy", "ALL_WALLS"), "walls"),
    "CompositionError": "exceptions",
    **dict.fromkeys(("Engine", "PerformanceProfile"), "engine"),
    **dict.fromkeys(("Scenario", "Scenarios", "Applications", "Archetypes"), "scenarios"),
    **dict.fromkeys(("EvaluationLevel", "SystemEvaluation", "SystemEvaluator"), "evaluation"),
    **dict.fromkeys(("SimulationConfig", "load_config"), "config"),
    **dict.fromkeys(("Quantity", "Metadata"), "types"),
    "TraceableConstant": "provenance",
    "ureg": "units",
    "Q_": "units",
}
_registries = ("Hardware", "Models", "Systems", "Infra", "Tiers", "Fleet")


def __getattr__(name: str):
    # On demand: `mlsysim.core.constants.ureg` works after a plain `import mlsysim`, and pint comes with its first use.
    if name in _modules:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _names:
        return getattr(importlib.import_module(f"{__name__}.{_names[name]}"), name)
    if name in _registries:
        return getattr(importlib.import_module("mlsysim"), name)
    for place in ("formulas", "results") if not name.startswith("_") else ():
        module = importlib.import_module(f"{__name__}.{place}")
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
