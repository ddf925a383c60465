"""Every public name of mlsysim 0.1.1 is here, or in the list of docs/python.md that says why it is not."""

import importlib
import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

here = Path(__file__).parent
names = json.loads((here / "names_of_0_1.json").read_text(encoding="utf-8"))
page = (here.parents[1] / "docs/python.md").read_text(encoding="utf-8")
section = page.split("## Code written for 0.1.x")[1].split("\n## ")[0]
#: ``mlsysim.cli.*`` and the like, the first cell of each row of the table.
absent = [name for row in re.findall(r"^\| (`mlsysim[^|]*) \|", section, re.M) for name in re.findall(r"`([^`]+)`", row)]


def listed(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in absent)


def test_so_many_names_are_looked_for():
    assert len(names) > 50 and sum(map(len, names.values())) > 1000


@pytest.mark.parametrize("module", sorted(names))
def test_every_name_of_a_module_is_there_or_listed(module):
    left = [name for name in names[module] if not listed(f"{module}.{name}")]
    if not left:
        return
    found = importlib.import_module(module)
    assert [name for name in left if not hasattr(found, name)] == []


def test_nothing_is_listed_that_is_there():
    for pattern in absent:
        module, _, last = pattern.rpartition(".")
        if "*" in pattern:
            with pytest.raises(ImportError):
                importlib.import_module(module)
        else:
            try:
                assert not hasattr(importlib.import_module(module), last), pattern
            except ImportError:
                continue
