"""What a choice comes to, on four axes."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim.errors import InputError


@dataclasses.dataclass(frozen=True)
class PerformanceMetrics:
    """latency [s], throughput [1/s] of all devices, mfu and hfu 0 to 1, what binds."""

    latency: Any
    throughput: Any
    mfu: float
    hfu: float
    bottleneck: str


@dataclasses.dataclass(frozen=True)
class SustainabilityMetrics:
    """energy of the facility, carbon [kgCO2e], PUE, water [L]."""

    energy: Any
    carbon_kg: float
    pue: float
    water_liters: float


@dataclasses.dataclass(frozen=True)
class EconomicMetrics:
    """Money [USD]; ``cost_per_million`` is running cost for a million samples. None where the device has no stated price."""

    capex: float | None
    opex: float | None
    tco: float | None
    cost_per_million: float | None


@dataclasses.dataclass(frozen=True)
class ReliabilityMetrics:
    """mttf of the fleet [h], goodput 0 to 1, time to recover."""

    mttf: Any
    goodput: float
    recovery_time: Any


@dataclasses.dataclass(frozen=True)
class SystemLedger:
    """The four, with what was asked."""

    performance: PerformanceMetrics
    sustainability: SustainabilityMetrics
    economics: EconomicMetrics
    reliability: ReliabilityMetrics
    mission_name: str
    track_name: str
    choice_summary: str

    def validate(self) -> None:
        """Raises InputError where a figure is impossible: an MFU outside 0 to 1, a negative latency or footprint."""
        figures = {"mfu": self.performance.mfu, "latency": self.performance.latency.m, "carbon_kg": self.sustainability.carbon_kg}
        for name, value in figures.items():
            if not value >= 0 or (name == "mfu" and value > 1):
                raise InputError(f"{name} = {value} is impossible" + (": 0 to 1" if name == "mfu" else ": not below 0"))

    def to_dict(self) -> dict[str, Any]:
        """One flat record: latency in ms, samples a second, per cent, kgCO2e, USD."""
        return {
            "mission": self.mission_name,
            "track": self.track_name,
            "choice": self.choice_summary,
            "latency_ms": self.performance.latency.m_as("ms"),
            "throughput_sps": self.performance.throughput.m_as("1/s"),
            "mfu_pct": 100 * self.performance.mfu,
            "carbon_kg": self.sustainability.carbon_kg,
            "tco_usd": self.economics.tco,
            "goodput_pct": 100 * self.reliability.goodput,
        }

    def to_df(self) -> Any:
        """The record as a table of pandas with one row."""
        try:
            import pandas
        except ImportError:
            raise ImportError("tables need pandas: pip install pandas") from None
        return pandas.DataFrame([self.to_dict()])
