"""docs/walls/: a page a wall, from its declaration, the comments of the laws it reaches, and its prose."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from mlsysim.core.walls import ALL_WALLS, Domain
from page import Failure, cited, made_by, root, table
from refresh_document import refreshed

from mlsysim import _core

wall_names = tuple(wall.name for wall in ALL_WALLS)


@cache
def groups() -> list[tuple[list, dict]]:
    """The laws that share a comment, as the table has them, and that comment's words with the symbols of all."""
    found: dict[tuple, tuple[list, dict]] = {}
    for core in _core.formulas():
        law = json.loads(core.to_json())
        shared, words = found.setdefault((law["header"], law["summary"], law["source"]), ([], law))
        shared.append(core)
        known = [symbol["name"] for symbol in words["symbols"]]
        words["symbols"] += [symbol for symbol in law["symbols"] if symbol["name"] not in known]
    return list(found.values())


@cache
def laws() -> dict[str, dict]:
    """The first law of each comment by its name in C++ (`original::traffic`, `ridge_point`), with the others in `also`."""
    found = {}
    for shared, words in groups():
        calls = [json.loads(core.to_json())["law"].split("<")[0] for core in shared]
        names = [call if call.startswith("original::") else call.split("::")[-1] for call in dict.fromkeys(calls)]
        found[names[0]] = {**words, "also": names[1:]}
    return found


def header_of(wall: dict) -> Path:
    """The header that declares it. Raises ``Failure``."""
    for header in sorted((root / "src/mlsysim/walls").glob("*.hpp")):
        if f'name = "{wall["name"]}"' in header.read_text(encoding="utf-8"):
            return header
    raise Failure(f"no header of src/mlsysim/walls declares {wall['name']}")


_function = re.compile(
    r"^[A-Za-z][\w:<>, ]* (\w+)\((?:[^;{}]|\{\})*\) \{(?:[^\n]*\}$|.*?^\}$)", re.MULTILINE | re.DOTALL
)
_called = re.compile(r"((?:\w+::)?\w+)(?:<T>)?\(")


@cache
def functions_of(header: Path) -> list[tuple[str, str]]:
    """Name and text of each function that a header defines or includes, but for laws and data."""
    text = header.read_text(encoding="utf-8")
    found = [(match[1], match[0]) for match in _function.finditer(text)]
    for name in re.findall(r'#include "mlsysim/((?:walls|workload|execution)/[\w/]+\.hpp)"', text):
        found += functions_of(root / "src/mlsysim" / name)
    return found


def laws_of(header: Path) -> tuple[list[str], list[str]]:
    """The laws that a wall's function reaches, those of the original last, and what it cites beside them."""
    owned = len(_function.findall(header.read_text(encoding="utf-8")))
    everything = functions_of(header)
    todo = [text for name, text in everything[:owned] if name in ("evaluate", "optimise")]
    by_name = {also: name for name, law in laws().items() for also in (name, *law["also"])}
    used, cites, seen = set(), {}, set()
    while todo:
        text = todo.pop()
        cites |= dict.fromkeys(re.findall(r'cite\([^"]*?"([^"]+)"\)', text))
        for called in _called.findall(text):
            if called in by_name:
                used.add(by_name[called])
            elif (name := called.split("::")[-1]) not in seen:
                seen.add(name)
                todo += [text for other, text in everything if other == name]
    return sorted(used, key=lambda name: (name.startswith("original::"), list(laws()).index(name))), list(
        cites
    )


def law_section(name: str) -> str:
    law = laws()[name]
    text = f"### {', '.join(f'`{each}`' for each in (name, *law['also']))}\n\n{law['summary']}\n\n"
    return text + law_body(law, "../../src/mlsysim/laws")


def law_body(law: dict, folder: str) -> str:
    """Equation, symbols, validity, source and place of a law."""
    text = f"```\n{law['equation']}\n```\n\n" if law["equation"] else ""
    if law["symbols"]:
        rows = [[f"`{s['symbol']}`", s["name"].replace("_", " "), s["doc"], s["unit"]] for s in law["symbols"]]
        text += table(["symbol", "", "", "unit"], rows) + "\n"
    return text + (
        f"**Valid:** {law['valid']}<br>\n**Source:** {cited(law['source'])}<br>\n"
        f"**Code:** [laws/{law['header']}]({folder}/{law['header']})\n\n"
    )


def argument_rows(wall: dict) -> list[list[str]]:
    rows = []
    for entity in wall["entities"]:
        if "." in entity["name"]:
            continue
        also = f"`{entity['also']}`" if entity.get("also") else ""
        default = (
            f"`{entity['preset']}`"
            if entity["preset"] not in ("", "-")
            else "required"
            if not entity["preset"]
            else "none"
        )
        rows.append(
            [
                f"`{entity['name']}`",
                also,
                "",
                f"a name of `mlsysim zoo {plural(entity['kind'])}`, or a file",
                default,
                entity["doc"],
            ]
        )
    for field in wall["inputs"]:
        preset = field["preset"]
        default = (
            "not stated"
            if preset is None
            else f"`{str(preset).lower()}`"
            if field["kind"] in ("choice", "flag")
            else f"{preset:g}"
        )
        allowed = ", ".join(f"`{word}`" for word in field["words"]) or field["range"]
        if field["kind"] == "body":
            default, allowed = "required", "text, or a list"
        also = f"`{field['also']}`" if field["also"] else ""
        rows.append([f"`{field['path']}`", also, field["unit"], allowed, default, field["doc"]])
    return rows


def plural(kind: str) -> str:
    return kind if kind.endswith("s") else kind + "s"


def title(wall: dict) -> str:
    names = ", ".join(wall_names[number - 1] for number in wall["numbers"])
    if not wall["numbers"]:
        return f"`{wall['name']}`"
    return f"Wall{'s' if len(wall['numbers']) > 1 else ''} {' and '.join(str(n) for n in wall['numbers'])}: {names}"


def stem(wall: dict) -> str:
    """Its header's, as everywhere."""
    return header_of(wall).stem.replace("_", "-")


def prose_of(wall: dict) -> Path:
    return root / "docs/walls/prose" / f"{stem(wall)}.md"


def wall_page(wall: dict) -> str:
    header, prose = header_of(wall), prose_of(wall)
    used, cites = laws_of(header)
    tests = [
        file
        for file in sorted((root / "tests").rglob("*"))
        if file.stem in (f"{header.stem}_test", f"{header.stem}_properties_test", f"test_{header.stem}")
    ]
    text = made_by.format(f"src/mlsysim/walls/{header.name} and docs/walls/prose/{prose.name}")
    text += f"\n# {title(wall)}\n\n{wall['doc']}\n\n"
    eval_too = ", `mlsysim eval`" if wall["name"] == "single-node" else ""
    rows = [
        ["command", f"`mlsysim solve {wall['name']}`{eval_too}"],
        ["Python", f'`mlsysim.{wall["python"]}().solve(…)`, `mlsysim.solve("{wall["name"]}", …)`'],
        ["code", f"[{header.name}](../../src/mlsysim/walls/{header.name})"],
    ]
    if tests:
        rows.append(["tests", ", ".join(f"[{f.name}](../../{f.relative_to(root)})" for f in tests)])
    text += table(["", ""], rows) + "\n"
    if prose.exists():
        text += refreshed(prose).strip() + "\n\n"
    text += "## Arguments\n\nAny figure of an entry is an argument too, by its path: `--set hardware.memory.bandwidth=8TB/s`.\n\n"
    text += table(["argument", "also", "unit", "range", "default", "meaning"], argument_rows(wall))
    text += "\n## Results\n\n"
    text += table(
        ["result", "unit", "meaning"], [[f"`{f['path']}`", f["unit"], f["doc"]] for f in wall["outputs"]]
    )
    if used:
        text += "\n## Laws\n\n"
        if cites:
            text += "The wall itself cites " + "; ".join(cited(cite) for cite in cites) + ".\n\n"
        text += "".join(law_section(name) for name in used)
    return text.rstrip() + "\n"


domains = {
    Domain.NODE: "One machine: what a step, a request or a queue of requests costs.",
    Domain.DATA: "What has to reach the machine, and over which links.",
    Domain.ALGORITHM: "What the model itself asks for: its size, its thinking, its number format.",
    Domain.FLEET: "Many machines that work on one thing.",
    Domain.OPERATIONS: "What it costs to run them: money, carbon, lost work, care.",
    Domain.ANALYSIS: "Questions about answers: what matters, and what it would take.",
}


def lessons() -> dict[str, list[Path]]:
    """The lessons of docs/learn that say they belong to a wall, by the name of its page."""
    found: dict[str, list[Path]] = {}
    for lesson in sorted((root / "docs/learn").glob("[0-9]*.md")):
        words = re.search(r"^Walls: (.*)$", lesson.read_text(encoding="utf-8"), re.MULTILINE)
        if not words:
            raise Failure(f"{lesson}: no line begins with Walls:")
        for page in re.findall(r"\(\.\./walls/([\w-]+)\.md\)", words[1]):
            found.setdefault(page, []).append(lesson)
    return found


def walls_index(walls: list[dict]) -> str:
    taught = lessons()
    by_number = {number: wall for wall in walls for number in wall["numbers"]}

    def row(first: str, name: str, binds: str, wall: dict | None) -> list[str]:
        if not wall:
            return [first, name, binds, "not yet", ""]
        found = taught.get(stem(wall), [])
        learn = ", ".join(f"[{one.name.split('-')[0]}](../learn/{one.name})" for one in found)
        return [first, name, binds, f"[{wall['name']}]({stem(wall)}.md): {wall['doc']}", learn]

    count = "all" if len(by_number) == len(ALL_WALLS) else len(by_number)
    text = made_by.format("the declarations of src/mlsysim/walls") + f"""
# Walls

A wall is something that can bind a system, and a question about it: arguments, results and one function between
them. There are twenty-two, in six domains; {count} can be asked. Behind them stand solvers that join several
walls or search over one. Each has a page with the question, a worked example, every argument, every result and the
laws it uses. `mlsysim walls` lists them, `mlsysim solve NAME --help` shows the arguments of one. The
[lessons](../learn/README.md) teach the most important ones in order; the pages, read in the order below, teach all.
"""
    for domain, words in domains.items():
        rows = [
            row(str(one.number), one.name, one.constraint, by_number.get(one.number))
            for one in ALL_WALLS
            if one.domain == domain
        ]
        text += f"\n## {domain.value.capitalize()}\n\n{words}\n\n"
        text += table(["", "wall", "what binds", "page: the question", "lesson"], rows)
    rows = [row("", wall["python"], "", wall) for wall in walls if not wall["numbers"]]
    text += "\n## Solvers\n\nThey ask several walls at once, or one many times.\n\n"
    return text + table(["solver", "page: the question", "lesson"], [[name, *rest] for _, name, _, *rest in rows])
