"""Numbers in prose: the digits, the exponent or the equation that a document prints.

Every function takes a plain number or a quantity and returns text. What would print a figure as zero that is
not zero is refused, so a sentence can't come to say "0.0 TB/s" when a figure changes; ``allow_zero=True``
permits it.

``md``, ``md_frac``, ``md_sci`` and ``md_math`` return ``Markdown``: a string that a notebook or Quarto
renders.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

__all__ = [
    "Markdown", "check", "display_fraction", "display_percent", "display_value", "fmt", "fmt_full",
    "fmt_percent", "fmt_split", "md", "md_frac", "md_math", "md_sci", "sci", "sci_latex",
]  # fmt: skip


class Markdown(str):
    """Text that a notebook renders as Markdown; anywhere else it is the string it is. Needs no IPython."""

    def _repr_markdown_(self) -> str:
        return str(self)


def _is_quantity(value: Any) -> bool:
    return hasattr(value, "m_as")  # not isinstance: that would import pint to print a plain number


def _number(value: Any, unit: Any = None) -> float:
    """The magnitude in ``unit``, or in its own; a plain number is already in ``unit``."""
    if _is_quantity(value):
        value = value.magnitude if unit is None else value.m_as(unit)
    if not isinstance(value, Real):
        raise TypeError(f"expected one number or quantity, got {type(value).__name__}")
    return float(value)


def _unit_text(quantity: Any) -> str:
    return f"{quantity.units:~P}"


def fmt(quantity, unit=None, precision: int = 1, commas: bool = True, allow_zero: bool = False) -> str:
    """The digits of a figure, without its unit: ``fmt(Q_("3.35 TB/s"), "GB/s", 0)`` is ``"3,350"``.

    quantity    a number or a quantity
    unit        the unit to print a quantity in ("TB/s" or a pint unit); its own when left out. A plain number
                is taken to be in that unit already
    precision   digits after the point, 0 or more
    commas      separate thousands
    allow_zero  print a figure that rounds to zero as zero

    Raises ``ValueError`` where a figure that is not zero would print as zero, ``TypeError`` for what is not a
    number, ``pint.DimensionalityError`` for a unit of another dimension.
    """
    number = _number(quantity, unit)
    text = f"{number:{',' if commas else ''}.{precision}f}"
    if number != 0 and not allow_zero and not any("1" <= c <= "9" for c in text) and math.isfinite(number):
        raise ValueError(
            f"Formatting Precision Error: {number:.4g} would print as {text}; "
            f"raise precision (it is {precision}) or pass allow_zero=True"
        )
    return text


def fmt_percent(ratio, precision: int = 1, commas: bool = False) -> str:
    """A ratio in per cent, without the sign: ``fmt_percent(0.4567)`` is ``"45.7"``. Raises like ``fmt``."""
    return fmt(_number(ratio, "" if _is_quantity(ratio) else None) * 100, precision=precision, commas=commas)


def fmt_split(quantity, precision: int = 1, commas: bool = True) -> tuple[str, str]:
    """A quantity's digits and its unit: ``("2,039.0", "GB/s")``.

    Raises ``TypeError`` for a plain number, else like ``fmt``.
    """
    if not _is_quantity(quantity):
        raise TypeError(f"{quantity!r} has no unit to print; fmt() prints a plain number")
    return fmt(quantity, precision=precision, commas=commas), _unit_text(quantity)


def fmt_full(quantity, precision: int = 1, commas: bool = True) -> str:
    """A quantity with its unit: ``"2,039.0 GB/s"``. Raises like ``fmt_split``."""
    return " ".join(fmt_split(quantity, precision, commas)).rstrip()


def _mantissa_and_exponent(value, precision: int) -> tuple[str, int] | None:
    number = _number(value)
    if not math.isfinite(number):
        return None
    mantissa, exponent = f"{number:.{precision}e}".split("e")
    return mantissa, int(exponent)


_superscripts = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sci(val, precision: int = 2) -> str:
    """Scientific notation in plain text: ``sci(4.1e9)`` is ``"4.10 × 10⁹"``. Of a quantity, its magnitude."""
    parts = _mantissa_and_exponent(val, precision)
    if parts is None:
        return str(_number(val))
    return f"{parts[0]} × 10{str(parts[1]).translate(_superscripts)}"


def sci_latex(val, precision: int = 2) -> str:
    r"""The same for LaTeX, without dollar signs: ``sci_latex(4.1e9)`` is ``4.10 \times 10^{9}``."""
    parts = _mantissa_and_exponent(val, precision)
    if parts is None:
        return rf"\text{{{_number(val)}}}"
    return rf"{parts[0]} \times 10^{{{parts[1]}}}"


def md(latex_str: str) -> Markdown:
    """Text that is Markdown already."""
    return Markdown(latex_str)


def md_math(expression: str) -> Markdown:
    """An equation in LaTeX, given without its dollar signs."""
    return Markdown(f"${expression}$")


def md_sci(val, precision: int = 2) -> Markdown:
    """``sci_latex`` as an equation."""
    return md_math(sci_latex(val, precision))


def md_frac(numerator, denominator, result=None, unit=None) -> Markdown:
    r"""A fraction and what it comes to: ``md_frac("a", "b", "0.5", "s")`` is ``$\frac{a}{b}$ = 0.5 s``.

    Raises ``ValueError`` for a unit without a result.
    """
    if unit is not None and result is None:
        raise ValueError("md_frac: a unit needs a result to stand behind")
    text = md_math(rf"\frac{{{numerator}}}{{{denominator}}}")
    if result is not None:
        text += f" = {result}"
    if unit is not None:
        text += f" {unit}"
    return Markdown(text)


def display_value(value, unit=None, precision: int = 1, commas: bool = True) -> dict:
    """``{"value": value, "str": its digits}``, for arithmetic and for prose. Raises like ``fmt``."""
    return {"value": value, "str": fmt(value, unit, precision, commas)}


def display_percent(ratio, precision: int = 0) -> dict:
    """``{"value": ratio, "str": per cent, "math": the same as an equation}``. Raises like ``fmt``."""
    text = fmt_percent(ratio, precision)
    return {"value": ratio, "str": text, "math": md_math(rf"{text}\%")}


def display_fraction(numerator, denominator, result=None, unit=None, precision: int = 2) -> dict:
    """``{"value": numerator / denominator, "str": result, "frac": the equation}``.

    result  what the equation ends in; the value's digits when left out
    unit    what stands behind it; where the value is a quantity also the unit it is printed in, its own when
            left out

    Raises ``ZeroDivisionError``, and like ``fmt``.
    """
    value = numerator / denominator
    if result is None:
        result = fmt(value, unit, precision)
        if unit is None and _is_quantity(value):
            unit = _unit_text(value) or None
    frac = md_frac(sci_latex(numerator, precision), sci_latex(denominator, precision), result, unit)
    return {"value": value, "str": result, "frac": frac}


def check(condition, message: str) -> None:
    """Stops a document whose figures no longer bear out its text: ``ValueError`` unless ``condition``."""
    if not condition:
        raise ValueError(f"Narrative broken: {message}")
