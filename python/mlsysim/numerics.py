"""Number formats, levels of memory and network, and the energy of operations: entries of the catalog with their sources."""

from __future__ import annotations

from mlsysim import _core, assumptions  # noqa: F401  (assumptions tells the core which exceptions to raise)
from mlsysim.entities import Entity, entity
from mlsysim.registry import Registry

Formats = Registry("Formats", ("format",), "Formats.")
Levels = Registry("Levels", ("level",), "Levels.")
Operations = Registry("Operations", ("operation",), "Operations.")


def numeric_format(name: str) -> Entity:
    """The number format of that name: ``exponent_bits``, ``mantissa_bits``, ``max``, ``min``, ``min_normal``, ``stored_bits``…

    ``fp8`` is E4M3, ``fp6`` E3M2, ``fp4`` E2M1. Raises LookupError with the nearest name.
    """
    return entity(_core.find("format", name))


__all__ = ["Formats", "Levels", "Operations", "numeric_format"]
