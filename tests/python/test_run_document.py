"""tools/run_document.py on small documents."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

tool = Path(__file__).parents[2] / "tools" / "run_document.py"


@pytest.fixture
def run(tmp_path):
    """Writes a document and runs it: the exit status, and what came out on stdout and stderr, by line."""

    def run(text, *arguments, name="doc.md"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        unset = ("MLSYSIM_ASSUMPTIONS", "MPLBACKEND")
        env = {key: value for key, value in os.environ.items() if key not in unset}
        command = [sys.executable, tool, name, *arguments]
        result = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return result.returncode, result.stdout.splitlines(), result.stderr.splitlines()

    return run


def scraped(text, per_line_end=2):
    """As a web page gives a document away: rows of | for line ends, no empty lines, no indentation."""
    rows = ["|", "||"][:per_line_end]
    lines = [line.strip() for line in text.rstrip("\n").split("\n")]
    out = [lines[0]]
    for line in lines[1:]:
        out += rows + ([line] if line else [])
    return "\n".join([*out, "|"]) + "\n"


def test_3_spellings_of_a_python_block_run_in_one_namespace(run):
    text = dedent("""\
        # Title

        ```python
        x = 2
        print("first")
        ```

        ```{python}
        #| echo: false
        y = x * 3
        ```

        ``` {.python}
        print(x + y)
        ```
        """)
    out = ["doc.md:3:", "first", "doc.md:13:", "8", "3 blocks, 0 inline expressions ran"]
    assert run(text) == (0, out, [])


def test_other_languages_are_not_run_and_longer_fences_hold_shorter_ones(run):
    text = dedent("""\
        ```bash
        exit 1
        ```
        ```
        Time = FLOPs / Peak
        ```
        ```{.tikz}
        \\draw
        ```
        ```python-repl
        >>> 1
        ```
        ````markdown
        ```python
        1 / 0
        ```
        ````
        ~~~python
        print("ran")
        ~~~
        """)
    assert run(text) == (0, ["doc.md:18:", "ran", "1 blocks, 0 inline expressions ran"], [])


def test_an_indented_block_of_a_list_loses_the_lists_indentation(run):
    text = "1. First:\n\n   ```python\n   for i in range(2):\n       print(i)\n   ```\n"
    assert run(text) == (0, ["doc.md:3:", "0", "1", "1 blocks, 0 inline expressions ran"], [])


def test_a_last_expression_is_shown_as_in_a_notebook_unless_a_semicolon_ends_it(run):
    text = "```python\nx = 6\nx * 7\n```\n```python\nx * 8;\n```\n```python\nNone\n```\n"
    assert run(text) == (0, ["doc.md:1:", "42", "3 blocks, 0 inline expressions ran"], [])


def test_2_inline_expressions_are_evaluated_where_they_stand(run):
    text = "```{python}\nn = 8\n```\n| `{python} n` of | `{python} n * 2` |\n\nNot ``{python} m`` nor `n`.\n"
    out = ["doc.md:4: n = 8", "doc.md:4: n * 2 = 16", "1 blocks, 2 inline expressions ran"]
    assert run(text) == (0, out, [])


def test_a_failing_inline_expression_is_named_with_its_line(run):
    status, _, errors = run("text\n\nThe ratio is `{python} ratio`.\n")
    assert status == 1
    assert errors == [
        "doc.md:3: NameError: name 'ratio' is not defined",
        "  3 | The ratio is `{python} ratio`.",
    ]


def test_a_block_with_eval_false_is_skipped_and_counted(run):
    skipped = "```python\n#| label: x\n#| eval: false\n1 / 0\n```\n```{python, eval=FALSE}\n1 / 0\n```\n"
    out = ["doc.md:9:", "3", "1 blocks, 0 inline expressions ran (2 skipped by eval: false)"]
    assert run(skipped + "```python\n3\n```\n") == (0, out, [])


def test_a_block_with_error_true_shows_its_error_and_goes_on(run):
    text = "```python\n#| error: true\n1 / 0\n```\n```python\nprint('on')\n```\n"
    out = ["doc.md:1:", "ZeroDivisionError: division by zero", "doc.md:5:", "on"]
    assert run(text) == (0, [*out, "2 blocks, 0 inline expressions ran"], [])


def test_a_failure_names_the_failing_line_and_shows_what_was_printed_before(run):
    text = "# T\n\n```python\ndef f(n):\n    return n / 0\n\nprint('before')\nf(\n    3,\n)\n```\n"
    status, out, errors = run(text)
    assert (status, out) == (1, ["doc.md:3:", "before"])
    assert errors == ["doc.md:5: ZeroDivisionError: division by zero", "  5 |     return n / 0"]


def test_a_failure_inside_a_library_names_both_places(run):
    status, _, errors = run("```python\nimport json\njson.loads('{')\n```\n")
    assert status == 1
    assert errors[0].startswith("doc.md:3: json.decoder.JSONDecodeError")
    assert "raised at" in errors[1] and "decoder.py" in errors[1]
    assert errors[2] == "  3 | json.loads('{')"


def test_a_syntax_error_names_its_line(run):
    status, _, errors = run("text\n```python\nx = 1\ny = = 2\n```\n")
    assert status == 1
    assert errors[0].startswith("doc.md:4: SyntaxError")


def test_leaving_python_from_a_document_is_a_failure(run):
    status, _, errors = run("```python\nimport sys\nsys.exit(0)\n```\n")
    assert (status, errors[0]) == (1, "doc.md:3: SystemExit: 0")


def test_a_fence_that_is_never_closed_is_a_failure(run):
    status, _, errors = run("text\n```python\nx = 1\n")
    assert (status, errors[0]) == (1, "doc.md:2: this fence is never closed")


def test_names_that_a_document_takes_for_granted_can_be_defined(run):
    text = "```python\nprint(radius, circle(radius), twice)\n```\n"
    defines = ["--define", "radius=2", "--define", "circle=math.floor", "--define", "twice=radius * 2"]
    assert run(text, *defines) == (0, ["doc.md:1:", "2 2 4", "1 blocks, 0 inline expressions ran"], [])


def test_a_definition_that_fails_is_named(run):
    status, _, errors = run("text\n", "--define", "h100=math.Hardware")
    assert (status, errors[0].split(": ", 1)[0]) == (1, "doc.md")
    assert "--define h100=math.Hardware: AttributeError" in errors[0]
    status, _, errors = run("text\n", "--define", "h100")
    assert status == 2 and "expected name=python-expression, got 'h100'" in errors[-1]


def test_assumptions_and_the_backend_without_a_screen_are_set(run):
    code = "from os import getenv\nprint(getenv('MLSYSIM_ASSUMPTIONS'), getenv('MPLBACKEND'))"
    text = f"```python\n{code}\n```\n"
    assert run(text, "--assumptions", "mlsysim-0.1")[1][1] == "mlsysim-0.1 Agg"
    assert run(text)[1][1] == "None Agg"


def test_a_missing_document_is_status_2(run):
    assert run("")[0] == 0
    missing = subprocess.run([sys.executable, tool, "/nowhere/doc.md"], capture_output=True, text=True)
    assert missing.returncode == 2 and "/nowhere/doc.md" in missing.stderr


def test_a_dataclass_of_the_document_can_be_pickled_as_in_a_script(run):
    text = dedent("""\
        ```python
        import pickle
        from dataclasses import dataclass

        @dataclass
        class Chip:
            name: str

        print(pickle.loads(pickle.dumps(Chip("h100"))))
        ```
        """)
    assert run(text)[1][1] == "Chip(name='h100')"


page = dedent("""\
    # A page

    Some text, and a table:

    | a | b |
    |---|---|
    | 1 | `{python} 1 + 1` |

    ```{python}
    #| echo: false
    class Numbers:
        '''A namespace.'''

        # A comment.
        ridge = int(312 / 2.039)

        both = [
            ridge,
            ridge * 2,
        ]
    ```

    ```python
    rows = []
    for batch in [1, 64]:
        regime = "memory"

        # The crossover.
        if batch > 32:
            regime = "compute"

        rows.append([batch, regime])

    print(rows, Numbers.both)
    ```

    ```python
    def speedup(a, b):
        if b == 0:
            return 0
        return a / b

    @staticmethod
    def other(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return None
        else:
            x = 5

    print(speedup(3, 2), other(0))
    ```

    The ridge is `{python} Numbers.ridge`.
    """)
page_output = ["2", "[[1, 'memory'], [64, 'compute']] [153, 306]", "1.5 None", "153"]


@pytest.mark.parametrize("per_line_end", [1, 2])
def test_a_scraped_page_gives_the_output_of_the_page_it_was(run, per_line_end):
    def printed(result):
        status, out, errors = result
        assert (status, errors, out[-1]) == (0, [], "3 blocks, 2 inline expressions ran")
        return [line.rpartition(" = ")[2] for line in out[:-1] if not line.endswith(":")]

    assert printed(run(page)) == page_output
    assert printed(run(scraped(page, per_line_end))) == page_output


def test_a_failure_in_a_scraped_page_names_the_line_of_the_file(run):
    text = scraped("# T\n\nText\n\n```python\nx = 1\n\nfor i in [1]:\n    y = x / 0\n```\nEnd\n")
    status, _, errors = run(text)
    line = text.split("\n").index("y = x / 0") + 1
    assert status == 1
    assert errors == [f"doc.md:{line}: ZeroDivisionError: division by zero", f"  {line} | y = x / 0"]


def test_a_table_row_of_empty_cells_does_not_make_a_page_scraped(run):
    status, out, _ = run("| a |\n|---|\n||\n\n```python\nif True:\n    print('indented')\n```\n")
    assert (status, out[1]) == (0, "indented")
