"""docs/ and README.md: pages are as code and data make them, examples run, links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[2]
pages = [
    root / "README.md",
    *sorted((root / "docs").glob("*.md")),
    *sorted((root / "docs/learn").glob("*.md")),
    *sorted((root / "docs/walls").glob("*.md")),
]


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def made():
    """What `make_docs.py --check` says; run once."""
    import mlsysim

    package = str(Path(mlsysim.__file__).parents[1].absolute())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLSYSIM")}
    return subprocess.run(
        [sys.executable, root / "tools/make_docs.py", "--check"],
        check=False, capture_output=True, text=True, env={**environment, "PYTHONPATH": package},
    )  # fmt: skip


def test_every_page_is_as_the_code_and_the_data_make_it_and_shows_what_its_examples_print(made):
    assert made.returncode == 0, f"run tools/make_docs.py\n{made.stdout}{made.stderr}"


@pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(root)))
def test_every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or root not in (file, *file.parents):
            broken.append(target)
        elif anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", without_code(file.read_text(encoding="utf-8")), re.MULTILINE)
            if anchor not in map(slug, headings):
                broken.append(target)
        elif anchor and not 1 <= int(anchor.removeprefix("L")) <= len(
            file.read_text(encoding="utf-8").splitlines()
        ):
            broken.append(target)
    assert broken == []


def test_the_readme_has_fewer_than_200_lines():
    assert len((root / "README.md").read_text(encoding="utf-8").splitlines()) < 200


def test_the_cpp_of_the_readme_stands_in_the_example_that_is_built():
    (block,) = re.findall(
        r"^```cpp\n(.*?)^```$", (root / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    example = [
        line.strip() for line in (root / "examples/cpp/main.cpp").read_text(encoding="utf-8").splitlines()
    ]
    for part in block.strip("\n").split("\n\n"):
        lines = [line.strip() for line in part.splitlines()]
        assert any(example[i : i + len(lines)] == lines for i in range(len(example))), part


def test_every_term_of_the_glossary_is_defined_once():
    terms = [
        term.strip()
        for line in (root / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| term", "| ---"))
        for term in line.split("|")[1].split(",")
    ]
    assert len(terms) > 100
    assert sorted(terms) == sorted(set(terms))


def test_the_index_of_walls_has_all_22_in_order():
    index = (root / "docs/walls/README.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", index, re.MULTILINE)] == list(range(1, 23))


lessons = sorted((root / "docs/learn").glob("[0-9]*.md"))


@pytest.mark.parametrize("lesson", lessons, ids=lambda lesson: lesson.stem)
def test_a_lesson_asks_predicts_answers_explains_and_ends_with_an_exercise(lesson):
    text = lesson.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Predict", "Ask", "The answer", "Why", "Exercise"]
    assert "**The question.**" in text and re.search(r"^Walls: ", text, re.MULTILINE)
    answer = text[text.index("## The answer") : text.index("## Why")]
    assert re.search(r"!\[.+\]\(images/.+\.svg\)", answer), "no picture"
    assert "<details><summary>Answer</summary>" in text[text.index("## Exercise") :]
    assert "```console\n$ mlsysim" in text and "```python\n" in text
