"""Every recorded call of the original, asked as its users ask it: how many agree, and why the others do not."""

from __future__ import annotations

import collections
import re
from pathlib import Path

import pytest
from replay import every_row, outcome

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

table = tomllib.loads((Path(__file__).parents[2] / "docs/recorded.toml").read_text(encoding="utf-8"))
classes = {one["what"]: one for one in table["class"]}


def class_of(api: str, said: str) -> str:
    found = [name for name, one in classes.items() if api in one["apis"] and re.search(one["says"], said)]
    assert len(found) == 1, f"{api}: {said[:300]!r} is in {found or 'no class of docs/recorded.toml'}"
    return found[0]


@pytest.fixture(scope="module")
def said():
    """(API, outcome) of every call; an empty outcome agrees."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # arguments that do not count are stated in every recorded call
        return [(row["api"], outcome(row)) for row in every_row()]


def test_every_call_agrees_to_a_millionth_or_is_in_one_class_and_every_class_has_its_count(said):
    counts = collections.Counter(class_of(api, one) for api, one in said if one)
    assert {name: counts[name] for name in classes} == {name: one["count"] for name, one in classes.items()}


def test_more_than_nine_calls_in_ten_agree_and_exactly_so_many(said):
    agreeing = sum(not one for _, one in said)
    assert len(said) == table["rows"]
    assert agreeing == table["rows"] - sum(one["count"] for one in classes.values())
    assert agreeing >= 0.9 * len(said)
