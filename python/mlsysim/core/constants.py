"""The original's constants, kept so that its documents run.

437 names (``H100_MEM_BW``, ``ENERGY_DRAM_ACCESS_PJ``, ``SEC_PER_DAY``…) and the units that its documents
write as bare words (``GB``, ``second``, ``TFLOPs``…), for ``from mlsysim.core.constants import *``. The
values are those of mlsysim 0.1.1. Latencies, links and energies of operations are figures of the catalog under the assumptions
``mlsysim-0.1``; the others stand in ``constants.json`` beside this file. They are not the catalog: what this package computes with
comes from ``data/``, where every figure has a source, and the two differ where the original rounded or was wrong.

Three things are not as they were:

- ``ENERGY_FLOP_*_PJ`` is the energy of one operation (pJ, there pJ/flop), so that their
  ``.m_as(ureg.picojoule)`` works although a flop is no longer a plain number. ``ENERGY_DRAM_PJ_PER_BYTE``
  stays pJ/byte and refuses it: there it gave 20, the energy of a bit.
- ``CARBON_PER_GPU_HR_KG`` is a mass of CO2e, and ``USD`` is no longer a plain number.
- ``EUR`` is gone: it was one dollar.

Each access makes a new quantity, so that a document which converts one in place (``ito``) spoils nothing.
"""

from __future__ import annotations

import json
from importlib import resources

from mlsysim import _core
from mlsysim.core.provenance import TraceableConstant
from mlsysim.quantity import to_quantity
from mlsysim.units import Q_, ureg

_figures = json.loads(resources.files(__package__).joinpath("constants.json").read_text(encoding="utf-8"))

_units = {
    **{word: word for word in (
        "byte KB MB GB TB PB KiB MiB GiB TiB Gbps flop GFLOP TFLOP EFLOP MFLOPs GFLOPs TFLOPs PFLOPs EFLOPs "
        "ZFLOPs count param Mparam Bparam Tparam USD ms second hour day meter joule watt kilowatt milliwatt"
    ).split()},
    "KFLOPs": "kFLOPs", "Kparam": "kparam",
    "MS": "ms", "US": "us", "NS": "ns", "MILLISECOND": "ms", "MICROSECOND": "us", "NANOSECOND": "ns",
}  # fmt: skip

__all__ = ["Q_", "TraceableConstant", "ureg", *_units, *_figures]


def _made(figure):
    if not isinstance(figure, dict):
        return figure
    if "entry" in figure:  # a figure of the catalog, as the original has it
        kind, entry, path = figure["entry"]
        return to_quantity(_core.find(kind, entry).cell(path, "mlsysim-0.1"), figure["unit"])
    if "unit" in figure:
        return Q_(figure["value"], figure["unit"])
    if "citation" in figure:
        return TraceableConstant(**figure)
    return {key: _made(value) for key, value in figure.items()}


def __getattr__(name: str):
    if name in _figures:
        return _made(_figures[name])
    if name in _units:
        return ureg.Unit(_units[name])
    raise AttributeError(f"module {__name__!r} has no constant or unit {name!r}")


def __dir__():
    return sorted(__all__)
