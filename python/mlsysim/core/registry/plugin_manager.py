"""What installed packages offer under an entry-point group, and what a program registers itself."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from mlsysim.errors import nearest


class Registry:
    """Things by name: registered, or loaded from an entry-point group when they are first asked for."""

    def __init__(self, entry_point_group: str):
        self._group = entry_point_group
        self._items: dict[str, Any] = {}

    def _offered(self) -> dict[str, Any]:
        return {point.name: point for point in importlib.metadata.entry_points(group=self._group)}

    def register(self, name: str, item: Any) -> None:
        """Adds a thing, or replaces the one of that name."""
        self._items[name] = item

    def get(self, name: str) -> Any:
        """The thing of that name. Raises KeyError."""
        if name not in self._items and (point := self._offered().get(name)):
            self._items[name] = point.load()
        if name not in self._items:
            known = sorted({*self._items, *self._offered()})
            near = nearest(name, known)
            hint = f"; did you mean {near}?" if near else f"; it has {', '.join(known) or 'nothing'}"
            raise KeyError(f"{self._group} has no {name!r}{hint}")
        return self._items[name]

    def all(self) -> dict[str, Any]:
        """Every thing by its name. Raises what a package raises while it is loaded."""
        return {name: self.get(name) for name in sorted({*self._offered(), *self._items})}


hardware_registry = Registry("mlsysim.hardware")
model_registry = Registry("mlsysim.models")
constants_registry = Registry("mlsysim.constants")
solver_registry = Registry("mlsysim.solvers")
