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
    pint_unit, scale = _unit(unit)
    # A unit below 1 is divided out as its inverse, which is a whole number: 15e-6 s is 15 us exactly.
    value = base * round(1 / scale) if scale < 1 and abs(round(1 / scale) * scale - 1) < 1e-12 else base / scale
    return _made(value, pint_unit)


def _made(magnitude: Any, unit: Any) -> Any:
    """What ``Q_(magnitude, unit)`` makes, without the 10 us in which pint looks at what it was given."""
    from mlsysim.units import Q_

    quantity = object.__new__(Q_)
    quantity._magnitude, quantity._units = magnitude, unit._units
    return quantity


_axes = {"[time]": "s", "[data]": "byte", "[work]": "flop", "[energy]": "J", "[carbon]": "kgCO2e", "[currency]": "USD",
         "[water]": "L", "[token]": "token"}  # in the order in which the core spells a dimension


@cache
def _base_of(unit: Any) -> tuple[float, str]:
    """How many base units of the core a pint unit is, and the name of its dimension there."""
    from mlsysim.units import Q_, ureg

    unit = ureg.Unit(unit)
    powers = {_axes.get(axis, axis): int(power) for axis, power in unit.dimensionality.items()}
    unknown = [axis for axis in powers if axis not in _axes.values()]
    if unknown:
        raise InputError(f"{unit} has a dimension that no argument has: {', '.join(unknown)}")
    if not powers:
        return float(Q_(1.0, unit).to_base_units().magnitude), "number"
    over = " ".join(u for u in _axes.values() for _ in range(max(powers.get(u, 0), 0)))
    under = " ".join(u for u in _axes.values() for _ in range(max(-powers.get(u, 0), 0)))
    name = (over or "1") + (f"/{under}" if under else "")
    target = " * ".join(f"{u}**{powers[u]}" for u in _axes.values() if powers.get(u))
    return float(Q_(1.0, unit).to(target).magnitude), "W" if name == "J/s" else name


def from_python(value: Any) -> tuple[float, str]:
    """A pint quantity, or anything that is a number, as (base value, dimension). Raises InputError for anything else."""
    units = getattr(value, "_units", None)  # pint's own container is a quick key; `.units` wraps it anew each time
    if units is not None and hasattr(value, "magnitude"):
        scale, name = _base_of(units)
        # A unit below 1 is divided by, as its inverse is a whole number: 15 us is 15 / 1e6 s, the figure as typed.
        inverse = round(1 / scale) if scale < 1 else 0
        base = value.magnitude / inverse if inverse and abs(inverse * scale - 1) < 1e-12 else value.magnitude * scale
        return float(base), name
    try:
        return float(value), "number"
    except (TypeError, ValueError):
        raise InputError(f"{value!r} is neither a number nor a quantity") from None
