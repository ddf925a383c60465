"""Tiers, racks, personas and scenarios: illustrations, kept in ``data/`` beside this file with their ranges and reasons.

No wall asks for them, so they are not entries of the catalog. A figure in these files is written as in the catalog: value, kind,
range, source, where.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from mlsysim.errors import nearest


@cache
def figures(name: str) -> dict[str, dict[str, Any]]:
    """The file of that name, figures with where they come from."""
    return json.loads(resources.files("mlsysim").joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def values(name: str, entry: str) -> dict[str, Any]:
    """One entry: figures as quantities, as plain numbers where they have no unit."""
    return {key: _value(value) for key, value in figures(name)[entry].items()}


def _value(figure: Any) -> Any:
    if not isinstance(figure, dict):
        return figure
    value = figure["value"]
    if not isinstance(value, str):
        return value
    from mlsysim.units import Q_

    return Q_(value)


class Group:
    """The entries of one file as attributes, made when they are looked at."""

    def __init__(self, title: str, name: str, make: Any):
        self._title, self._name, self._make = title, name, make
        self._made: dict[str, Any] = {}

    def __getattr__(self, entry: str) -> Any:
        if entry.startswith("_"):
            raise AttributeError(entry)
        if entry not in figures(self._name):
            near = nearest(entry, figures(self._name))
            raise AttributeError(f"{self._title} has no {entry!r}" + (f"; did you mean {near}?" if near else ""))
        key = self._key(entry)
        if key not in self._made:
            self._made[key] = self._make(**{k: v for k, v in values(self._name, entry).items() if k != "key"})
        return self._made[key]

    def _key(self, entry: str) -> Any:
        return entry

    def __iter__(self):
        return (getattr(self, entry) for entry in figures(self._name))

    def list(self) -> list[Any]:
        """All entries, in the order of the file."""
        return list(self)

    def __dir__(self) -> list[str]:
        return sorted({*figures(self._name), "list"})

    def __repr__(self) -> str:
        return f"<{self._title}: {', '.join(figures(self._name))}>"
