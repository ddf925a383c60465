"""Quantities with units: the registry ``ureg`` and its class ``Q_``.

The axes are those of the C++ core: time, data (byte), work (flop), energy (joule), mass of CO2e, money (USD),
water (litre) and tokens, with length and electric current for fibre and batteries. A byte is not a flop is
not a token, so adding them raises ``pint.DimensionalityError``; a count and a parameter are plain numbers.

    >>> from mlsysim.units import ureg
    >>> (312 * ureg.TFLOPs / ureg.second) / (2.039 * ureg.TB / ureg.second)
    <Quantity(153.016184, 'teraFLOPs / terabyte')>

GB is 1e9 byte and GiB is 2**30; a bit is an eighth of a byte; a multiply-accumulate is 2 flop. ``Tflop``,
``TFLOP`` and ``TFLOPs`` are work; ``TFLOPS`` and ``TOPS`` (capital S) are work per second.

Importing this module imports pint (a quarter of a second), which ``import mlsysim`` does not.
"""

from __future__ import annotations

import pint

# pint's own vocabulary is not loaded: there a bit, a byte and a count are all plain numbers, "year" is 365.25
# days and many a misspelt unit parses as a prefix and some unit of 1890. These lines are what the core
# understands. The thousands of bytes, bits and flop are spelled out because they are written KB and Kflop,
# where the SI prefix is k.
_definitions = """
femto- = 1e-15 = f-
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = u- = µ- = μ-
milli- = 1e-3 = m-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
peta- = 1e15 = P-
exa- = 1e18 = E-
zetta- = 1e21 = Z-
kibi- = 2**10 = Ki-
mebi- = 2**20 = Mi-
gibi- = 2**30 = Gi-
tebi- = 2**40 = Ti-
pebi- = 2**50 = Pi-

second = [time] = s = sec
minute = 60 * second = min
hour = 60 * minute = h = hr
day = 24 * hour = day = d
week = 7 * day
month = 30.4375 * day
year = 365 * day
hertz = 1 / second = Hz

byte = [data] = B
kilobyte = 1000 * byte = KB = kB
bit = byte / 8
kilobit = 1000 * bit = Kbit = kbit
bps = bit / second

flop = [work] = flop = op
kiloflop = 1000 * flop = Kflop = kflop
FLOPs = flop = FLOPs = FLOP = OP
FLOPS = flop / second = FLOPS = OPS

joule = [energy] = J
watt = joule / second = W
watt_hour = watt * hour = Wh
ampere = [current] = A
volt = watt / ampere = V
ampere_hour = ampere * hour = Ah

gCO2e = [carbon] = gCO2e = g = gram
tCO2e = 1e6 * gCO2e
USD = [currency] = USD = usd = dollar
litre = [water] = L = liter
token = [token]
meter = [length] = m = metre

count = []
param = []
Bparam = 1e9 * param
"""

#: The one registry of the package: quantities made by another registry do not mix with these.
ureg = pint.UnitRegistry(_definitions.splitlines())
ureg.formatter.default_format = "~P"  # "2.039 TB/s", not "2.039 terabyte / second"

#: ``Q_(3.35, "TB/s")`` or ``Q_("3.35 TB/s")``.
Q_ = ureg.Quantity


# A pickled pint quantity is read back by the reader's application-wide registry, which knows no flop. A
# library should not replace that registry, so a quantity of ours names this module instead: worker processes
# need no set-up.
def _quantity(magnitude, units: str):
    return Q_(magnitude, units)


def _unit(units: str):
    return ureg.Unit(units)


ureg.Quantity.__reduce__ = lambda self: (_quantity, (self.magnitude, f"{self.units:D}"))
ureg.Unit.__reduce__ = lambda self: (_unit, (f"{self:D}",))

__all__ = ["Q_", "ureg"]
