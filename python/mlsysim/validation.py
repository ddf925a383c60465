"""Predictions beside what was measured: :func:`validate`."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from os import PathLike, fspath
from typing import Any

from mlsysim import (
    _core,
    assumptions,  # noqa: F401  (sets the classes that errors are raised as)
)


@dataclass(frozen=True)
class Group:
    """Rows of one class of engines, or of training stacks, in one regime.

    rows, predicted              how many rows there are, and how many of them could be predicted
    median_ape, p90_ape          of the absolute error, in percent of the measured figure
    bias                         median of predicted over measured, less 1, in percent
    coverage                     share of the rows inside their 90 % band
    half_width                   median of what a band reaches to a side, in percent
    interval_score               mean of ln: width of the band, and 20 times what a row is outside it
    naive_median_ape, naive_p90_ape         the same errors of a roofline alone, of training of a constant share of the peak
    original_median_ape, original_p90_ape   of the original package, on the ``original_rows`` that it answers
    """

    group: str
    metric: str
    engine: str
    regime: str
    rows: int
    predicted: int
    median_ape: float | None
    p90_ape: float | None
    bias: float | None
    coverage: float | None
    half_width: float | None
    interval_score: float | None
    naive_median_ape: float | None
    naive_p90_ape: float | None
    original_rows: int
    original_median_ape: float | None
    original_p90_ape: float | None
    band: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One measurement: ``measured``, ``predicted`` and the 90 % band from ``low`` to ``high`` in ``unit``, or a ``reason``.

    ``ape`` is the absolute error in percent; ``naive`` what a roofline alone predicts (of training a constant share of the
    peak), ``original`` what the original package does; ``assumed_factor`` how far what is not stated may move the prediction, by
    which the band is wider; of training, ``missing`` names what that is.
    """

    id: str
    file: str
    line: int
    group: str | None
    metric: str | None
    measured_metric: str
    measured: float | None
    predicted: float | None
    low: float | None
    high: float | None
    ape: float | None
    naive: float | None
    original: float | None
    unit: str | None
    model: str
    chip: str
    source: str
    assumed_factor: float | None
    missing: str
    complete: bool
    reason: str | None
    nearest: str | None


@dataclass(frozen=True)
class Validation:
    """What :func:`validate` found. ``counts`` has rows, predicted, not_predicted, unreadable, complete, complete_predicted.

    ``training`` counts rows of training run by run: runs, those predicted, those with everything stated (complete), or all
    but what is computed again (settled), rows whose run
    another one stands for (repeated), configurations that ran and those of them said to fit, and how predictions rank layouts of one
    model on one kind of chip (Spearman's correlation: median and mean over ``rankings`` sets of four and more).
    """

    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    counts: Mapping[str, int]
    training: Mapping[str, float]
    unreadable: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "training": dict(self.training),
            "groups": [asdict(group) for group in self.groups],
            "rows": [asdict(row) for row in self.rows],
            "unreadable": list(self.unreadable),
        }

    def to_json(self, indent: int | None = None) -> str:
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (g.group, str(g.predicted), _percent(g.median_ape), _percent(g.p90_ape), _percent(g.bias),
             _percent(None if g.coverage is None else 100 * g.coverage), _percent(g.naive_median_ape))
            for g in self.groups
        ]  # fmt: skip

    def __repr__(self) -> str:
        lines = "".join(f"\n  {name}: {n} rows, {median} / {p90}" for name, n, median, p90, *_ in self._cells())
        return f"{self.counts['predicted']} of {self.counts['rows']} measurements predicted; median / p90 error{lines}"

    def _repr_html_(self) -> str:
        head = ("group", "n", "median", "p90", "bias", "in band", "naive")
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>" for line in self._cells()
        )
        return f"<table><tr>{''.join(f'<th>{h}</th>' for h in head)}</tr>{rows}</table>"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} %"


def validate(path: str | PathLike[str] | None = None) -> Validation:
    """Predicts every row of a file of measurements, or without one the published rows that ship.

    The columns are those of docs/measurement-format.md (``mlsysim schema measurement``). A row that can't be predicted has a
    ``reason``; rows that can't be read are in ``unreadable``. Raises ``DataError`` where nothing could be read.
    """
    found = json.loads(_core.validate("" if path is None else fspath(path)))
    return Validation(
        groups=tuple(Group(**{**g, "sources": tuple(g["sources"])}) for g in found["groups"]),
        rows=tuple(Row(**row) for row in found["rows"]),
        counts=found["counts"],
        training=found["training"],
        unreadable=tuple(found["unreadable"]),
    )
