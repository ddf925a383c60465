"""docs/differences.md: what differs from the original package.

From data/assumptions, data/overlays and docs/reasons.toml. A choice that differs and has no reason there is an error.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from math import isnan

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

from mlsysim.errors import MLSysError
from page import Failure, link, made_by, root, table

from mlsysim import _core
from mlsysim.walls import ask

original = "mlsysim-0.1"


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
    """Figures of one field as text, in one unit that suits the largest; NaN is what nobody states."""
    scale = _core.parse(f"1 {unit}")[0] if unit else 1.0
    for ladder in _ladders:
        if any(name == unit for name, _ in ladder):
            largest = max(abs(v) for v in values if not isnan(v))
            unit, scale = max(
                (step for step in ladder if step[1] <= largest), key=lambda step: step[1], default=ladder[0]
            )
    texts = []
    for value in values:
        number = value / scale
        text = f"{number:,.0f}" if number % 1 == 0 and abs(number) < 1e13 else f"{number:.6g}"
        texts.append("none" if isnan(value) else f"{text} {unit}".rstrip())
    return texts


def shown(kind: str, path: str, values: list[float]) -> list[str]:
    field = fields(kind)[path]
    if field["words"]:
        return [f"`{field['words'][int(value)]}`" for value in values]
    if path == "release_year":
        return [f"{value:.0f}" for value in values]
    return in_unit(values, field["unit"])


def same(a: float, b: float) -> bool:
    return a == b or (isnan(a) and isnan(b))


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
            text += f" --{name.replace('_', '-')}" + ("" if value is True else f" {shlex.quote(str(value))}")
    return text


def choices(reasons: dict) -> str:
    ours = _core.find("assumptions", "first-principles")
    theirs = _core.find("assumptions", original)
    cells = {
        path: (ours.figure(path)["value"], theirs.figure(path)["value"]) for path in fields("assumptions")
    }
    differing = {path for path, (a, b) in cells.items() if not same(a, b)}
    explained = {name for key, reason in reasons.items() for name in (key, *reason.get("with", ()))}
    for name in sorted(differing - explained):
        raise Failure(f"docs/reasons.toml: assumptions.{name} differs from the original and has no reason")
    for name in sorted(explained - differing):
        raise Failure(
            f"docs/reasons.toml: assumptions.{name} does not differ from the original, or is no assumption"
        )
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
                answers = [
                    r.shown(name)
                    + (" (does not fit)" if "feasible" in r.names and not r.cell("feasible") else "")
                    for r in both
                ]
            except (MLSysError, AttributeError) as error:
                raise Failure(f"docs/reasons.toml: assumptions.{key}: {error}") from None
            if answers[0] == answers[1]:
                raise Failure(
                    f"docs/reasons.toml: assumptions.{key}: the question has the same {name} either way, {answers[0]}"
                )
            example = f"`{as_typed(reason['ask'])}`: {name} **{answers[0]}**; so chosen {answers[1]}"
        names = "<br>".join(f"`{path}`" for path in group)
        rows.append(
            [
                names,
                "<br>".join(values[p][0] for p in group),
                "<br>".join(values[p][1] for p in group),
                reason["why"],
                example,
            ]
        )
    return table(
        ["choice", "default", "original", "why the default differs", "an answer that shows it"], rows
    )


def why(kind: str, path: str, ours: dict, theirs: dict) -> str:
    a, b = ours["value"], theirs["value"]
    if isnan(a):
        return "no source states it"
    text = ours["where"]
    if path == "release_year":
        pass
    elif path == "inference_flops" and 1.9 < a / b < 2.1:
        text = "multiply-accumulates counted as flops: " + text
    elif b and not isnan(b) and abs(a / b - 1) < 0.01:
        text = "rounded: " + text
    if not isnan(ours["low"]):
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
        source = link(ours["source"], ours["url"]) if not isnan(ours["value"]) else ""
        rows.append([f"`{path}`", b, a, source, reason or why(kind, path, ours, theirs)])
    for theirs in dict.fromkeys(b for _, _, b in filled):
        formats = [(name, a) for name, a, b in filled if b == theirs]
        stated = ", ".join(f"{name} {a}" for name, a in formats if a != "none")
        none = ", ".join(name for name, a in formats if a == "none")
        ours = "; ".join(part for part in (stated, f"no {none}" if none else "") if part)
        rows.append(
            [
                ", ".join(f"`{name}`" for name, _ in formats),
                theirs,
                ours,
                "",
                "one rate for every format that is not listed",
            ]
        )
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
                rows.append(
                    [
                        f"**{row.name}**<br>`{row.id}`",
                        "all",
                        f"those of `{known.id}`",
                        "those of its own",
                        "",
                        f"the original calls `{known.id}` by this name",
                    ]
                )
                continue
            for i, cells in enumerate(entry_rows(kind, row, reasons.get(f"{kind}/{row.id}", {}), used)):
                rows.append([f"**{row.name}**<br>`{row.id}`" if i == 0 else "", *cells])
        if rows:
            text += f"\n### {kind.capitalize()}s\n\n" + table(
                ["entry", "figure", "original", "ours", "our source", "why"], rows
            )
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


def recorded_calls() -> str:
    """The recorded calls that do not agree, by reason: docs/recorded.toml, which tests/parity/test_all.py holds to the calls."""
    found = tomllib.loads((root / "docs/recorded.toml").read_text(encoding="utf-8"))
    parting = sum(one["count"] for one in found["class"])
    rows = [
        [one["what"], str(one["count"]), ", ".join(f"`{api}`" for api in one["apis"]), one["original"], one["why"]]
        for one in sorted(found["class"], key=lambda one: -one["count"])
    ]
    agreeing = found["rows"] - parting
    return (
        f"Of {found['rows']:,} recorded calls of the original, **{agreeing:,} agree** to a millionth in every result under "
        f"`{original}`, or are refused by both: {100 * agreeing / found['rows']:.1f} %. These {parting} do not, and "
        "[test_all.py](../tests/parity/test_all.py) holds each class to its count.\n\n"
        + table(["what parts them", "calls", "of", "the original", "here"], rows)
    )


def differences() -> str:
    reasons = tomllib.loads((root / "docs/reasons.toml").read_text(encoding="utf-8"))
    return (
        made_by.format("docs/reasons.toml, data/assumptions and data/overlays")
        + f"""
# What differs from the original package

The original is the Python package mlsysim 0.1.1. Where its figures and choices do not hold up, the default
here is another. Both can be asked for: `--assumptions {original}` on the command line,
`assumptions="{original}"` in Python or `MLSYSIM_ASSUMPTIONS={original}` around either gives the original's
choices *and* its catalog figures. One answer never mixes two sets of figures; a single choice is switched by
`--set assumptions.traffic=original`.

Every answer and message on this page is computed when the page is made; `tools/make_docs.py --check`, which
the tests run, makes it again.

## Modelling choices

"So chosen" is the same question on the same figures with only that row's choices as the original's.

{choices(reasons["assumptions"])}
## Questions that the original answers and we refuse

A set of assumptions never loosens the checks: these are refused under `{original}` too.

{refusals(reasons["refused"])}
## Recorded calls

{recorded_calls()}
## Catalog figures

What the original has and we have otherwise; everything else is the same under both sets. "None" is what
nobody states.
{catalog(reasons["figures"])}"""
    )
