"""The set of modelling choices (and of figures that go with them) in force.

The default is first principles. ``mlsysim-0.1`` computes what the original package 0.1.1 computes, with its figures.
It is chosen by ``assumptions=`` of a call, by ``use`` or ``using``, or by the environment's ``MLSYSIM_ASSUMPTIONS``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from mlsysim import _core, errors

_core.set_errors(errors.InputError, errors.DataError, errors.LookupError)

_default = "first-principles"
_current: str = ""


def _checked(name: str | None) -> str:
    if not name:
        return ""
    id = _core.find("assumptions", name).id
    return "" if id == _default else id


def use(name: str | None) -> None:
    """Sets the assumptions of everything that is asked from now on. None is the default."""
    global _current
    _current = _checked(name)


@contextlib.contextmanager
def using(name: str | None) -> Iterator[None]:
    """The same for the length of a ``with`` block."""
    global _current
    before, _current = _current, _checked(name)
    try:
        yield
    finally:
        _current = before


def current() -> str:
    """The id of the set in force."""
    return _current or _default


def in_force(name: str | None = None) -> str:
    """What the core takes: the id of the named set, else of the one in force; empty for the default."""
    return _current if name is None else _checked(name)


use(os.environ.get("MLSYSIM_ASSUMPTIONS"))
