#!/usr/bin/env python3
"""Prints what building the package, the package itself and extras of it need, for `pip install -r`.

tools/requirements.py viz test
"""

import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

described = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
extras = described["project"]["optional-dependencies"]
if unknown := set(sys.argv[1:]) - set(extras):
    sys.exit(f"{', '.join(unknown)}: not an extra of pyproject.toml, which has {', '.join(extras)}")
needed = described["build-system"]["requires"] + described["project"]["dependencies"]
print("\n".join(needed + [one for extra in sys.argv[1:] for one in extras[extra]]))
