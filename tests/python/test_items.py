"""Every numbered claim of the documents has a test that carries its number, or a stated reason why it has none."""

import re
from pathlib import Path

tests = Path(__file__).resolve().parents[1]

#: Claims that no test can hold, and why.
EXCLUDED = {
    59: "what a tutorial of the original contains (eight exercises, a capstone): no statement about a package",
}


def named(kind):
    """Numbers in the names of tests: of functions in Python, of cases in C++."""
    found = set()
    for file in tests.rglob("*.py"):
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE):
            found |= {int(number) for number in re.findall(rf"{kind}_c?(\d+)", name)}
    for file in tests.rglob("*.cpp"):
        for title in re.findall(r'TEST_CASE\("([^"]*)"', file.read_text(encoding="utf-8")):
            for list_of in re.findall(rf"{kind}s? ((?:\d+(?:, | and )?)+)", title):
                found |= {int(number) for number in re.findall(r"\d+", list_of)}
    return found


def test_every_item_from_1_to_73_is_named_by_a_test_or_excluded_with_a_reason():
    with_a_test = named("item")
    assert sorted(set(range(1, 74)) - with_a_test - set(EXCLUDED)) == []
    assert sorted(set(EXCLUDED) & with_a_test) == [], "excluded, and tested all the same"


def test_every_erratum_from_1_to_34_is_named_by_a_test_and_stands_in_the_page():
    assert sorted(set(range(1, 35)) - named("erratum")) == []
    page = (tests.parent / "docs/errata.md").read_text(encoding="utf-8")
    headings = [int(number) for number in re.findall(r"^### C(\d+): ", page, re.MULTILINE)]
    assert sorted(headings) == list(range(1, 35))
