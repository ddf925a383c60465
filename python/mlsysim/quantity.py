"""Between the core's base units and pint quantities. pint is imported with the first quantity that is looked at."""

from __future__ import annotations

from functools import cache
from typing import Any

from mlsysim.errors import InputError

# Base units of the core to the units that people read, by dimension; a field's own unit comes first.
_base = {
    "s": "s", "byte": "byte", "flop": "flop", "J": "J", "W": "W", "USD": "USD", "token": "token", "L": "L",
    "kgCO2e": "kgCO2e", "byte/s": "byte/s", "flop/s": "flop/s", "flop/byte": "flop/byte", "token/s": "token/s",
    "1/s": "1/s", "kgCO2e/J": "kgCO2e/J", "L/J": "L/J",
}


@cache
def _unit(text: str) -> tuple[Any, float]:
    """A pint unit and how many base units of the core it is."""
    from mlsysim.units import Q_, ureg

    unit = ureg.Unit(text.replace("flop/B", "flop/byte"))
    base = {"[time]": "s", "[data]": "byte", "[work]": "flop", "[energy]": "J", "[carbon]": "kgCO2e", "[currency]": "USD",
            "[water]": "L", "[token]": "token"}
    target = " * ".join(f"{base[axis]}**{power}" for axis, power in unit.dimensionality.items())
    return unit, Q_(1.0, unit).to(target).magnitude


def to_quantity(base: float, unit: str) -> Any:
    """A value in the core's base units as a pint quantity in ``unit``."""
    from mlsysim.units import Q_

    pint_unit, scale = _unit(unit)
    # A unit below 1 is divided out as its inverse, which is a whole number: 15e-6 s is 15 us exactly.
    value = base * round(1 / scale) if scale < 1 and abs(round(1 / scale) * scale - 1) < 1e-12 else base / scale
    return Q_(value, pint_unit)


def from_python(value: Any) -> tuple[float, str]:
    """A pint quantity, or anything that is a number, as (base value, dimension). Raises InputError for anything else."""
    if hasattr(value, "to_base_units") and hasattr(value, "dimensionality"):
        dimension = {"[time]": "s", "[data]": "byte", "[work]": "flop", "[energy]": "J", "[carbon]": "kgCO2e", "[currency]": "USD",
                     "[water]": "L", "[token]": "token"}
        powers = {dimension.get(axis, axis): int(power) for axis, power in value.dimensionality.items()}
        order = ["s", "byte", "flop", "J", "kgCO2e", "USD", "L", "token"]
        over = " ".join(u for u in order for _ in range(max(powers.get(u, 0), 0)))
        under = " ".join(u for u in order for _ in range(max(-powers.get(u, 0), 0)))
        unknown = [axis for axis in powers if axis not in order]
        if unknown:
            raise InputError(f"{value} has a dimension that no argument has: {', '.join(unknown)}")
        if not over and not under:
            return float(value.to_base_units().magnitude), "number"
        name = (over or "1") + (f"/{under}" if under else "")
        target = " * ".join(f"{u}**{powers[u]}" for u in order if powers.get(u))
        return float(value.to(target).magnitude), "W" if name == "J/s" else name
    try:
        return float(value), "number"
    except (TypeError, ValueError):
        raise InputError(f"{value!r} is neither a number nor a quantity") from None
