"""Who answers for a system, and how many of it there are. They stand in ``data/personas.json`` of the package."""

from __future__ import annotations

import dataclasses

from mlsysim.errors import LookupError, nearest
from mlsysim.illustrations import Group, figures


@dataclasses.dataclass(frozen=True)
class Persona:
    """name, role, description, primary_constraint  words
    scale_factor   how many devices; a scenario on a fleet keeps the fleet
    unit_of_scale  what so many are called
    """

    name: str
    role: str
    description: str
    scale_factor: float
    primary_constraint: str
    unit_of_scale: str


class _Personas(Group):
    def get(self, key: str) -> Persona:
        """The persona of "cloud", "edge", "mobile" or "tiny". Raises LookupError."""
        by_key = {entry["key"]: name for name, entry in figures("personas").items()}
        if key.lower() not in by_key:
            error = LookupError(f"no persona is called {key!r}: {', '.join(by_key)}")
            error.argument, error.nearest = "persona", nearest(key.lower(), by_key)
            raise error
        return getattr(self, by_key[key.lower()])


Personas = _Personas("Personas", "personas", Persona)
