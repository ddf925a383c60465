"""What the tests of the command and of the Python package share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

root = Path(__file__).parents[1]


def _executable() -> str:
    if named := os.environ.get("MLSYSIM_COMMAND"):
        return named
    for built in ("build/release/mlsysim", "build/dev/mlsysim"):
        if (root / built).exists():
            return str(root / built)
    return shutil.which("mlsysim") or pytest.fail("no mlsysim: build it, or name it in MLSYSIM_COMMAND")


@dataclass
class Ran:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, Any]:
        """The only error of that document."""
        (error,) = self.json["errors"]
        return error

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


@pytest.fixture(scope="session")
def executable() -> str:
    """The path of the command under test."""
    return str(Path(_executable()).absolute())


@pytest.fixture
def command(executable, tmp_path):
    """Runs the command in an empty folder that is also its home, with none of our variables but those named.

    Arguments are one text, split at spaces, or a list. Returns code, stdout, stderr; a crash fails the test.
    """

    def run(arguments: str | list[str], **variables: str) -> Ran:
        line = arguments.split() if isinstance(arguments, str) else arguments
        env = {key: value for key, value in os.environ.items() if not key.startswith("MLSYSIM_")}
        result = subprocess.run(
            [executable, *line],
            cwd=tmp_path,
            env={**env, "HOME": str(tmp_path), **variables},
            capture_output=True,
            timeout=120,
        )
        ran = Ran(
            result.returncode, result.stdout.decode(errors="replace"), result.stderr.decode(errors="replace")
        )
        assert ran.code in (0, 1, 2, 3, 4), f"mlsysim {arguments} ended with {ran.code}: {ran.stderr[-2000:]}"
        return ran

    return run


@pytest.fixture
def program():
    """Runs a program in a fresh interpreter and returns what it printed, by line."""
    import sys

    def run(source: str, **variables: str) -> list[str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("MLSYSIM_")}
        result = subprocess.run(
            [sys.executable, "-c", source], env={**env, **variables}, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    return run
