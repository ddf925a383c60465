"""Exercises: a scenario, somebody who answers for it, and a choice."""

from mlsysim.sim.ledger import (
    EconomicMetrics,
    PerformanceMetrics,
    ReliabilityMetrics,
    SustainabilityMetrics,
    SystemLedger,
)
from mlsysim.sim.personas import Persona, Personas
from mlsysim.sim.simulations import BaseSimulation, ResourceSimulation, SimulationResult

__all__ = [
    "BaseSimulation", "EconomicMetrics", "PerformanceMetrics", "Persona", "Personas", "ReliabilityMetrics", "ResourceSimulation",
    "SimulationResult", "SustainabilityMetrics", "SystemLedger",
]  # fmt: skip
