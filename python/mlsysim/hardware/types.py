"""A device that computes, and the parts its constructor takes."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim.entities import Entity, _Group, part
from mlsysim.errors import InputError

_FORMATS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int8", "int4")


@dataclasses.dataclass(frozen=True)
class ComputeCore:
    """Dense rates: ``peak_flops`` that of 16-bit arithmetic, ``precision_flops`` those of other formats by name."""

    peak_flops: Any
    precision_flops: dict[str, Any] = dataclasses.field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        for name in self.precision_flops:
            if name not in _FORMATS:
                raise InputError(f"compute.precision_flops: {name!r} is not one of {', '.join(_FORMATS)}")
        rates = {"fp16": self.peak_flops, "bf16": self.peak_flops, **self.precision_flops}
        return {f"compute.{name}_dense": rate for name, rate in rates.items()}


@dataclasses.dataclass(frozen=True)
class MemoryHierarchy:
    """Main memory, and the on-chip memory and the flash of small devices."""

    capacity: Any
    bandwidth: Any
    sram_capacity: Any = None
    sram_bandwidth: Any = None
    flash_capacity: Any = None
    flash_bandwidth: Any = None

    def figures(self) -> dict[str, Any]:
        return {f"memory.{field.name}": getattr(self, field.name) for field in dataclasses.fields(self)}


@dataclasses.dataclass(frozen=True)
class StorageHierarchy:
    """Local storage. No answer depends on its capacity or latency."""

    bandwidth: Any
    capacity: Any = None
    latency: Any = None

    def figures(self) -> dict[str, Any]:
        return {"storage.bandwidth": self.bandwidth}


@dataclasses.dataclass(frozen=True)
class IOInterconnect:
    """The link to the host, one direction. No answer depends on its latency."""

    name: str
    bandwidth: Any
    latency: Any = None

    def figures(self) -> dict[str, Any]:
        return {"host_link.bandwidth_one_way": self.bandwidth}


_PARTS = {"compute": ComputeCore, "memory": MemoryHierarchy, "storage": StorageHierarchy, "interconnect": IOInterconnect}


class _Compute(_Group):
    """Rates by number format, with the names of the original: ``peak_flops`` is that of 16-bit arithmetic."""

    __slots__ = ()

    def peak(self, precision: str) -> Any:
        """The dense rate of a format's own unit, None where the device states none."""
        return self._entity._look_up(f"compute.{precision}_dense")

    @property
    def peak_flops(self) -> Any:
        """The dense 16-bit rate; of a device without 16-bit arithmetic, that of the first format it states."""
        for precision in ("fp16", "bf16", "fp32", "int8"):
            if (rate := self.peak(precision)) is not None:
                return rate
        return None

    @property
    def precision_flops(self) -> dict[str, Any]:
        return {p: rate for p in _FORMATS if (rate := self.peak(p)) is not None}

    def model_copy(self, update: dict[str, Any] | None = None) -> _Compute:
        update = {"peak_flops": self.peak_flops, **(update or {})}
        core = ComputeCore(update.pop("peak_flops"), update.pop("precision_flops", {}))
        changed = self._entity.model_copy(update={**core.figures(), **{f"compute.{name}": v for name, v in update.items()}})
        return _Compute(changed, self._prefix)


class HardwareNode(Entity):
    """A device that computes.

    name           what it is called
    release_year   year of first shipment
    compute        a ComputeCore, or a dict of its arguments: dense rates [flop/s]
    memory         a MemoryHierarchy, or a dict: capacities [byte] and bandwidths [byte/s]
    storage, interconnect   StorageHierarchy and IOInterconnect, or dicts
    tdp            board or package power limit [W]
    battery_capacity        [Wh]
    unit_cost      price of one device [USD]
    embodied_carbon_kg      manufacturing footprint of one device [kgCO2e]
    dispatch_tax   fixed time to start one step [s]; 10 us, the original's preset
    figures        any other figure by its path, as ``**{"scale_up.devices": 8}``

    Figures are quantities or text with a unit; one without its unit is an InputError, and so is one out of range.
    """

    __slots__ = ()
    _kind = "accelerator"
    _names = {"tdp": "power.tdp", "power_budget": "power.tdp", "memory_bw": "memory.bandwidth", "memory_capacity": "memory.capacity",
              "ram": "memory.capacity", "peak_flops_fp32": "compute.fp32_dense", "tf32_flops": "compute.tf32_dense"}

    def __init__(
        self,
        name: str,
        release_year: int | None = None,
        compute: Any = None,
        memory: Any = None,
        storage: Any = None,
        interconnect: Any = None,
        tdp: Any = None,
        battery_capacity: Any = None,
        unit_cost: Any = None,
        embodied_carbon_kg: float | None = None,
        dispatch_tax: Any = "10 us",
        metadata: Any = None,
        **figures: Any,
    ):
        for argument, value in (("compute", compute), ("memory", memory)):
            if value is None:
                raise InputError(f"{name}: {argument} is missing: a {_PARTS[argument].__name__} or a dict of its arguments")
        given = {"release_year": release_year, "compute": compute, "memory": memory, "storage": storage,
                 "interconnect": interconnect, "tdp": tdp, "battery_capacity": battery_capacity, "unit_cost": unit_cost,
                 "embodied_carbon_kg": embodied_carbon_kg, "dispatch_tax": dispatch_tax, "metadata": metadata}
        self._build(name, {key: value for key, value in given.items() if value is not None} | figures)

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        given, figures, said = dict(given), {}, {}
        for name, made in _PARTS.items():
            if name in given and given[name] is not None and not isinstance(given[name], _Group):
                parsed = part(made, name, given.pop(name))
                figures |= parsed.figures()
                if name in ("storage", "interconnect"):
                    said[name] = parsed
        kilograms = given.pop("embodied_carbon_kg", None)
        if kilograms is not None:
            figures["embodied_carbon"] = f"{kilograms!r} kgCO2e" if isinstance(kilograms, (int, float)) else kilograms
        rest, more = super()._read(given)
        return figures | rest, said | more

    @property
    def compute(self) -> _Compute:
        return _Compute(self, "compute.")

    @property
    def peak_flops(self) -> Any:
        """``compute.peak_flops``."""
        return self.compute.peak_flops

    @property
    def interconnect(self) -> IOInterconnect | None:
        """The link to the host, one direction; None where nothing is stated."""
        bandwidth = self._look_up("host_link.bandwidth_one_way")
        if bandwidth is None:
            return None
        return self._said.get("interconnect") or IOInterconnect("host link", bandwidth)

    @property
    def embodied_carbon_kg(self) -> float | None:
        carbon = self._look_up("embodied_carbon")
        return None if carbon is None else carbon.m_as("kgCO2e")

    def ridge_point(self) -> Any:
        """Peak over bandwidth: the intensity at which the device turns compute-bound at its full rates [flop/byte]."""
        return (self.compute.peak_flops / self.memory.bandwidth).to("flop/byte")

