"""A question as a record: names and numbers, checked when it is made."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from mlsysim.errors import DataError, InputError, nearest


@dataclasses.dataclass(frozen=True)
class SimulationConfig:
    """model, hardware  names of ``Models`` and ``Hardware``
    batch_size, precision, efficiency   as of ``Engine.solve``
    fleet_size       devices
    fabric           what joins them, a name of ``Systems.Fabrics``
    region           a name of ``Infra.Grids``
    duration_days    time of use, above 0

    Raises InputError for a number out of range and for weights that one device can't hold, LookupError for an unknown name.
    """

    model: str
    hardware: str
    batch_size: int = 1
    precision: str = "fp16"
    efficiency: float = 0.5
    fleet_size: int = 1
    fabric: str = "100GbE"
    region: str = "US_Avg"
    duration_days: float = 30.0

    def __post_init__(self) -> None:
        from mlsysim.registry import Hardware, Infra, Models, Systems

        for name, least in (("batch_size", 1), ("fleet_size", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value < least:
                raise InputError(f"{name} = {value!r} is out of range: a whole number, at least {least}")
        if not 1e-9 <= self.efficiency <= 1:
            raise InputError(f"efficiency = {self.efficiency!r} is out of range: 1e-09 to 1")
        if not self.duration_days > 0:
            raise InputError(f"duration_days = {self.duration_days!r} is out of range: above 0")
        model, hardware = Models[self.model], Hardware[self.hardware]
        Systems.Fabrics[self.fabric]
        Infra.Grids[self.region]
        weights, capacity = model.size_in_bytes(self.precision), hardware.memory.capacity
        if weights is not None and weights > capacity:
            raise InputError(f"{self.model} does not fit {self.hardware}: weights of {weights.to('GB'):~.4g}, memory of {capacity.to('GB'):~.4g}")

    @classmethod
    def model_validate(cls, data: dict[str, Any]) -> SimulationConfig:
        """From a dictionary. Raises InputError for a key that is none, and for one that is missing."""
        known = [field.name for field in dataclasses.fields(cls)]
        for key in data:
            if key not in known:
                near = nearest(key, known)
                raise InputError(f"{key} is not one of {', '.join(known)}" + (f"; did you mean {near}?" if near else ""))
        for key in ("model", "hardware"):
            if key not in data:
                raise InputError(f"{key} is missing")
        return cls(**data)

    def model_dump(self) -> dict[str, Any]:
        """The record as a dictionary."""
        return dataclasses.asdict(self)


def load_config(data: dict[str, Any] | str | Path) -> SimulationConfig:
    """From a dictionary, or from a JSON file. Raises InputError, LookupError; DataError for a file that can't be read."""
    if isinstance(data, dict):
        return SimulationConfig.model_validate(data)
    import json

    try:
        read = json.loads(Path(data).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{data}: {error}") from None
    if not isinstance(read, dict):
        raise DataError(f"{data}: expected keys and values")
    return SimulationConfig.model_validate(read)
