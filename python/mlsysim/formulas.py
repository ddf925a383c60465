"""The laws one by one, by their own names: ``formulas.ring_all_reduce_time("1 GB", 8, "50 GB/s", "500 ns")``.

A formula takes its symbols by position or by name: a pint quantity, text with a unit, or a plain number in base
units (s, byte, byte/s, flop, flop/s, J, W, USD, token). It answers a quantity, or a float where the result has no
dimension. NumPy arrays broadcast. What is wrong raises ``InputError``: a name, a unit, a range, a value that does not exist.

    >>> from mlsysim import formulas
    >>> formulas.amdahl_speedup(serial=0.05, processors=8)
    5.925925925925925
    >>> print(formulas.ridge_point.explain("989 Tflop/s", "3.35 TB/s"))

The table is made from the headers of the C++ core when it is built; nothing is computed here.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from mlsysim import _core, assumptions  # noqa: F401  (assumptions tells the core which exceptions to raise)
from mlsysim.quantity import from_python, to_quantity


class Formula:
    """One law. Call it; ``explain(…)`` shows the numbers in the equation; ``equation``, ``symbols``, ``valid`` and ``source``
    are those of its comment in the C++ header."""

    def __init__(self, core: Any):
        self._core, self._dimension, self._value = core, core.dimension, core.value
        self.__name__ = core.name
        self.__doc__ = core.text()
        words = json.loads(core.to_json())
        self.summary: str = words["summary"]
        self.equation: str = words["equation"]
        self.symbols: list[dict[str, str]] = words["symbols"]
        self.valid: str = words["valid"]
        self.source: str = words["source"]
        self.example: str = words["example"]
        self.cpp_only: str = words.get("cpp_only", "")
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(s["name"], inspect.Parameter.POSITIONAL_OR_KEYWORD) for s in self.symbols]
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The value. Raises InputError."""
        try:
            base = self._value(from_python, *args, **kwargs)
        except (TypeError, ValueError):
            if any(getattr(x, "ndim", 0) for x in (*args, *kwargs.values())):
                return self._columns(args, kwargs)
            raise
        return to_quantity(base, self._dimension) if self._dimension else base

    def _columns(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """The same for each element of arrays that broadcast."""
        import numpy as np

        arrays, names = [], []
        for name, value in [*enumerate(args), *kwargs.items()]:
            units = getattr(value, "units", None)
            arrays.append(np.asarray(value.magnitude if units is not None else value))
            names.append((name, units))
        out = np.empty(np.broadcast_shapes(*(array.shape for array in arrays)))
        for at, row in zip(np.ndindex(out.shape), zip(*(np.broadcast_to(array, out.shape).flat for array in arrays))):
            given = {name: (x.item() if units is None else x.item() * units) for (name, units), x in zip(names, row)}
            positions = [given.pop(i) for i in range(len(args))]
            out[at] = self._value(from_python, *positions, **given)
        return to_quantity(out, self._dimension) if self._dimension else out

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """The equation with these arguments in it, its value, where it is valid and where it comes from."""
        return self._core.explain(from_python, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<formula {self.__name__}({', '.join(s['name'] for s in self.symbols)})>"

    def __reduce__(self):
        return (find, (self.__name__,))


_all = {core.name: core for core in _core.formulas()}


def find(name: str) -> Formula:
    """The formula with that name, however it is spelled. Raises LookupError with the nearest."""
    return _made(_core.formula(name).name)


def _made(name: str) -> Formula:
    made = globals().get(name)
    if made is None:
        made = globals()[name] = Formula(_all[name])
    return made


def everything() -> Iterator[Formula]:
    """Every law, in the order of the headers."""
    return (_made(name) for name in _all)


def __getattr__(name: str) -> Formula:
    if name in _all:
        return _made(name)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mlsysim.errors import nearest

    near = nearest(name, _all)
    raise AttributeError(f"no formula is called {name!r}" + (f"; did you mean {near}?" if near else ""))


__all__ = ["Formula", "everything", "find", *_all]


def __dir__() -> list[str]:
    return sorted(__all__)
