"""Any recorded call asked of this package as code of 0.1.x asks it: public classes, keywords, attributes of the result."""

from __future__ import annotations

import gzip
import json
import math
import numbers
from collections.abc import Callable
from typing import Any

from parity import RECORDED, registry

import mlsysim
from mlsysim import InputError, ureg

SET = "mlsysim-0.1"
_ROOTS = ("Models", "Hardware", "Systems", "Infra", "Scenarios")


def every_row() -> list[dict[str, Any]]:
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def given(recorded: Any) -> Any:
    """A recorded argument as the object that the call had."""
    if isinstance(recorded, list):
        return [given(one) for one in recorded]
    if isinstance(recorded, str) and recorded.split(".")[0] in _ROOTS:
        return registry(recorded)
    if isinstance(recorded, str) and recorded.startswith("Personas."):
        return getattr(mlsysim.sim.Personas, recorded.split(".")[1])
    if isinstance(recorded, dict) and set(recorded) == {"value", "unit"}:
        return ureg.Quantity(recorded["value"], recorded["unit"])
    if isinstance(recorded, dict) and recorded.get("_type") == "Fleet":
        node, fabric = recorded["node"], recorded["fabric"]
        made = mlsysim.Node(**{name: given(value) for name, value in node.items()})
        joined = given(fabric) if isinstance(fabric, str) else mlsysim.NetworkFabric(**{k: given(v) for k, v in fabric.items() if k != "_type"})
        rest = {name: value for name, value in recorded.items() if name not in ("_type", "node", "fabric")}
        return mlsysim.Fleet(node=made, fabric=joined, **rest)
    return recorded


def _method(which: str, argument: str, **spelled: str) -> Callable[..., Any]:
    """A method of an entry, with arguments that the original takes under another name."""

    def call(**arguments: Any) -> Any:
        entry = arguments.pop(argument)
        return getattr(entry, which)(**{spelled.get(name, name): value for name, value in arguments.items()})

    return call


def _design(space: dict[str, Any], objective: str, constraints: list[str]) -> Any:
    from mlsysim.core.dse import DSE

    found = DSE(space, objective, constraints).search(
        lambda p: mlsysim.Engine.solve(mlsysim.Models.Llama3_8B, getattr(mlsysim.Hardware.Cloud, p["hw"]), batch_size=p["bs"])
    )
    return {**found, "top": [{"params": t["params"], "objective": t["objective_value"]} for t in found["top_candidates"]]}


def _explained(model: Any, baseline: Any, proposal: Any, **arguments: Any) -> str:
    from mlsysim.core.explainers import DifferentialExplainer

    solve = mlsysim.Engine.solve
    return _figures_of(DifferentialExplainer.compare_performance(solve(model, baseline, **arguments), solve(model, proposal, **arguments)))


def _figures_of(text: str) -> str:
    """The lines of a comparison that have its figures; its sentences are our own."""
    return "\n".join(line for line in text.splitlines() if line.startswith("•"))


def _wall(number: int) -> dict[str, Any]:
    one = mlsysim.core.walls.wall(number)
    return {"number": one.number, "name": one.name, "domain": one.domain.value, "resolver": one.resolver_name, "equation": one.equation}


CALLS: dict[str, Callable[..., Any]] = {
    "Engine.solve": mlsysim.Engine.solve,
    "Engine.sweep": lambda **a: [{"latency": r["profile"].latency, "feasible": r["profile"].feasible, **r} for r in mlsysim.Engine.sweep(**a)],
    "HardwareNode.ridge_point": _method("ridge_point", "hardware"),
    "Workload.lower": _method("lower", "model", bytes_per_param="precision"),
    "TransformerWorkload.get_kv_cache_size": _method("get_kv_cache_size", "model", bytes_per_elem="precision"),
    "TransformerWorkload.training_memory": _method("training_memory", "model"),
    "SSMWorkload.get_state_cache_size": _method("get_state_cache_size", "model", bytes_per_elem="precision"),
    "Scenario.evaluate": lambda scenario, **a: scenario.evaluate(**a).to_dict(),
    "Scenario.validate_scenario": lambda scenario, **a: scenario.validate_scenario(**a),
    "ResourceSimulation.evaluate": lambda scenario, persona, choice: mlsysim.sim.ResourceSimulation(scenario, persona).evaluate(choice).to_dict(),
    "SystemEvaluator.evaluate": lambda **a: mlsysim.SystemEvaluator.evaluate(**a).to_dict(),
    "Pipeline.__init__": lambda resolvers: mlsysim.Pipeline(resolvers),
    "walls.wall": _wall,
    "DSE.search(Engine.solve Llama3_8B)": _design,
    "DifferentialExplainer.compare_performance": _explained,
}


def call(row: dict[str, Any]) -> Any:
    """The answer of this package to a recorded call. Raises what it raises."""
    arguments = {name: given(value) for name, value in row["inputs"].items()}
    api = row["api"]
    if api in CALLS:
        return CALLS[api](**arguments)
    where, _, name = api.partition(".")
    if where == "formulas":
        return getattr(mlsysim.core.formulas, name)(**arguments)
    if where == "fmt":
        return getattr(mlsysim.fmt, name)(**arguments)
    return getattr(mlsysim, where)().solve(**arguments)


def _figure(recorded: dict[str, Any], have: Any) -> bool:
    want, unit = float(recorded["value"]), recorded["unit"]
    if hasattr(have, "m_as"):  # tokens have a dimension here, counts there
        have = have.m_as("token" if have.check("[token]") else "" if unit in ("count", "param") else unit)
    return isinstance(have, numbers.Real) and (have == want or math.isclose(have, want, rel_tol=1e-6, abs_tol=1e-300))


def parted(recorded: Any, have: Any, name: str = "") -> list[str]:
    """Where an answer differs from a recorded one, each with both figures."""
    if isinstance(recorded, dict) and set(recorded) == {"value", "unit"}:
        same = _figure(recorded, have)
    elif isinstance(recorded, dict):
        read = (lambda key: have[key]) if hasattr(have, "__getitem__") else (lambda key: getattr(have, key))
        found = []
        for key, value in recorded.items():
            if value is None:
                continue
            try:
                found += parted(value, read(key), f"{name}.{key}".strip("."))
            except (AttributeError, KeyError):
                found.append(f"{name}.{key}: none here".strip("."))
        return found
    elif isinstance(recorded, list):
        if len(recorded) != len(have):
            return [f"{name}: {len(have)} here, {len(recorded)} recorded"]
        return [line for i, (want, one) in enumerate(zip(recorded, have)) for line in parted(want, one, f"{name}[{i}]")]
    elif isinstance(recorded, bool) or (isinstance(recorded, str) and recorded not in ("inf", "-inf")):
        have = have.name if hasattr(have, "kind") else have  # an entry stands for its name
        same = have == recorded
    else:
        want = float(recorded)
        if hasattr(have, "m_as"):
            have = have.m_as("token/s") if have.check("[token]/[time]") else have.m_as("") if have.dimensionless else have
        same = isinstance(have, numbers.Real) and (have == want or math.isclose(have, want, rel_tol=1e-6, abs_tol=1e-300))
    return [] if same else [f"{name}: {have}, recorded {recorded}"]


def outcome(row: dict[str, Any]) -> str:
    """Empty where both agree, or both refuse; else what parts them, in a line."""
    outputs = row["outputs"]
    with mlsysim.assumptions.using(SET):
        try:
            have = call(row)
        except Exception as error:  # what it raises is the finding
            return "" if "error" in outputs else f"{type(error).__name__}: {error}"
        if "error" in outputs:
            return f"answered, and the original raises {outputs['error']['type']}"
        want = outputs["result"] if set(outputs) == {"result"} else outputs
        want = _figures_of(want) if row["api"].startswith("DifferentialExplainer") else want
        lines = parted(want, have)
    return "; ".join(lines[:3])


__all__ = ["InputError", "every_row", "outcome"]
