#!/usr/bin/env python3
"""Makes the pages of docs/ that follow from the code and the data, and refreshes the output that hand-written ones show.

    PYTHONPATH=build/dev/python tools/make_docs.py            writes what changed
    PYTHONPATH=build/dev/python tools/make_docs.py --check    exits 1 and names what is stale

Made: docs/differences.md from data/assumptions, data/overlays and docs/reasons.toml; a page a wall in docs/walls/ from its
declaration, the comments of the laws that it uses and its prose in docs/walls/prose/; docs/images/. A choice or figure that
differs from the original and has no reason is an error.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

from mlsysim import _core
from mlsysim.errors import MLSysError
from mlsysim.walls import ask
from refresh_document import Failure, environment, refreshed, root

original = "mlsysim-0.1"
made_by = "<!-- Made by tools/make_docs.py from {}. Edit those, not this page. -->\n"
wall_names = (
    "Compute", "Memory", "Software", "Serving", "Batching", "Streaming", "Tail latency", "Ingestion", "Transformation",
    "Locality", "Complexity", "Reasoning", "Fidelity", "Communication", "Fragility", "Multi-tenant", "Capital",
    "Sustainability", "Checkpoint", "Safety", "Sensitivity", "Synthesis",
)  # fmt: skip
# Written by hand; what their examples print is refreshed.
by_hand = ("README.md", "docs/architecture.md", "docs/command.md", "docs/glossary.md", "docs/python.md")


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n" for line in lines)


# ---- figures ----------------------------------------------------------------------------------------------------------------


@cache
def sources() -> dict[str, tuple[str, str]]:
    """Title and address of every source of data/sources."""
    line = re.compile(r'^([\w.-]+): \{title: "((?:[^"\\]|\\.)*)".*?url: "([^"]*)"', re.MULTILINE)
    files = sorted((root / "data/sources").glob("*.yaml"))
    return {id: (title, url) for file in files for id, title, url in line.findall(file.read_text(encoding="utf-8"))}


def link(title: str, url: str) -> str:
    return f"[{title}]({url})" if url.startswith("http") else title.split(";")[0]


def cited(text: str) -> str:
    """A law's source with each id of data/sources as a link."""
    return re.sub(r"[\w.-]*\w", lambda word: link(*sources()[word[0]]) if word[0] in sources() else word[0], text)


@cache
def fields(kind: str) -> dict[str, dict]:
    return {field["path"]: field for field in _core.entry_fields(kind)}


_ladders = (
    (("B/s", 1), ("KB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9), ("TB/s", 1e12)),
    (("flop/s", 1), ("Mflop/s", 1e6), ("Gflop/s", 1e9), ("Tflop/s", 1e12)),
    (("Mflop", 1e6), ("Gflop", 1e9), ("Tflop", 1e12), ("Eflop", 1e18)),
    (("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30)),
    (("mW", 1e-3), ("W", 1)),
)


def in_unit(values: list[float], unit: str) -> list[str]:
    """Figures of one field (base units) as text, in one unit that suits the largest; NaN is what nobody states."""
    scale = _core.parse(f"1 {unit}")[0] if unit else 1.0
    for ladder in _ladders:
        if any(name == unit for name, _ in ladder):
            largest = max(abs(v) for v in values if v == v)
            unit, scale = max((step for step in ladder if step[1] <= largest), key=lambda step: step[1], default=ladder[0])
    texts = []
    for value in values:
        number = value / scale
        text = f"{number:,.0f}" if number % 1 == 0 and abs(number) < 1e13 else f"{number:.6g}"
        texts.append("none" if value != value else f"{text} {unit}".rstrip())
    return texts


def shown(kind: str, path: str, values: list[float]) -> list[str]:
    field = fields(kind)[path]
    if field["words"]:
        return [f"`{field['words'][int(value)]}`" for value in values]
    if path == "release_year":
        return [f"{value:.0f}" for value in values]
    return in_unit(values, field["unit"])


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


# ---- differences ------------------------------------------------------------------------------------------------------------


def asked(question: dict, overrides: dict | None = None) -> object:
    """The core's answer to a question of docs/reasons.toml. Raises MLSysError."""
    question = dict(question)
    return ask(question.pop("wall", "single-node"), {**question, **(overrides or {})})


def as_typed(question: dict) -> str:
    """A question as the command takes it."""
    rest = dict(question)
    wall = rest.pop("wall", "single-node")
    text = f"eval {rest.pop('model')} {rest.pop('hardware')}" if wall == "single-node" else f"solve {wall}"
    for name, value in rest.items():
        if value is not False:
            text += f" --{name.replace('_', '-')}" + ("" if value is True else f" {value}")
    return text


def choices(reasons: dict) -> str:
    ours = _core.find("assumptions", "first-principles")
    theirs = _core.find("assumptions", original)
    cells = {path: (ours.figure(path)["value"], theirs.figure(path)["value"]) for path in fields("assumptions")}
    differing = {path for path, (a, b) in cells.items() if not same(a, b)}
    explained = {name for key, reason in reasons.items() for name in (key, *reason.get("with", ()))}
    for name in sorted(differing - explained):
        raise Failure(f"docs/reasons.toml: assumptions.{name} differs from the original and has no reason")
    for name in sorted(explained - differing):
        raise Failure(f"docs/reasons.toml: assumptions.{name} does not differ from the original, or is no assumption")
    walls = {wall["name"] for wall in _core.walls()}
    rows = []
    for key, reason in reasons.items():
        group = (key, *reason.get("with", ()))
        values = {path: shown("assumptions", path, list(cells[path])) for path in group}
        example = ""
        if "ask" in reason and reason["ask"].get("wall", "single-node") in walls:
            switched = {f"assumptions.{path}": values[path][1].strip("`") for path in group}
            name = reason["result"]
            try:
                both = asked(reason["ask"]), asked(reason["ask"], switched)
                answers = [r.shown(name) + (" (does not fit)" if "feasible" in r.names and not r.cell("feasible") else "") for r in both]
            except (MLSysError, AttributeError) as error:
                raise Failure(f"docs/reasons.toml: assumptions.{key}: {error}") from None
            example = f"`{as_typed(reason['ask'])}`: {name} **{answers[0]}**; so chosen {answers[1]}"
        names = "<br>".join(f"`{path}`" for path in group)
        rows.append([names, "<br>".join(values[p][0] for p in group), "<br>".join(values[p][1] for p in group), reason["why"], example])
    return table(["choice", "default", "original", "why the default differs", "an answer that shows it"], rows)


def why(kind: str, path: str, ours: dict, theirs: dict) -> str:
    a, b = ours["value"], theirs["value"]
    if a != a:
        return "no source states it"
    text = ours["where"]
    if path == "release_year":
        pass
    elif path == "inference_flops" and 1.9 < a / b < 2.1:
        text = "multiply-accumulates counted as flops: " + text
    elif b == b and b and abs(a / b - 1) < 0.01:
        text = "rounded: " + text
    if ours["low"] == ours["low"]:
        low, high = shown(kind, path, [ours["low"], ours["high"]])
        text += f" (estimate, {low} to {high})"
    return text


def entry_rows(kind: str, row: object, reasons: dict, used: set) -> list[list[str]]:
    """The figures of one entry that differ; formats that the original does not list are one row."""
    rows, filled = [], []
    for path, field in fields(kind).items():
        if field["kind"] == "body" or re.match(r"(accelerator|node|fabric)\.", path):
            continue
        ours, theirs = row.figure(path), row.figure(path, original)
        if same(ours["value"], theirs["value"]):
            continue
        a, b = shown(kind, path, [ours["value"], theirs["value"]])
        if "for every format that it does not list" in theirs["where"]:
            filled.append((path.removeprefix("compute.").removesuffix("_dense"), a, b))
            continue
        reason = reasons.get(path)
        if reason:
            used.add((f"{kind}/{row.id}", path))
        source = link(ours["source"], ours["url"]) if ours["value"] == ours["value"] else ""
        rows.append([f"`{path}`", b, a, source, reason or why(kind, path, ours, theirs)])
    for theirs in dict.fromkeys(b for _, _, b in filled):
        formats = [(name, a) for name, a, b in filled if b == theirs]
        stated = ", ".join(f"{name} {a}" for name, a in formats if a != "none")
        none = ", ".join(name for name, a in formats if a == "none")
        ours = "; ".join(part for part in (stated, f"no {none}" if none else "") if part)
        rows.append([", ".join(f"`{name}`" for name, _ in formats), theirs, ours, "", "one rate for every format that is not listed"])
    return rows


def catalog(reasons: dict) -> str:
    text, used = "", set()
    for kind in _core.kinds():
        if kind == "assumptions":
            continue
        rows = []
        for row in _core.rows(kind):
            known = row.under(original)
            if known.id != row.id:
                rows.append([f"**{row.name}**<br>`{row.id}`", "all", f"those of `{known.id}`", "those of its own", "", f"the original calls `{known.id}` by this name"])
                continue
            for i, cells in enumerate(entry_rows(kind, row, reasons.get(f"{kind}/{row.id}", {}), used)):
                rows.append([f"**{row.name}**<br>`{row.id}`" if i == 0 else "", *cells])
        if rows:
            text += f"\n### {kind.capitalize()}s\n\n" + table(["entry", "figure", "original", "ours", "our source", "why"], rows)
    for key, paths in reasons.items():
        for path in paths:
            if (key, path) not in used:
                raise Failure(f"docs/reasons.toml: {path} of {key} does not differ from the original")
    return text


def refusals(entries: list[dict]) -> str:
    rows = []
    for entry in entries:
        answer = "the figure is named, and how to give one"
        if "ask" in entry:
            try:
                asked(entry["ask"])
            except MLSysError as error:
                answer = f"`{as_typed(entry['ask'])}`: {error}"
            else:
                raise Failure(f"docs/reasons.toml: {entry['what']!r} is answered, not refused")
        rows.append([entry["what"], entry["original"], answer, entry["why"]])
    return table(["question", "the original", "here", "why"], rows)


def differences() -> str:
    reasons = tomllib.loads((root / "docs/reasons.toml").read_text(encoding="utf-8"))
    replays = [file for file in sorted((root / "tests").rglob("*_test.cpp")) + sorted((root / "tests").rglob("test_*.py"))
               if "oracle.jsonl" in file.read_text(encoding="utf-8")]
    recorded = "".join(f" Recorded calls of the original are replayed by [{f.name}](../{f.relative_to(root)})." for f in replays)
    return (
        made_by.format("docs/reasons.toml, data/assumptions and data/overlays")
        + f"""
# What differs from the original package

The original is the Python package mlsysim 0.1.1. Where its figures and choices do not hold up, the default here is another. Both
can be asked for: `--assumptions {original}` on the command line, `assumptions="{original}"` in Python, `MLSYSIM_ASSUMPTIONS={original}` around
either, gives the original's choices *and* its catalog figures. One answer never mixes two sets of figures; a single choice is switched by
`--set assumptions.traffic=original`.{recorded}

Every answer and message on this page is computed when the page is made; `tools/make_docs.py --check`, which the tests run, makes it again.

## Modelling choices

"So chosen" is the same question on the same figures with only that row's choices as the original's.

{choices(reasons["assumptions"])}
## Questions that the original answers and we refuse

A set of assumptions never loosens the checks: these are refused under `{original}` too.

{refusals(reasons["refused"])}
## Catalog figures

What the original has and we have otherwise; everything else is the same under both sets. "None" is what nobody states.
{catalog(reasons["figures"])}"""
    )


# ---- walls ------------------------------------------------------------------------------------------------------------------

_law = re.compile(r"((?:^///.*\n)+)(?:^template.*\n)?^(?:constexpr |inline )*[\w:<>, ]+ (\w+)\(", re.MULTILINE)


@cache
def laws() -> dict[str, dict]:
    """Every law with a comment: its parts, and the line where it stands."""
    found = {}
    for file in sorted((root / "src/mlsysim/laws").glob("*.hpp")):
        text = file.read_text(encoding="utf-8")
        for match in _law.finditer(text):
            lines = [line[4:] for line in match[1].splitlines()]
            parts = {"summary": [], "equation": [], "symbols": [], "Valid": "", "Source": ""}
            for line in lines:
                symbol = re.match(r"(\S+) {2,}(\w+)(?: {2,}(.*?))??(?:\s*\[([^\]]+)\])?$", line)
                if head := re.match(r"(Valid|Source): +(.*)", line):
                    parts[last := head[1]] = head[2]
                elif parts["Valid"]:
                    parts[last] += " " + line.strip()
                elif line.startswith("    "):
                    parts["equation"].append(line[4:])
                elif symbol:
                    parts["symbols"].append([f"`{symbol[1]}`", symbol[2].replace("_", " "), symbol[3] or "", symbol[4] or ""])
                elif line:
                    parts["summary"].append(line)
            after = text[match.end() : text.find("\n///", match.end())]
            parts["also"] = re.findall(r"^template.*\n(?:constexpr |inline )*[\w:<>, ]+ (\w+)\(", after, re.MULTILINE)
            parts["file"], parts["line"] = file.name, text.count("\n", 0, match.start(2)) + 1
            space = "original::" if "namespace mlsysim::original" in text else ""
            found[space + match[2]] = parts
    return found


def header_of(wall: dict) -> Path:
    """The header that declares it. Raises ``Failure``."""
    for header in sorted((root / "src/mlsysim/walls").glob("*.hpp")):
        if f'name = "{wall["name"]}"' in header.read_text(encoding="utf-8"):
            return header
    raise Failure(f"no header of src/mlsysim/walls declares {wall['name']}")


_function = re.compile(r"^[A-Za-z][\w:<>, ]* (\w+)\((?:[^;{}]|\{\})*\) \{(?:[^\n]*\}$|.*?^\}$)", re.MULTILINE | re.DOTALL)
_called = re.compile(r"((?:\w+::)?\w+)(?:<T>)?\(")


@cache
def functions_of(header: Path) -> list[tuple[str, str]]:
    """Name and text of each function that a header defines, and of those that it includes, but laws and data."""
    text = header.read_text(encoding="utf-8")
    found = [(match[1], match[0]) for match in _function.finditer(text)]
    for name in re.findall(r'#include "mlsysim/((?:walls|workload|execution)/\w+\.hpp)"', text):
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
    return sorted(used, key=lambda name: (name.startswith("original::"), list(laws()).index(name))), list(cites)


def law_section(name: str) -> str:
    law = laws()[name]
    text = f"### {', '.join(f'`{each}`' for each in (name, *law['also']))}\n\n{' '.join(law['summary'])}\n\n"
    if law["equation"]:
        text += "```\n" + "\n".join(law["equation"]) + "\n```\n\n"
    if law["symbols"]:
        text += table(["symbol", "", "", "unit"], law["symbols"]) + "\n"
    return text + (
        f"**Valid:** {law['Valid']}<br>\n**Source:** {cited(law['Source'])}<br>\n"
        f"**Code:** [laws/{law['file']}](../../src/mlsysim/laws/{law['file']}#L{law['line']})\n\n"
    )


def argument_rows(wall: dict) -> list[list[str]]:
    rows = []
    for entity in wall["entities"]:
        if "." in entity["name"]:
            continue
        also = f"`{entity['also']}`" if entity.get("also") else ""
        default = f"`{entity['preset']}`" if entity["preset"] not in ("", "-") else "required" if not entity["preset"] else "none"
        rows.append([f"`{entity['name']}`", also, "", f"a name of `mlsysim zoo {plural(entity['kind'])}`, or a file", default, entity["doc"]])
    for field in wall["inputs"]:
        preset = field["preset"]
        default = "not stated" if preset is None else f"`{str(preset).lower()}`" if field["kind"] in ("choice", "flag") else f"{preset:g}"
        allowed = ", ".join(f"`{word}`" for word in field["words"]) if field["words"] else field["range"]
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


def prose_of(wall: dict) -> Path:
    return root / "docs/walls/prose" / f"{wall['name']}.md"


def wall_page(wall: dict) -> str:
    header, prose = header_of(wall), prose_of(wall)
    used, cites = laws_of(header)
    tests = [file for file in sorted((root / "tests").rglob("*")) if file.stem in (f"{header.stem}_test", f"{header.stem}_properties_test", f"test_{header.stem}")]
    text = made_by.format(f"src/mlsysim/walls/{header.name} and docs/walls/prose/{prose.name}")
    text += f"\n# {title(wall)}\n\n{wall['doc']}\n\n"
    eval_too = ", `mlsysim eval`" if wall["name"] == "single-node" else ""
    rows = [["command", f"`mlsysim solve {wall['name']}`{eval_too}"],
            ["Python", f"`mlsysim.{wall['python']}().solve(…)`, `mlsysim.solve(\"{wall['name']}\", …)`"],
            ["code", f"[{header.name}](../../src/mlsysim/walls/{header.name})"]]
    if tests:
        rows.append(["tests", ", ".join(f"[{f.name}](../../{f.relative_to(root)})" for f in tests)])
    text += table(["", ""], rows) + "\n"
    if prose.exists():
        text += refreshed(prose).strip() + "\n\n"
    text += "## Arguments\n\nAny figure of an entry is an argument too, by its path: `--set hardware.memory.bandwidth=8TB/s`.\n\n"
    text += table(["argument", "also", "unit", "range", "default", "meaning"], argument_rows(wall))
    text += "\n## Results\n\n"
    text += table(["result", "unit", "meaning"], [[f"`{f['path']}`", f["unit"], f["doc"]] for f in wall["outputs"]])
    if used:
        text += "\n## Laws\n\n"
        if cites:
            text += "The wall itself cites " + "; ".join(cited(cite) for cite in cites) + ".\n\n"
        text += "".join(law_section(name) for name in used)
    return text.rstrip() + "\n"


def walls_index(walls: list[dict]) -> str:
    def row(first: str, name: str, wall: dict | None) -> list[str]:
        if not wall:
            return [first, name, "not yet", "", ""]
        return [first, name, f"[{wall['name']}]({wall['name']}.md)", "yes" if prose_of(wall).exists() else "", wall["doc"]]

    by_number = {number: wall for wall in walls for number in wall["numbers"]}
    rows = [row(str(number), name, by_number.get(number)) for number, name in enumerate(wall_names, 1)]
    rows += [row("", wall["python"], wall) for wall in walls if not wall["numbers"]]
    return made_by.format("the declarations of src/mlsysim/walls") + f"""
# Walls

A wall is a question to the system: arguments, results and one function between them. Twenty-two are named; {len(by_number)} can be
asked now. Behind them stand solvers that join several walls or search over one. Each has a page with every argument, every result and
the laws it uses; some have a walk-through with a worked example. `mlsysim walls` lists them, `mlsysim solve NAME --help` shows the
arguments of one.

""" + table(["", "wall", "page", "walk-through", "the question"], rows)


def roofline() -> str:
    words = ["plot", "roofline", "llama-3-8b", "h100", "a100", "--axis", "batch-size=1..512:x2"]
    drawn = subprocess.run([sys.executable, "-m", "mlsysim", *words], env=environment(), capture_output=True, text=True)
    if drawn.returncode:
        raise Failure(f"docs/images/roofline.svg can't be drawn: {drawn.stderr}")
    return drawn.stdout


def pages() -> dict[str, str]:
    walls = _core.walls()
    made = {"docs/differences.md": differences(), "docs/walls/README.md": walls_index(walls), "docs/images/roofline.svg": roofline()}
    for wall in walls:
        made[f"docs/walls/{wall['name']}.md"] = wall_page(wall)
        if (prose := prose_of(wall)).exists():
            made[str(prose.relative_to(root))] = refreshed(prose)
    for name in by_hand:
        if (root / name).exists():
            made[name] = refreshed(root / name)
    return made


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        made = pages()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    known = {f"docs/walls/{wall['name']}.md" for wall in _core.walls()} | {"docs/walls/README.md"}
    extra = [file for file in sorted((root / "docs/walls").glob("*.md")) if str(file.relative_to(root)) not in known]
    stale = [name for name, text in made.items() if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != text]
    for name in stale:
        if not check:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(made[name], encoding="utf-8")
        print(f"{'stale: ' if check else 'wrote '}{name}")
    for file in extra:
        print(f"no wall has the page {file.relative_to(root)}")
    return 1 if check and (stale or extra) else 0


if __name__ == "__main__":
    sys.exit(main())
