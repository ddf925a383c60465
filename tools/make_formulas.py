"""docs/formulas.md: every law that can be called by its name, from the table that the build makes of the laws' headers."""

from __future__ import annotations

import json

from make_walls import groups, law_body
from page import made_by, table

from mlsysim import _core

head = """
# Formulas

Every law that the walls are made of can be asked by its name; {count} can be called. `mlsysim formula` lists them, `mlsysim
formula NAME` shows one, with arguments its value; in Python `mlsysim.formulas.NAME(…)` and `.explain(…)`. Arguments are
checked: a unit of the wrong kind and a figure out of its range are refused by name. A plain number is in base units, those that
the tables below name. No symbol is negative unless its line says so.

The names of the original package (`calc_ring_allreduce_time`…) are in `mlsysim.core.formulas`, over the same laws. Laws whose name
begins with `original_` are that package's where first principles do not support them ([differences](differences.md)).

"""


def heading(header: str) -> str:
    return header.removesuffix(".hpp").replace("_", " ").capitalize()


def flags(example: str) -> str:
    return " ".join(f"--{one.split('=')[0].replace('_', '-')} {one.split('=')[1]}" for one in example.split())


def section(law: dict, shared: list) -> str:
    """The laws that share a comment, each with its worked number."""
    text = f"### {', '.join(f'`{core.name}`' for core in shared)}\n\n{law['summary']}\n\n"
    text += law_body(law, "../src/mlsysim/laws")
    if law.get("cpp_only"):
        return text + f"Called from C++ only: {law['cpp_only']}\n\n"
    lines = []
    for one in shared:
        numbers, value, _ = one.worked_example()
        given = flags(json.loads(one.to_json())["example"])
        lines.append(f"$ mlsysim formula {one.name.replace('_', '-')} {given}\n    = {numbers}\n    = {value}")
    return text + "```\n" + "\n".join(lines) + "\n```\n\n"


def formulas_page() -> str:
    text = made_by.format("the comments in src/mlsysim/laws") + head.format(count=sum(core.callable for core in _core.formulas()))
    topics: dict[str, list[str]] = {}
    for shared, law in groups():
        topics.setdefault(law["header"], []).extend(core.name for core in shared)
    rows = [[f"[{heading(header)}](#{heading(header).lower().replace(' ', '-')})", ", ".join(f"`{n}`" for n in names)]
            for header, names in topics.items()]
    text += table(["", "formulas"], rows) + "\n"
    last = ""
    for shared, law in groups():
        if law["header"] != last:
            last = law["header"]
            text += f"## {heading(last)}\n\n"
        text += section(law, shared)
    return text.rstrip() + "\n"
