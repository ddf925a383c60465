#!/usr/bin/env python3
"""Puts what the commands and the Python of a Markdown document print into the document.

A block opened by ```console holds commands behind "$ " (a line behind "> " continues one) and, under each,
what it prints, errors included. Its commands run in bash, in a folder of their own that holds links to the
project's examples and data; files that one block writes are there for the next. A block opened by ```text
right behind one opened by ```python holds what the Python prints.

    PYTHONPATH=build/dev/python tools/refresh_document.py README.md

`mlsysim` and `./run` in a command are the package on PYTHONPATH. Exit status: 0 written or nothing to do;
1 a block failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[1]
_block = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_mark = "\x01end of output\x01"


class Failure(Exception):
    pass


def environment() -> dict[str, str]:
    """That of a reader who has set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLSYSIM")}
    path = os.pathsep.join(
        str(Path(part).resolve()) for part in kept.get("PYTHONPATH", "").split(os.pathsep) if part
    )
    return {**kept, "PYTHONPATH": path, "NO_COLOR": "1", "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}


def console(body: str, folder: Path) -> str:
    """The block with the output of each of its commands as it is now."""
    commands: list[str] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(line[2:])
        elif line.startswith("> ") and commands:
            commands[-1] += "\n" + line[2:]
    script = f'mlsysim() {{ "{sys.executable}" -m mlsysim "$@"; }}\nexec 2>&1\n'
    for command in commands:
        script += f"{command}\nlast=$?\nprintf '%s' '{_mark}'\n(exit $last)\n"
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), check=False, capture_output=True, text=True
    )
    outputs = ran.stdout.split(_mark)
    if len(outputs) != len(commands) + 1 or "Traceback (most recent call last)" in ran.stdout:
        raise Failure(f"this block does not run to its end:\n{ran.stdout}{ran.stderr}")
    lines = []
    for command, output in zip(commands, outputs):
        first, *more = command.split("\n")
        lines += [f"$ {first}", *(f"> {line}" for line in more)]
        lines += [line.rstrip() for line in output.rstrip("\n").split("\n")] if output.strip() else []
    return "\n".join(lines) + "\n"


def python_outputs(path: Path) -> dict[int, str]:
    """What each Python block prints, by the line of its fence."""
    name = path.name
    command = [sys.executable, str(root / "tools/run_document.py"), name]
    ran = subprocess.run(
        command, cwd=path.parent, env=environment(), check=False, capture_output=True, text=True
    )
    if ran.returncode:
        raise Failure(f"{path}: {ran.stderr}")
    outputs: dict[int, str] = {}
    line = 0
    for text in ran.stdout.splitlines()[:-1]:
        if header := re.fullmatch(rf"{re.escape(name)}:(\d+):", text):
            line = int(header[1])
            outputs[line] = ""
        elif not text.startswith("  raised at "):  # a path of this machine
            outputs[line] += text.rstrip() + "\n"
    return outputs


def refreshed(path: Path) -> str:
    """The document with every output as it is now. Raises ``Failure``."""
    text = path.read_text(encoding="utf-8")
    has_python = re.search(r"^```python", text, re.MULTILINE)
    outputs = python_outputs(path) if has_python else {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("examples", "data"):
            (folder / name).symlink_to(root / name)
        (folder / "run").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlsysim "$@"\n')
        (folder / "run").chmod(0o755)
        result, end, printed = "", 0, None
        for block in _block.finditer(text):
            between = text[end : block.start()]
            result += between
            end = block.end()
            info, body = block["info"].strip(), block["body"]
            line = text.count("\n", 0, block.start()) + 1
            if info == "console":
                try:
                    body = console(body, folder)
                except Failure as failure:
                    raise Failure(f"{path}:{line}: {failure}") from None
            elif info == "text" and printed is not None and not between.strip():
                body = printed
            printed = outputs.get(line, "") if info.startswith("python") else None
            result += f"```{block['info']}\n{body}```"
    return result + text[end:]


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name in sys.argv[1:]:
        path = Path(name)
        try:
            text = refreshed(path)
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"refreshed {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
