"""The catalog as attribute paths: ``Hardware.Cloud.H100``, ``Hardware.H100``, ``Models.Llama3_8B``, ``Systems.Clusters.Research_256``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from mlsysim import _core, assumptions, errors
from mlsysim.entities import Entity, _fields, entity


class Registry:
    """Entries of some kinds by their path. A name is forgiving as everywhere: case, "-", "_" and "." do not matter."""

    def __init__(self, title: str, kinds: tuple[str, ...], group: str = ""):
        self._title, self._kinds, self._group = title, kinds, group

    @cached_property
    def _entries(self) -> dict[str, Entity]:
        entries = {}
        for kind in self._kinds:
            for row in _core.rows(kind):
                if row.registry.startswith(self._group):
                    entries[row.registry[len(self._group):]] = entity(row)
        return entries

    @cached_property
    def _groups(self) -> set[str]:
        return {path.split(".")[0] for path in self._entries if "." in path}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._groups:
            group = Registry(f"{self._title}.{name}", self._kinds, f"{self._group}{name}.")
            self.__dict__[name] = group
            return group
        if elsewhere := _ELSEWHERE.get(f"{self._title}.{name}"):
            return self.__dict__.setdefault(name, elsewhere())
        # A set of assumptions may give a name to another entry, so what was found is kept by set.
        found = self.__dict__.setdefault("_found", {})
        key = (name, assumptions.in_force())
        if key in found:
            return found[key]
        missed: Exception | None = None
        for kind in self._kinds:
            try:
                row = _core.find(kind, *key)
                if not row.registry.startswith(self._group):
                    raise AttributeError(f"{self._title} has no {name!r}: it is {self._title.partition('.')[0]}.{row.registry or row.id}")
                return found.setdefault(key, entity(row))
            except errors.LookupError as error:
                missed = missed if missed is not None and getattr(missed, "nearest", "") else error
        raise AttributeError(f"{self._title} has no {name!r}: {missed}") from None

    def __getitem__(self, name: str) -> Entity:
        """The entry with that name, id or alias, or of that file. Raises LookupError."""
        if len(self._kinds) == 1:
            return entity(_core.find(self._kinds[0], name, assumptions.in_force()))
        return getattr(self, name)

    def list(self, sort_by: str | None = None, reverse: bool = False) -> list[Entity]:
        """All entries; ordered by a figure such as "memory.bandwidth" where one is named, those without it last."""
        entries = list(self)
        if sort_by is None:
            return entries
        having = {kind for kind in self._kinds if sort_by in _fields(kind)}
        if not having:
            raise errors.InputError(f"{sort_by} is not a figure of {self._title}")
        found = [(e, e._row.cell(sort_by, assumptions.in_force()) if e.kind in having else None) for e in entries]
        stated = sorted((pair for pair in found if pair[1] is not None), key=lambda pair: pair[1], reverse=reverse)
        return [e for e, _ in stated] + [e for e, value in found if value is None]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __dir__(self) -> list[str]:
        leaves = {path.split(".")[-1] for path in self._entries}
        return sorted({"list", *self._groups, *(leaf for leaf in leaves if leaf.isidentifier())})

    def __repr__(self) -> str:
        return f"<{self._title}: {len(self)} entries; {', '.join(dir(self)[:12])}…>"


Hardware = Registry("Hardware", ("accelerator",))
Models = Registry("Models", ("model",))
Infra = Registry("Infra", ("grid",))
Systems = Registry("Systems", ("fleet", "node", "fabric", "storage"))
Datasets = Registry("Datasets", ("dataset",))


def _racks() -> Any:
    from mlsysim.illustrations import Group
    from mlsysim.infra.types import RackProfile

    return Group("Infra.Racks", "racks", RackProfile)


def _tiers() -> Any:
    from mlsysim.illustrations import Group
    from mlsysim.systems.types import DeploymentTier

    return Group("Systems.Tiers", "tiers", DeploymentTier)


#: Paths of the original that lead to another registry or group.
_ELSEWHERE = {
    "Hardware.Networks": lambda: Systems.Fabrics,
    "Hardware.Edge.Generic_Phone": lambda: Hardware.Mobile.iPhone15Pro,
    "Infra.Racks": _racks,
    "Systems.Tiers": _tiers,
    # A device for each tier.
    "Systems.Cloud": lambda: Hardware.Cloud.H100,
    "Systems.Edge": lambda: Hardware.Edge.JetsonOrinNX,
    "Systems.Mobile": lambda: Hardware.Mobile.iPhone15Pro,
    "Systems.Tiny": lambda: Hardware.Tiny.ESP32_S3,
}
