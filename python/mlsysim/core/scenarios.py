"""A network on a machine with a target: scenarios, and those that come with the package (``data/scenarios.json``)."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim import assumptions
from mlsysim.core.evaluation import EvaluationLevel, SystemEvaluation
from mlsysim.errors import InputError, OOMError, SLAViolation
from mlsysim.illustrations import Group

#: How long a scenario's machine runs for the third level.
_DAYS = 365
#: Tokens of each sequence whose cache ``validate_scenario`` adds to the weights.
_CONTEXT = 512


def _target(name: str, value: Any, dimension: str) -> Any:
    from mlsysim.core.types import validate_quantity

    if value is None:
        return None
    quantity = validate_quantity(value)
    if not quantity.check(dimension):
        raise InputError(f"{name} = {value} is not in {'a unit of time' if dimension == '[time]' else 'a unit of power'}")
    return quantity


def _shown(quantity: Any) -> str:
    return f"{quantity.to_compact():~.4g}"


def _costs(carbon: float, cost: float) -> EvaluationLevel:
    return EvaluationLevel("Macro", "PASS", f"a year: {carbon:,.3g} kgCO2e, {cost:,.0f} USD", {"carbon_kg": carbon, "tco_usd": cost})


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A workload on a system, and what is wanted of it.

    workload         an object of ``Models``, or one that Python code builds
    system           a device, or a fleet
    sla_latency      the longest a step may take: a quantity, or text such as "30 ms"
    target_accuracy  0 to 1; no wall knows it
    power_budget     a quantity; no level judges it
    """

    name: str
    description: str = ""
    workload: Any = None
    system: Any = None
    sla_latency: Any = None
    target_accuracy: float | None = None
    power_budget: Any = None

    def __post_init__(self) -> None:
        for argument, kinds in (("workload", ("model",)), ("system", ("accelerator", "fleet"))):
            value = getattr(self, argument)
            if getattr(value, "kind", None) not in kinds:
                raise InputError(f"{self.name}: {argument} must be {' or '.join(kinds)}, not {value!r}")
        object.__setattr__(self, "sla_latency", _target("sla_latency", self.sla_latency, "[time]"))
        object.__setattr__(self, "power_budget", _target("power_budget", self.power_budget, "[energy] / [time]"))

    def model_copy(self, update: dict[str, Any] | None = None) -> Scenario:
        """A copy with some of its parts replaced."""
        return dataclasses.replace(self, **(update or {}))

    @property
    def is_distributed(self) -> bool:
        return self.system.kind == "fleet"

    @property
    def hardware(self) -> Any:
        """The device, or that of the fleet."""
        return self.system.node.accelerator if self.is_distributed else self.system

    @property
    def ram(self) -> Any:
        return self.hardware.memory.capacity

    @property
    def mission_goal(self) -> str:
        """The original's older name of ``description``."""
        return self.description

    @property
    def critical_constraint(self) -> Any:
        """The first target that is stated: latency, accuracy, power."""
        return next((value for value in (self.sla_latency, self.target_accuracy, self.power_budget) if value is not None), None)

    def machines(self, count: int = 1) -> Any:
        """The fleet that it runs on; of a device alone, so many of it, each in a node of its own."""
        from mlsysim.registry import Systems
        from mlsysim.systems.types import Fleet, Node

        if self.is_distributed:
            return self.system
        node = Node(name=f"{self.hardware.name} alone", accelerator=self.hardware, accelerators_per_node=1,
                    intra_node_bw="50 GB/s", nics_per_node=1, psus_per_node=2, host_power="0 W")
        return Fleet(name=self.name, node=node, count=count, fabric=Systems.Fabrics.Ethernet_10G)

    def _step(self, batch_size: int, precision: str) -> tuple[Any, Any]:
        """The answer, and the time of one step: of inference on a device, of training on a fleet."""
        from mlsysim import Engine, walls

        if not self.is_distributed:
            profile = Engine.solve(self.workload, self.system, batch_size=batch_size, precision=precision)
            return profile, profile.latency
        answer = walls.classes["DistributedModel"]().solve(self.workload, self.system, batch_size=batch_size, precision=precision)
        return answer, answer.step_latency_total

    def evaluate(self, batch_size: int = 1, precision: str = "fp16") -> SystemEvaluation:
        """Three levels: does it fit and is it fed, is it within ``sla_latency``, what does a year cost.

        A device answers one step; a fleet trains, in the fastest layout that fits (``mlsysim-0.1``: each device with the whole
        model). The year is that of the average US grid, unless the fleet stands elsewhere; a device is at full use all of it.
        Figures are quantities, carbon in kgCO2e and money in USD plain numbers. A batch that the fleet can't share is a level that
        fails. Raises InputError for a figure that nobody states, an unknown precision, a batch below 1.
        """
        if self.is_distributed and assumptions.current() != "mlsysim-0.1":
            return self._as_fleet(batch_size, precision)
        answer, latency = self._step(batch_size, precision)
        if assumptions.current() == "mlsysim-0.1":  # 16-bit weights on one device, whatever the precision and the layout
            feasibility = self._feasibility(self.workload.size_in_bytes(), self.ram)
        else:
            feasibility = self._feasibility(answer.memory_footprint, answer.memory_available)
        if self.is_distributed:
            figures = {"throughput": answer.effective_throughput, "scaling_eff": answer.scaling_efficiency}
        else:
            figures = {"throughput": answer.throughput, "bottleneck": answer.bottleneck}
        return SystemEvaluation(self.name, feasibility, self._performance(latency, figures), self._year())

    def _as_fleet(self, batch_size: int, precision: str) -> SystemEvaluation:
        from mlsysim.system import SystemEvaluator

        try:
            a = SystemEvaluator.evaluate(self.name, self.workload, self.hardware, batch_size, precision, fleet_obj=self.system,
                                         nodes=self.system.total_accelerators, duration_days=_DAYS).answer
        except InputError as error:
            if getattr(error, "argument", "") != "batch_size" or batch_size < 1:
                raise
            level = EvaluationLevel("Feasibility", "FAIL", str(error), {"data_stalled": False})
            return SystemEvaluation(self.name, level, EvaluationLevel("Performance", "SKIPPED", "no step"), self._year())
        feasibility = self._feasibility(a.feasibility.memory_used, a.feasibility.memory_available)
        figures = {"throughput": a.performance.fleet_throughput, "scaling_eff": a.performance.scaling_efficiency}
        carbon, cost = a.value("macro.carbon_footprint", "kgCO2e"), a.value("macro.tco", "USD")
        return SystemEvaluation(self.name, feasibility, self._performance(a.performance.latency, figures), _costs(carbon, cost))

    def _feasibility(self, need: Any, have: Any) -> EvaluationLevel:
        stalled, fed = self._fed()
        fits = bool(need <= have)
        return EvaluationLevel(
            "Feasibility",
            "PASS" if fits and not stalled else "FAIL",
            f"{_shown(need)} {'fit' if fits else 'do not fit'} in {_shown(have)}{fed}",
            {"weight_size": need, "capacity": have, "data_stalled": stalled},
        )

    def _fed(self) -> tuple[bool, str]:
        """Whether its samples arrive too slowly, and a sentence on it."""
        rate = getattr(self.workload, "data_rate", None)
        if rate is None:
            return False, ""
        from mlsysim.core.types import validate_quantity
        from mlsysim.walls import classes

        rate = validate_quantity(rate)
        try:
            data = classes["DataModel"]().solve(rate, self.hardware)
        except InputError as error:  # a device without storage or link delivers nothing
            return True, f"; no data: {error}"
        return bool(data.is_stalled), f"; its data need {100 * data.utilization:.3g} % of what is supplied"

    def _performance(self, latency: Any, figures: dict[str, Any]) -> EvaluationLevel:
        late = self.sla_latency is not None and bool(latency > self.sla_latency)
        target = "no target" if self.sla_latency is None else f"target {_shown(self.sla_latency)}"
        return EvaluationLevel(
            "Performance",
            "FAIL" if late else "PASS",
            f"a step takes {_shown(latency)}, {target}",
            {"latency": latency, **figures, "sla_latency": self.sla_latency},
        )

    def _year(self) -> EvaluationLevel:
        from mlsysim.walls import classes

        machines = self.machines()
        try:
            carbon = classes["SustainabilityModel"]().solve(machines, duration_days=_DAYS).operational_carbon_kg
            cost = classes["EconomicsModel"]().solve(machines, duration_days=_DAYS).tco_usd
        except InputError as error:
            return EvaluationLevel("Macro", "SKIPPED", str(error))
        return _costs(carbon, cost)

    def validate_scenario(self, batch_size: int = 1, precision: str = "fp16") -> dict[str, Any]:
        """Whether it fits, with caches of 512 tokens, and is in time: status, memory_utilization, performance.

        ``performance`` is the answer of the step. Raises OOMError for what does not fit, SLAViolation for what is late, and on a
        fleet InputError for a batch that it can't share.
        """
        if self.is_distributed and assumptions.current() != "mlsysim-0.1":
            from mlsysim.system import SystemEvaluator

            answer = SystemEvaluator.evaluate(self.name, self.workload, self.hardware, batch_size, precision, fleet_obj=self.system,
                                              nodes=self.system.total_accelerators).answer
            latency, need, have = answer.performance.latency, answer.feasibility.memory_used, answer.feasibility.memory_available
        else:
            from mlsysim.models.types import TransformerWorkload

            answer, latency = self._step(batch_size, precision)
            need, have = self.workload.size_in_bytes("fp16" if assumptions.current() == "mlsysim-0.1" else precision), self.ram
            if isinstance(self.workload, TransformerWorkload):
                need = need + self.workload.get_kv_cache_size(_CONTEXT, batch_size)
        if need > have:
            raise OOMError(f"{self.name} needs {_shown(need)}, {self.hardware.name} has {_shown(have)}", need, have)
        if self.sla_latency is not None and latency > self.sla_latency:
            raise SLAViolation(f"{self.name} takes {_shown(latency)}, {_shown(self.sla_latency)} is the target")
        return {"status": "Validated", "memory_utilization": (need / have).m_as(""), "performance": answer}


class _Scenarios(Group):
    """Read from the file when one is looked at, once for each set of assumptions."""

    def _key(self, entry: str) -> Any:
        return entry, assumptions.current()


def _built(**given: Any) -> Scenario:
    from mlsysim.registry import Hardware, Models, Systems

    group, _, name = given.pop("workload").partition(".")
    workload = getattr(getattr(Models, group), name)
    if rate := given.pop("data_rate", None):
        workload = workload.model_copy(update={"name": f"{workload.name}, all sensors", "data_rate": rate})
    group, _, name = given.pop("system").partition(".")
    system = getattr(Systems.Clusters if group == "Clusters" else getattr(Hardware, group), name)
    return Scenario(workload=workload, system=system, **given)


Scenarios = _Scenarios("Scenarios", "scenarios", _built)


class _Aliases:
    """Shorter and older names of scenarios."""

    def __init__(self, title: str, names: dict[str, str]):
        self._title, self._names = title, names

    def __getattr__(self, name: str) -> Scenario:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"{self._title} has no {name!r}: {', '.join(self._names)}" if not name.startswith("_") else name)
        return getattr(Scenarios, self._names[name])

    def __dir__(self) -> list[str]:
        return sorted(self._names)


Applications = _Aliases("Applications", {
    "Doorbell": "SmartDoorbell", "AutoDrive": "AutonomousVehicle", "Workstation": "LocalTraining", "Frontier": "FrontierTraining",
    "Chatbot": "ChatbotServing", "KWS": "KeywordSpotting",
})  # fmt: skip
Archetypes = _Aliases("Archetypes", {
    "Cloud_V100": "FrontierTraining", "TinyML_M7": "SmartDoorbell", "Frontier": "FrontierTraining", "AutoDrive": "AutonomousVehicle",
    "Doorbell": "SmartDoorbell", "Workstation": "LocalTraining",
})  # fmt: skip
