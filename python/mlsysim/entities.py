"""Entries of the catalog as objects: ``Hardware.H100.memory.bandwidth`` is a quantity, None where nothing is stated."""

from __future__ import annotations

import dataclasses
import html
import json
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from mlsysim import _core, assumptions
from mlsysim.quantity import from_python, to_quantity


@cache
def _fields(kind: str) -> dict[str, dict[str, Any]]:
    return {field["path"]: field for field in _core.entry_fields(kind)}


#: Counts that are quantities in Python, in ``param``: plain numbers with a unit to write them in.
_PARAMETERS = frozenset(("parameters", "active_parameters"))


_BYTES = (("TB", 1e12), ("GiB", 2**30), ("GB", 1e9), ("MiB", 2**20), ("MB", 1e6), ("KiB", 2**10))


def _unit_of(unit: str, value: float) -> str:
    """The unit that a figure is shown in: of a memory, that in which it is the shortest number (80 GiB, 141 GB, 512 KiB)."""
    if unit in ("GiB", "MiB"):
        return min((len(f"{value / size:.12g}"), i, name) for i, (name, size) in enumerate(_BYTES) if value >= size or name == "KiB")[2]
    return unit or "param"


class _Group:
    """The figures under one prefix: ``hardware.memory``."""

    __slots__ = ("_entity", "_prefix")

    def __init__(self, entity: Entity, prefix: str):
        self._entity, self._prefix = entity, prefix

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._entity._look_up(self._prefix + name)

    def model_copy(self, update: dict[str, Any] | None = None) -> Any:
        """The group as it stands in a copy of its entry: ``h100.memory.model_copy(update={"bandwidth": "8 TB/s"})``."""
        changed = self._entity.model_copy(update={self._prefix + name: value for name, value in (update or {}).items()})
        return type(self)(changed, self._prefix)

    def __dir__(self) -> list[str]:
        paths = _fields(self._entity.kind)
        return sorted({path[len(self._prefix):].split(".")[0] for path in paths if path.startswith(self._prefix)})

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in dir(self))
        return f"{self._prefix.rstrip('.')}({shown})"


class Entity:
    """An entry of the catalog, or one that Python code builds. Immutable.

    Figures of the catalog are those of the set of assumptions in force when they are looked at; what Python code builds
    keeps those that were in force when it was built.
    """

    __slots__ = ("_row", "_said")
    _kind = ""
    #: Another name of a figure, in the original: the figure's path.
    _names: dict[str, str] = {}

    @classmethod
    def _of(cls, row: Any, said: dict[str, Any] | None = None) -> Any:
        """The object of a row; `said` is what its constructor was told that no answer depends on."""
        made = object.__new__(cls)
        object.__setattr__(made, "_row", row)
        object.__setattr__(made, "_said", said or {})
        return made

    def _build(self, name: str, given: dict[str, Any], parts: dict[str, Entity] | None = None) -> None:
        """What a constructor does: figures by the original's names, entries under a prefix."""
        from mlsysim.errors import InputError

        for prefix, held in (parts or {}).items():
            if getattr(held, "kind", None) != prefix:
                raise InputError(f"{prefix} must be {'an' if prefix[0] == 'a' else 'a'} {prefix} of the catalog or an object like it, not {held!r}")
        figures, said = self._read(given)
        values = {path: _cell(self._kind, path, value, bare=False) for path, value in figures.items()}
        rows = {prefix: part._row.under(assumptions.in_force()) for prefix, part in (parts or {}).items()}
        object.__setattr__(self, "_row", _core.make(self._kind, name, values, None, rows))
        object.__setattr__(self, "_said", {**said, **(parts or {})})

    @classmethod
    def _read(cls, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Arguments by the original's names as figures by path, and what is no figure."""
        figures, said = {}, {}
        for name, value in given.items():
            if name in ("metadata", "lat", "lon"):
                if value is not None:
                    said[name] = value
            elif isinstance(value, _Group):
                prefix = name + "."
                figures |= {path: value._entity._stated(path) for path in _fields(cls._kind) if path.startswith(prefix)}
            else:
                figures[cls._names.get(name, name)] = value
        return figures, said

    def _stated(self, path: str) -> Any:
        """A figure as `_cell` takes it: None, a quantity, a word."""
        return self._look_up(path)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("an entry is frozen: use model_copy(update={...})")

    @property
    def id(self) -> str:
        return self._row.id

    @property
    def kind(self) -> str:
        return self._row.kind

    @property
    def name(self) -> str:
        return self._row.under(assumptions.in_force()).name

    def _look_up(self, path: str) -> Any:
        field = _fields(self.kind).get(path)
        if field is None:
            if any(known.startswith(path + ".") for known in _fields(self.kind)):
                return _Group(self, path + ".")
            raise AttributeError(f"{self.kind} {self.id} has no figure {path!r}")
        value = self._row.cell(path, assumptions.in_force())
        if type(value) is not float:
            return value
        if field["unit"] or path in _PARAMETERS:
            return to_quantity(value, _unit_of(field["unit"], value))
        return int(value) if field["whole"] or path == "release_year" else value

    @property
    def metadata(self) -> Any:
        """Where it comes from, as the original has it: what a constructor was told, else the source of its first stated figure.

        ``figure(path)`` has the source of each.
        """
        from mlsysim.core.types import Metadata

        if (told := self._said.get("metadata")) is not None:
            return Metadata(**told) if isinstance(told, dict) else told
        for path in _fields(self.kind):
            figure = self.figure(path)
            if figure["url"]:
                return Metadata(figure["url"], figure["source"], figure["read"])
        return Metadata()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._said:
            return self._said[name]
        return self._look_up(self._names.get(name, name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(path.split(".")[0] for path in _fields(self.kind))})

    def figure(self, path: str) -> dict[str, Any]:
        """A figure with where it comes from: value (base units), kind, source, url, where, read, note, low, high."""
        if path not in _fields(self.kind):
            raise AttributeError(f"{self.kind} {self.id} has no figure {path!r}")
        return self._row.figure(path, assumptions.in_force())

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """(path, value) of everything that is stated."""
        for path in _fields(self.kind):
            if (value := self._look_up(path)) is not None:
                yield path, value

    def model_copy(self, update: dict[str, Any] | None = None) -> Any:
        """A copy with some figures replaced: ``h100.model_copy(update={"memory.bandwidth": "8 TB/s"})``.

        Keys are paths, arguments of the constructor, or ``name``; values are quantities, text with a unit, plain numbers in
        the figure's own unit, or None to leave the figure unstated. Raises InputError for an unknown path, a wrong unit or a
        value out of range.
        """
        update = dict(update or {})
        name = update.pop("name", self.name)
        parts = {key: value for key, value in update.items() if isinstance(value, Entity)}
        figures, said = self._read({key: value for key, value in update.items() if key not in parts})
        values = {path: _cell(self.kind, path, value) for path, value in figures.items()}
        rows = {prefix: part._row.under(assumptions.in_force()) for prefix, part in parts.items() if self._holds(prefix)}
        row = _core.make(self.kind, name, values, self._row.under(assumptions.in_force()), rows)
        return type(self)._of(row, {**self._said, **said, **parts})

    def _holds(self, prefix: str) -> bool:
        return any(path.startswith(prefix + ".") for path in _fields(self.kind))

    def model_dump(self) -> dict[str, Any]:
        """Every figure that is stated, nested by its path: ``{"name": …, "memory": {"bandwidth": …}}``."""
        dumped: dict[str, Any] = {"name": self.name}
        for path, value in self:
            *groups, last = path.split(".")
            within = dumped
            for group in groups:
                within = within.setdefault(group, {})
            within[last] = value
        return dumped

    def model_dump_json(self, indent: int | None = None) -> str:
        """The same as JSON; quantities are text with their unit, as constructors take them."""
        return json.dumps(self.model_dump(), default=str, indent=indent)

    def to_dict(self) -> dict[str, Any]:
        """The entry with every figure and its source."""
        return json.loads(self._row.to_json(assumptions.in_force()))

    def __copy__(self) -> Entity:
        return self  # frozen

    def __deepcopy__(self, memo: Any) -> Entity:
        return self

    def __reduce__(self) -> Any:
        # To another process: by its name, or as the figures that Python code gave.
        if not self._row.own:
            return _found, (self.kind, self.id)
        return _rebuilt, (type(self), self.name, {path: self._row.cell(path) for path in _fields(self.kind)}, self._said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self._row == other._row and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.kind, self._row.name))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def _repr_html_(self) -> str:
        rows = ""
        for path, value in self:
            figure = self.figure(path)
            cells = (path, value, figure["kind"], " ".join(filter(None, (figure["source"], figure["where"]))))
            rows += "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"
        return f"<table><caption>{html.escape(self.name)}</caption>{rows}</table>"


def _found(kind: str, id: str) -> Entity:
    return entity(_core.find(kind, id))


def _rebuilt(made: type[Entity], name: str, values: dict[str, Any], said: dict[str, Any]) -> Entity:
    stated = {path: value for path, value in values.items() if value is not None}
    return made._of(_core.make(made._kind, name, stated, None), said)


def _cell(kind: str, path: str, value: Any, bare: bool = True) -> Any:
    """A value of Python in the core's base units, for a figure of this kind of entry; `bare` lets a number lack its unit."""
    from mlsysim.errors import InputError, nearest

    field = _fields(kind).get(path)
    if field is None:
        near = nearest(path, _fields(kind))
        hint = f"; did you mean {near}?" if near else f": {', '.join(_fields(kind))}"
        raise InputError(f"{path} is not a field of {kind}{hint}")
    if value is None or field["kind"] == "choice":
        return value
    if isinstance(value, str):
        parsed = _core.parse(value) or _by_pint(value)
        if parsed is None:
            raise InputError(f"{path}: {value!r} is not a quantity in {field['unit'] or 'plain numbers'}")
        base, dimension = parsed
    else:
        base, dimension = from_python(value)
    if not math.isfinite(base):
        raise InputError(f"{path} = {value} is out of range: {field['range']}")
    if dimension == "number" and field["unit"]:
        if not bare:
            raise InputError(f"{path} = {value} has no unit; expected a quantity, or text in {field['unit']}")
        return float(to_base(base, field["unit"]))
    if dimension not in ("number", field["dimension"]):
        raise InputError(f"{path} is in {dimension}, expected {field['unit'] or 'a plain number'}")
    return base


def _by_pint(text: str) -> tuple[float, str] | None:
    """Text in a unit that only Python knows: "50 Mparam", "19 TB/hour"."""
    import pint

    from mlsysim.units import Q_

    try:
        return from_python(Q_(text))
    except (pint.PintError, AssertionError, TypeError, ValueError):  # what pint raises for text that is no quantity
        return None


def part(made: type, name: str, value: Any) -> Any:
    """A part that a constructor takes: an object of its class, or a dict of its arguments."""
    from mlsysim.errors import InputError, nearest

    if isinstance(value, made):
        return value
    known = [field.name for field in dataclasses.fields(made)]
    if not isinstance(value, dict):
        raise InputError(f"{name} must be a {made.__name__} or a dict of {', '.join(known)}, not {type(value).__name__}")
    for key in value:
        if key not in known:
            near = nearest(key, known)
            raise InputError(f"{name}.{key} is not one of {', '.join(known)}" + (f"; did you mean {near}?" if near else ""))
    missing = [f.name for f in dataclasses.fields(made) if f.name not in value and f.default is f.default_factory is dataclasses.MISSING]
    if missing:
        raise InputError(f"{name}.{missing[0]} is missing")
    return made(**value)


def to_base(value: float, unit: str) -> float:
    """A number in a unit of the catalog, in base units."""
    return _core.parse(f"{value!r} {unit}")[0]


@cache
def _classes() -> dict[str, Any]:
    from mlsysim.hardware.types import HardwareNode
    from mlsysim.infra.types import GridProfile
    from mlsysim.models.types import workload_class
    from mlsysim.systems.types import Fleet, NetworkFabric, Node

    return {"accelerator": HardwareNode, "model": workload_class, "grid": GridProfile, "node": Node, "fabric": NetworkFabric,
            "fleet": Fleet}


def entity(row: Any) -> Entity:
    """The object of a row."""
    found = _classes().get(row.kind, Entity)
    return (found if isinstance(found, type) else found(row))._of(row)
