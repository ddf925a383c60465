"""What can go wrong with a question. "It does not fit" is an answer, not an error."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable


class MLSysError(Exception):
    """Anything that is wrong with what was asked.

    argument  what it is about: an argument, a key of a file, a kind of entry
    place     file:line:column, or empty
    nearest   the nearest valid thing, or empty
    """

    argument: str = ""
    place: str = ""
    nearest: str = ""


class InputError(MLSysError, ValueError):
    """The question is wrong: the message names the argument, its value and what was expected."""


class DataError(MLSysError, ValueError):
    """A file can't be read: the message starts with file:line:column."""


class LookupError(MLSysError, builtins.LookupError):
    """No entry of the catalog has that name; the message has those that look like it."""


class CompositionError(MLSysError, ValueError):
    """Stages of a pipeline do not fit: one requires what none before it produces, or takes it in another dimension."""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that a name was most likely meant for, or empty."""
    return next(iter(difflib.get_close_matches(name, list(candidates), 1)), "")


class OOMError(MLSysError):
    """An infeasible answer, raised only where ``raise_errors=True`` asks for it.

    required_bytes, available_bytes  quantities: what must reside, what the device has
    """

    def __init__(self, message: str, required_bytes=None, available_bytes=None):
        super().__init__(message)
        self.required_bytes = required_bytes
        self.available_bytes = available_bytes


class SLAViolation(MLSysError):
    """A scenario fits and is slower than its target: raised by ``Scenario.validate_scenario`` alone."""


class ThermalThrottleWarning(UserWarning):
    """A name of the original, for code that filters it; nothing here warns of it, because no wall knows temperatures."""


class IgnoredArgument(UserWarning):
    """An argument was given that does not enter the answer."""
