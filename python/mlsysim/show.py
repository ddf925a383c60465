"""Plain-text tables for notebooks and terminals: ``table``, ``info``, ``banner``.

Numbers and quantities come out short, to four digits: 0.008999051 s prints as ``8.999 ms``, 153.01618 as
``153.0``. Text and whole numbers print as they are, so format a cell yourself to decide it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

__all__ = ["banner", "format_value", "info", "table"]

_digits = 4


def _exponent(number: float) -> int:
    """Of the leading digit once rounded: 2 for 999.94, 3 for 999.96."""
    return int(f"{number:.{_digits - 1}e}".partition("e")[2])


def _short(number: float) -> str:
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    exponent = _exponent(number)
    if not -4 <= exponent < 15:
        return f"{number:.{_digits}g}"
    if exponent >= _digits - 1:
        return f"{number:,.0f}"
    whole, _, decimals = f"{number:.{_digits - 1 - exponent}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"  # 312.0 keeps its point: it is a measure, not a count


_prefixes = {
    -12: "pico", -9: "nano", -6: "micro", -3: "milli", 0: "",
    3: "kilo", 6: "mega", 9: "giga", 12: "tera", 15: "peta", 18: "exa",
}  # fmt: skip
# The units that may be given a prefix, and the powers of ten between which it reads well: no kiloseconds, no
# millibytes.
_prefixable = {
    "second": (-12, 0), "joule": (-12, 18), "watt": (-12, 18),
    "byte": (0, 18), "bit": (0, 18), "flop": (0, 18), "FLOPs": (0, 18),
}  # fmt: skip


def _in_readable_unit(quantity: Any) -> Any:
    """With a prefix, where the unit has none: one that has a prefix was chosen by somebody, and stays."""
    powers = dict(quantity.unit_items())
    name = next((name for name, power in powers.items() if power == 1 and name in _prefixable), None)
    magnitude = float(quantity.magnitude)
    if name is None or any((n, p) not in ((name, 1), ("second", -1)) for n, p in powers.items()):
        return quantity
    if magnitude == 0 or not math.isfinite(magnitude):
        return quantity
    low, high = _prefixable[name]
    prefix = _prefixes[min(max(3 * (_exponent(magnitude) // 3), low), high)]
    return quantity.to(f"{prefix}{name}" + (" / second" if len(powers) == 2 else ""))


def format_value(value: Any) -> str:
    """One cell as ``table`` prints it. ``None`` is ``-``; an array or anything else is its ``str``."""
    if value is None:
        return "-"
    if hasattr(value, "m_as"):
        if not isinstance(value.magnitude, Real):
            return str(value)
        value = _in_readable_unit(value)
        number = value.magnitude
        text = f"{number:,}" if isinstance(number, Integral) else _short(float(number))
        return f"{text} {value.units:~P}".rstrip()
    if isinstance(value, Real) and not isinstance(value, Integral):
        return _short(float(value))
    return str(value)


_numeric_text = re.compile(r"[-+~≈<>≤≥±$]*\s*\.?\d")


def _is_numeric(value: Any) -> bool:
    if isinstance(value, str):
        return _numeric_text.match(value) is not None
    return hasattr(value, "m_as") or (isinstance(value, Real) and not isinstance(value, bool))


def table(
    headers: Sequence[Any], rows: Iterable[Sequence[Any]], alignments: Sequence[str] | None = None
) -> None:
    """Prints a table with aligned columns.

    headers     one text per column
    rows        the cells, left to right: text, numbers or quantities (see ``format_value``); a short row is
                filled up
    alignments  "<", ">" or "^" per column, as a string ("<>>") or a list; a column without one is set to the
                right where a cell is a number or begins with one, else to the left

    Raises ``ValueError`` for a row or alignments longer than the headers, and for another alignment.
    """
    rows = [list(row) for row in rows]
    count = len(headers)
    for i, row in enumerate(rows, 1):
        if len(row) > count:
            raise ValueError(f"table: row {i} has {len(row)} cells under {count} headers")
    alignments = list(alignments or ())
    if len(alignments) > count or any(a not in ("<", ">", "^") for a in alignments):
        raise ValueError(f"table: alignments must be at most {count} of '<', '>' and '^', got {alignments}")
    for column in range(len(alignments), count):
        numeric = any(_is_numeric(row[column]) for row in rows if column < len(row))
        alignments.append(">" if numeric else "<")

    text = [[format_value(cell) for cell in row] + [""] * (count - len(row)) for row in rows]
    heads = [str(header) for header in headers]
    widths = [max(map(len, column)) for column in zip(heads, *text, strict=True)]
    for line in [heads, ["-" * width for width in widths], *text]:
        cells = [f"{cell:{side}{width}}" for cell, side, width in zip(line, alignments, widths, strict=True)]
        print("  ".join(cells).rstrip())


def info(title: str | None = None, **fields: Any) -> None:
    """Prints a title and a line per field: its name with spaces, and its value as in ``table``."""
    if title is not None:
        print(f"-- {title} --")
    width = max(map(len, fields), default=0) + 1
    for name, value in fields.items():
        print(f"{name.replace('_', ' ') + ':':{width}}  {format_value(value)}")


def banner(text: str) -> None:
    """Prints a heading with an empty line before it."""
    print(f"\n=== {text} ===")
