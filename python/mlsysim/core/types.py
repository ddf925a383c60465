"""Types that the original's classes are annotated with."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlsysim.errors import InputError
from mlsysim.units import Q_

#: A quantity with a unit.
Quantity = Q_


@dataclasses.dataclass(frozen=True)
class Metadata:
    """Where an entry comes from: an address, a sentence, the day it was looked at (year-month-day), a version."""

    source_url: str | None = None
    description: str | None = None
    last_verified: str | None = None
    version: str | None = None


def validate_quantity(value: Any) -> Any:
    """A quantity, from one, from text such as "80 GB", or from a number. Raises InputError."""
    if isinstance(value, Q_):
        return value
    if isinstance(value, (int, float, str)):
        try:
            return Q_(value)
        except Exception as error:
            raise InputError(f"{value!r} is not a quantity: {error}") from None
    raise InputError(f"{value!r} is not a quantity but a {type(value).__name__}")


def serialize_quantity(value: Any) -> str:
    """A quantity as short text that ``validate_quantity`` reads back."""
    return f"{value:~P}"
