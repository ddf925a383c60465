"""Grids, racks and data centres."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim import _core, assumptions
from mlsysim.entities import Entity, _cell


class GridProfile(Entity):
    """A region's electricity, and how its data centres use it.

    carbon_intensity_g_kwh  operational carbon of a kWh consumed [gCO2e/kWh]
    pue                     facility energy over IT energy, at least 1
    wue                     water for a kWh of IT energy [L/kWh]
    primary_source          what most of it is made from; no answer depends on it
    renewable_pct           share of generation that is renewable, in per cent
    electricity_price       price of a kWh to a large consumer, a quantity or text such as "0.1 USD/kWh"; that of the US average
                            where it is not stated
    """

    __slots__ = ()
    _kind = "grid"

    def __init__(
        self,
        name: str,
        carbon_intensity_g_kwh: float,
        pue: float,
        wue: float,
        primary_source: str | None = None,
        lat: float | None = None,
        lon: float | None = None,
        renewable_pct: float | None = None,
        electricity_price: Any = None,
        metadata: Any = None,
    ):
        from mlsysim.registry import Infra

        if electricity_price is None:
            electricity_price = Infra.US_Avg.electricity_price
        self._build(name, {
            "carbon_intensity_g_kwh": carbon_intensity_g_kwh, "pue": pue, "wue": wue, "primary_source": primary_source, "lat": lat,
            "lon": lon, "renewable_pct": renewable_pct, "electricity_price": electricity_price, "metadata": metadata,
        })  # fmt: skip

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        given, figures = dict(given), {}
        for name, path, unit in (("carbon_intensity_g_kwh", "carbon_intensity", "gCO2e/kWh"), ("wue", "water_usage", "L/kWh"),
                                 ("renewable_pct", "renewable_share", "")):
            if (value := given.pop(name, None)) is not None:
                plain = isinstance(value, (int, float))
                figures[path] = (value / 100 if not unit else f"{value!r} {unit}") if plain else value
        said = {name: value for name in ("primary_source",) if (value := given.pop(name, None)) is not None}
        rest, more = super()._read(given)
        return figures | rest, said | more

    #: What a constructor was told; the catalog keeps ``renewable_share`` and no place on the map.
    primary_source = property(lambda self: self._said.get("primary_source"))
    lat = property(lambda self: self._said.get("lat"))
    lon = property(lambda self: self._said.get("lon"))

    @property
    def carbon_intensity_g_kwh(self) -> float:
        return self._look_up("carbon_intensity").m_as("gCO2e/kWh")

    @property
    def carbon_intensity_kg_kwh(self) -> float:
        return self._look_up("carbon_intensity").m_as("kgCO2e/kWh")

    @property
    def wue(self) -> float | None:
        water = self._look_up("water_usage")
        return None if water is None else water.m_as("L/kWh")

    @property
    def renewable_pct(self) -> float | None:
        share = self._look_up("renewable_share")
        return None if share is None else 100 * share

    def carbon_kg(self, facility_energy_kwh: float) -> float:
        """Operational carbon of an energy [kgCO2e]."""
        return facility_energy_kwh * self.carbon_intensity_kg_kwh


class Datacenter(GridProfile):
    """A building on a grid: the grid's figures, with the building's own PUE where it has one."""

    __slots__ = ()

    def __init__(self, name: str, grid: GridProfile, pue_override: float | None = None):
        values = {} if pue_override is None else {"pue": _cell("grid", "pue", pue_override)}
        row = _core.make("grid", name, values, grid._row.under(assumptions.in_force()))
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "_said", {**grid._said, "grid": grid, "pue_override": pue_override})


@dataclasses.dataclass(frozen=True)
class RackProfile:
    """A rack: how much power it takes [kW] and how it is cooled. No wall asks for it."""

    name: str
    power_kw: float
    cooling_type: str
