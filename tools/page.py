"""What the generated pages of docs/ share: tables, links to sources, where the project is."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from refresh_document import Failure, environment, refreshed, root

__all__ = ["Failure", "asked", "cited", "fragment", "link", "made_by", "root", "sources", "table"]

made_by = "<!-- Made by tools/make_docs.py from {}. Edit those, not this page. -->\n"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in lines
    )


def asked(*words: str) -> str:
    """What the command prints. Raises ``Failure`` where it refuses."""
    command = [sys.executable, "-m", "mlsysim", *words]
    ran = subprocess.run(command, env=environment(), check=False, capture_output=True, text=True)
    if ran.returncode:
        raise Failure(f"mlsysim {' '.join(words)}: {ran.stderr}{ran.stdout}")
    return ran.stdout


def fragment(text: str) -> str:
    """Part of a page, with what its examples print."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.md"
        page.write_text(text, encoding="utf-8")
        return refreshed(page)


@cache
def sources() -> dict[str, tuple[str, str]]:
    """Title and address of every source of data/sources."""
    line = re.compile(r'^([\w.-]+): \{title: "((?:[^"\\]|\\.)*)".*?url: "([^"]*)"', re.MULTILINE)
    files = sorted((root / "data/sources").glob("*.yaml"))
    return {
        id: (title, url)
        for file in files
        for id, title, url in line.findall(file.read_text(encoding="utf-8"))
    }


def link(title: str, url: str) -> str:
    return f"[{title}]({url})" if url.startswith("http") else title.split(";")[0]


def cited(text: str) -> str:
    """A law's source with each id of data/sources as a link."""
    return re.sub(
        r"[\w.-]*\w", lambda word: link(*sources()[word[0]]) if word[0] in sources() else word[0], text
    )
