"""Entries of the catalog as objects: ``Hardware.H100.memory.bandwidth`` is a quantity, None where nothing is stated."""

from __future__ import annotations

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


class _Group:
    """The figures under one prefix: ``hardware.memory``."""

    __slots__ = ("_entity", "_prefix")

    def __init__(self, entity: Entity, prefix: str):
        self._entity, self._prefix = entity, prefix

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._entity._look_up(self._prefix + name)

    def __dir__(self) -> list[str]:
        paths = _fields(self._entity.kind)
        return sorted({path[len(self._prefix):].split(".")[0] for path in paths if path.startswith(self._prefix)})

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in dir(self))
        return f"{self._prefix.rstrip('.')}({shown})"


class Entity:
    """An entry of the catalog. Immutable; its figures are those of the set of assumptions in force."""

    __slots__ = ("_row",)

    def __init__(self, row: Any):
        object.__setattr__(self, "_row", row)

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
        if field["unit"]:
            return to_quantity(value, field["unit"])
        return int(value) if field["whole"] else value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._look_up(name)

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

        Keys are paths or ``name``; values are quantities, text with a unit, plain numbers in the figure's own unit, or None
        to leave the figure unstated. Raises InputError for an unknown path, a wrong unit or a value out of range.
        """
        update = dict(update or {})
        name = update.pop("name", self.name)
        values = {path: _cell(self.kind, path, value) for path, value in update.items()}
        return type(self)(_core.make(self.kind, name, values, self._row.under(assumptions.in_force())))

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
        return _rebuilt, (self.kind, self.name, {path: self._row.cell(path) for path in _fields(self.kind)})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self._row == other._row

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


def _rebuilt(kind: str, name: str, values: dict[str, Any]) -> Entity:
    return entity(_core.make(kind, name, {path: value for path, value in values.items() if value is not None}, None))


def _cell(kind: str, path: str, value: Any) -> Any:
    """A value of Python in the core's base units, for a figure of this kind of entry."""
    from mlsysim.errors import InputError

    field = _fields(kind).get(path)
    if field is None:
        raise InputError(f"{path} is not a field of {kind}: {', '.join(_fields(kind))}")
    if value is None or field["kind"] == "choice":
        return value
    if isinstance(value, str):
        parsed = _core.parse(value)
        if parsed is None:
            raise InputError(f"{path}: {value!r} is not a quantity in {field['unit'] or 'plain numbers'}")
        base, dimension = parsed
    else:
        base, dimension = from_python(value)
    if not math.isfinite(base):
        raise InputError(f"{path} = {value} is out of range: {field['range']}")
    if dimension == "number" and field["unit"]:
        return float(to_base(base, field["unit"]))
    if dimension not in ("number", field["dimension"]):
        raise InputError(f"{path} is in {dimension}, expected {field['unit'] or 'a plain number'}")
    return base


def to_base(value: float, unit: str) -> float:
    """A number in a unit of the catalog, in base units."""
    return _core.parse(f"{value!r} {unit}")[0]


class _Compute(_Group):
    """Rates by number format, with the names of the original: ``peak_flops`` is that of 16-bit arithmetic."""

    __slots__ = ()
    _formats = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int8", "int4")

    def peak(self, precision: str) -> Any:
        """The dense rate of a format's own unit, None where the device states none."""
        return self._entity._look_up(f"compute.{precision}_dense")

    @property
    def peak_flops(self) -> Any:
        """The dense 16-bit rate; of a device without 16-bit arithmetic, that of the first format it states."""
        for precision in ("fp16", "bf16", "fp32", "int8"):
            if (rate := self.peak(precision)) is not None:
                return rate
        return None

    @property
    def precision_flops(self) -> dict[str, Any]:
        return {p: rate for p in self._formats if (rate := self.peak(p)) is not None}


class HardwareNode(Entity):
    """A device that computes."""

    __slots__ = ()

    @property
    def compute(self) -> _Compute:
        return _Compute(self, "compute.")

    @property
    def tdp(self) -> Any:
        return self._look_up("power.tdp")

    def ridge_point(self) -> Any:
        """Peak over bandwidth: the intensity at which the device turns compute-bound at its full rates [flop/byte]."""
        return (self.compute.peak_flops / self.memory.bandwidth).to("flop/byte")


class Workload(Entity):
    """A trained network."""

    __slots__ = ()

    @property
    def kv_bytes_per_token(self) -> Any:
        """Bytes that one token adds to a 16-bit cache, over the layers that keep every token [byte]."""
        layers = self._look_up("attention_layers")
        elements = self._look_up("kv_elements")
        return None if layers is None or elements is None else to_quantity(2.0 * layers * elements, "B")


classes: dict[str, type[Entity]] = {"accelerator": HardwareNode, "model": Workload}


def entity(row: Any) -> Entity:
    """The object of a row."""
    return classes.get(row.kind, Entity)(row)
