"""What a choice comes to for somebody who runs many of a scenario."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim.core.scenarios import Scenario
from mlsysim.errors import InputError
from mlsysim.sim.ledger import (
    EconomicMetrics,
    PerformanceMetrics,
    ReliabilityMetrics,
    SustainabilityMetrics,
    SystemLedger,
)
from mlsysim.sim.personas import Persona

_CHOICES = ("region", "duration_days")


@dataclasses.dataclass
class SimulationResult:
    """A ledger, and what is to be drawn."""

    ledger: SystemLedger
    plots: dict[str, Any] = dataclasses.field(default_factory=dict)


class BaseSimulation:
    """A scenario and a persona; a class of its own says what a choice means."""

    def __init__(self, scenario: Scenario, persona: Persona):
        self.scenario, self.persona = scenario, persona

    def evaluate(self, choice: dict[str, Any]) -> SystemLedger:
        raise NotImplementedError(f"{type(self).__name__} has no evaluate of its own")


class ResourceSimulation(BaseSimulation):
    """Energy, carbon, money and failures of the scenario's machine, as often as the persona has it."""

    def evaluate(self, choice: dict[str, Any]) -> SystemLedger:
        """The ledger of a choice: ``region``, a grid ("US_Avg"), and ``duration_days`` (365).

        Speed is that of one forward step of one sample on each device. Economics are None where the device has no stated price.
        Raises LookupError for an unknown region, InputError for another key or a time that is not above 0.
        """
        from mlsysim import Engine, assumptions
        from mlsysim.registry import Infra
        from mlsysim.units import Q_
        from mlsysim.walls import classes

        for key in choice:
            if key not in _CHOICES:
                raise InputError(f"{key} is not a choice: {', '.join(_CHOICES)}")
        days = float(choice.get("duration_days", 365.0))
        region = choice.get("region", "US_Avg")
        grid = region if hasattr(region, "kind") else Infra.Grids[region]
        step = Engine.solve(self.scenario.workload, self.scenario.hardware)
        machines = self.scenario.machines(int(self.persona.scale_factor))
        devices = machines.total_accelerators
        footprint = classes["SustainabilityModel"]().solve(machines, duration_days=days, datacenter=grid)
        failures = classes["ReliabilityModel"]().solve(machines, job_duration_hours=24 * days)
        samples = step.throughput.m_as("1/s") * devices * days * 86400
        try:
            cost = classes["EconomicsModel"]().solve(machines, duration_days=days, datacenter=grid)
            economics = EconomicMetrics(cost.capex_usd, cost.total_opex_usd, cost.tco_usd, 1e6 * cost.total_opex_usd / samples)
        except InputError:
            economics = EconomicMetrics(None, None, None, None)
        # What is left of the time; the original takes the chance that nothing fails at all.
        original = assumptions.current() == "mlsysim-0.1"
        goodput = 1.0 - failures.failure_probability if original else failures.goodput_ratio
        return SystemLedger(
            performance=PerformanceMetrics(step.latency, step.throughput * devices, step.mfu, step.hfu, step.bottleneck),
            sustainability=SustainabilityMetrics(footprint.total_energy_kwh, footprint.carbon_footprint_kg, footprint.pue, footprint.water_usage_liters),
            economics=economics,
            reliability=ReliabilityMetrics(failures.fleet_mtbf, goodput, Q_(300.0, "s") if not original else Q_(15.0, "minute")),
            mission_name=self.scenario.name,
            track_name=self.persona.name,
            choice_summary=f"Region: {grid.name}, Duration: {days} days",
        )
