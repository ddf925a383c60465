#!/usr/bin/env python3
"""Prints what an extra of pyproject.toml and the package itself need, one requirement a line, for `pip install -r`.

tools/requirements.py dev
"""

import re
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib


def expanded(extras: dict[str, list[str]], name: str) -> list[str]:
    found = []
    for requirement in extras[name]:
        own = re.fullmatch(r"mlsysim\[([\w,]+)\]", requirement)
        found += [one for extra in own[1].split(",") for one in expanded(extras, extra)] if own else [requirement]
    return found


project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
extras = project["project"]["optional-dependencies"]
if len(sys.argv) != 2 or sys.argv[1] not in extras:
    sys.exit(f"usage: tools/requirements.py {'|'.join(extras)}")
print("\n".join(project["build-system"]["requires"] + project["project"]["dependencies"] + expanded(extras, sys.argv[1])))
