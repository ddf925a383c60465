"""Every wall as a function and as a class, made from its declaration in the core."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from mlsysim import _core, assumptions
from mlsysim.answer import Answer
from mlsysim.errors import IgnoredArgument
from mlsysim.quantity import from_python


def ask(wall: str, arguments: dict[str, Any], assumptions_name: str | None = None) -> Any:
    """The bare result of the core. Raises InputError, DataError or LookupError."""
    return _core.solve(wall, arguments, assumptions.in_force(assumptions_name), from_python)


def warn_ignored(result: Any, level: int = 3) -> None:
    """Warns of arguments that were given and do not enter the answer."""
    if ignored := result.ignored():
        warnings.warn(f"{', '.join(ignored)}: given, and not part of this answer", IgnoredArgument, stacklevel=level)


def solve(wall: str, *, assumptions: str | None = None, **arguments: Any) -> Answer:
    """Answers one question: ``solve("single-node", model="llama-3-8b", hardware="h100", batch_size=32)``.

    Entities are objects, names or files; figures are numbers in their own unit, quantities, or text with a unit; any figure of
    an entity may be given by its path: ``**{"hardware.memory.bandwidth": "8 TB/s"}``.
    """
    result = ask(wall, arguments, assumptions)
    warn_ignored(result)
    return Answer(result)


def sweep(
    wall: str, axes: dict[str, Any] | list[str], results: list[str] | None = None, *, assumptions: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """Columns of a wall over every combination of the axes, the last fastest.

    axes     {"batch_size": [1, 2, 4], "hardware": ["h100", "a100"]}, or texts such as "batch_size=1..64:x2"
    results  which results; all where none is named

    Returns {"columns": {result: float array in base units}, "rows": n, "refused": [(first row, count, why)]}. Rows without an
    answer are NaN.
    """
    from mlsysim.assumptions import in_force

    texts = axes if isinstance(axes, list) else [f"{name}={','.join(_word(v) for v in values)}" for name, values in axes.items()]
    return _core.sweep(wall, arguments, texts, results or [], in_force(assumptions), from_python)


def _word(value: Any) -> str:
    return str(getattr(value, "id", value))


class WallModel:
    """A wall as an object with ``solve``; one class for each wall that the core declares."""

    wall: str = ""
    numbers: tuple[int, ...] = ()
    answer: type[Answer] = Answer

    def solve(self, *positional: Any, assumptions: str | None = None, **arguments: Any) -> Answer:
        names = [p.name for p in inspect.signature(type(self).solve).parameters.values()][1:]
        if len(positional) > len(names):
            raise TypeError(f"{type(self).__name__}.solve takes {len(names)} arguments, {len(positional)} were given")
        arguments = {**dict(zip(names, positional)), **arguments}
        result = ask(self.wall, arguments, assumptions)
        warn_ignored(result)
        return self.answer(result)


def _made(declared: dict[str, Any]) -> type[WallModel]:
    parameter = inspect.Parameter
    fields = [parameter("self", parameter.POSITIONAL_OR_KEYWORD)]
    lines = [declared["doc"], ""]
    for e in declared["entities"]:
        if "." in e["name"] or e["kind"] == "assumptions":
            continue
        fields.append(parameter(e["name"], parameter.POSITIONAL_OR_KEYWORD))
        lines.append(f"{e['name']}: {e['doc']} ({e['kind']}: an object, a name or a file)")
    for f in declared["inputs"]:
        fields.append(parameter(f["path"], parameter.POSITIONAL_OR_KEYWORD, default=f["preset"]))
        lines.append(f"{f['path']}: {f['doc']} [{f['range']}]")
    fields.append(parameter("assumptions", parameter.KEYWORD_ONLY, default=None))
    lines += ["", "Results:"] + [f"{f['path']}: {f['doc']}" + (f" [{f['unit']}]" if f["unit"] else "") for f in declared["outputs"]]

    def solve(self, *positional, **arguments):
        return WallModel.solve(self, *positional, **arguments)

    solve.__doc__ = "\n".join(lines)
    solve.__signature__ = inspect.Signature(fields)  # type: ignore[attr-defined]
    return type(
        declared["python"],
        (WallModel,),
        {"wall": declared["name"], "numbers": tuple(declared["numbers"]), "solve": solve, "__doc__": declared["doc"], "__module__": "mlsysim"},
    )


#: Class name to class.
classes: dict[str, type[WallModel]] = {declared["python"]: _made(declared) for declared in _core.walls()}
