#!/usr/bin/env python3
"""Runs the Python of a Markdown or Quarto document, in order and in one namespace, as its reader would.

Blocks opened by ```python, ```{python} or ```{.python} are executed and what they print is shown under the
file and line of their fence; so is the value of a block that ends in an expression. Inline `{python}
expression` is evaluated where it stands. A block with `#| eval: false` is skipped, one with `#| error: true`
may fail. Documents scraped from a web page, with rows of `|` between any two lines and no indentation, run
too: it is put back.

    tools/run_document.py docs/memory-wall.md
    tools/run_document.py guide.md --define h100=mlsysim.Hardware.H100 --assumptions mlsysim-0.1

Exit status: 0 all ran; 1 something failed, and the file and line of the document are on stderr; 2 no such
file.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import collections
import contextlib
import importlib
import io
import itertools
import os
import re
import sys
import tokenize
import traceback
import types
import warnings
from dataclasses import dataclass
from pathlib import Path

Line = tuple[int, str]  # its number in the file, and its text


@dataclass
class Block:
    fence: int  # line number of the opening fence
    lines: list[Line]
    info: str  # what stands behind the fence's ticks

    def option(self, name: str) -> str | None:
        """Quarto's `#| name: value` at the top of the block, or name=value behind the fence; lower case."""
        for _, text in self.lines:
            if not text.strip().startswith("#|"):
                break
            key, _, value = text.strip()[2:].partition(":")
            if key.strip() == name:
                return value.strip().lower()
        found = re.search(rf"\b{name}\s*=\s*[\"']?(\w+)", self.info)
        return found.group(1).lower() if found else None


@dataclass
class Inline:
    line: int
    expression: str


class Failure(Exception):
    """What to print after "file:line: ", and the line of the document."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


def document_lines(text: str) -> tuple[list[Line], bool]:
    """The document's lines, and whether they were scraped: then rows of `|` stand for its line ends."""
    lines = list(enumerate(text.split("\n"), 1))
    is_row = [bool(re.fullmatch(r"\|+", line.strip())) for _, line in lines]
    if sum(is_row) * 3 < len(lines):
        return lines, False
    runs = [len(list(run)) for row, run in itertools.groupby(is_row) if row]
    per_line_end = max(set(runs), key=runs.count)
    kept: list[Line] = []
    rows = 0
    for (number, line), row in zip(lines, is_row, strict=True):
        if row:
            rows += 1
            continue
        kept += [(number, "")] * (rows // per_line_end - 1)  # a longer run is an empty line
        kept.append((number, line))
        rows = 0
    return kept, True


_fence = re.compile(r"(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
_python = re.compile(r"\{?\s*\.?(python3?|py)\b(?!-)", re.IGNORECASE)
_inline = re.compile(r"(?<!`)`\{python\}\s+([^`]+)`(?!`)")


def parts(lines: list[Line]) -> list[Block | Inline]:
    """What there is to run, in order. Raises ``Failure`` for a fence that is never closed."""
    found: list[Block | Inline] = []
    rest = iter(lines)
    for number, text in rest:
        opening = _fence.fullmatch(text)
        if not opening or (opening["ticks"][0] == "`" and "`" in opening["info"]):
            found += [Inline(number, match.group(1).strip()) for match in _inline.finditer(text)]
            continue
        indent, ticks, info = len(opening["indent"]), opening["ticks"], opening["info"].strip()
        body: list[Line] = []
        for inner, inner_text in rest:
            stripped = inner_text.strip()
            if len(stripped) >= len(ticks) and not stripped.strip(ticks[0]):
                break
            body.append((inner, inner_text[min(indent, len(inner_text) - len(inner_text.lstrip())) :]))
        else:
            raise Failure(number, "this fence is never closed")
        if _python.match(info):
            found.append(Block(number, body, info))
    return found


@dataclass
class _Suite:
    """An indented suite that is still open: the word that opened it, and the names that it has bound."""

    word: str
    names: set[str]

    def ends_before(self, uses: set[str]) -> bool:
        """Whether a statement after an empty line is behind this suite."""
        if self.word == "class":
            return False
        return self.word not in ("for", "while", "def") or not self.names & uses


_continues = {
    "elif": ("if", "elif"), "else": ("if", "elif", "for", "while", "except"),
    "except": ("try", "except"), "finally": ("try", "except", "else"),
}  # fmt: skip


def indented(lines: list[Line]) -> list[Line]:
    """Code that lost its indentation, as scraped pages do, with the indentation it most likely had.

    A colon opens a suite. What closes one is a guess: `return` and its like do; a class runs to the end of
    the block; behind an empty line, a loop or a function goes on as long as names are used that it bound,
    other suites end.
    """
    result = list(lines)
    open_suites: list[_Suite] = []
    leaves = False  # the statement before was a return or its like
    statement: list[tokenize.TokenInfo] = []
    source = iter([text + "\n" for _, text in lines])
    for token in tokenize.generate_tokens(lambda: next(source, "")):
        if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            continue
        statement.append(token)
        if token.type != tokenize.NEWLINE:
            continue
        first, last = statement[0].start[0] - 1, token.start[0] - 1
        word, opens = statement[0].string, statement[-2].string == ":"
        text = "\n".join(line for _, line in lines[first : last + 1])
        statement = []

        above = first - 1
        while above >= 0 and lines[above][1].startswith("#"):
            above -= 1
        names = _names(text + " pass" if opens else text)
        if word in _continues:
            while open_suites and open_suites.pop().word not in _continues[word]:
                pass
        elif leaves and open_suites:
            open_suites.pop()
        if word in ("def", "class", "@"):
            while open_suites and open_suites[-1].word != "class":
                open_suites.pop()
        elif word not in _continues and above >= 0 and not lines[above][1].strip():
            while open_suites and open_suites[-1].ends_before(names["Load"]):
                open_suites.pop()

        result[first] = (lines[first][0], "    " * len(open_suites) + lines[first][1])
        for suite in open_suites:
            suite.names |= names["Store"]
        if opens:
            open_suites.append(_Suite(word, names["Store"]))
        leaves = word in ("return", "raise", "break", "continue", "pass")
    return result


def _names(statement: str) -> dict[str, set[str]]:
    """The names that a statement binds ("Store") and uses ("Load")."""
    found: dict[str, set[str]] = {"Store": set(), "Load": set(), "Del": set()}
    with contextlib.suppress(SyntaxError):  # an `else:` by itself
        for node in ast.walk(ast.parse(statement)):
            if isinstance(node, ast.Name):
                found[type(node.ctx).__name__].add(node.id)
            elif isinstance(node, ast.arg):
                found["Store"].add(node.arg)
    return found


class _Modules(dict):
    """Modules by name, imported when asked for: `--define h100=mlsysim.Hardware.H100` needs no import."""

    def __missing__(self, name: str):
        if hasattr(builtins, name):
            raise KeyError(name)
        try:
            return importlib.import_module(name)
        except ImportError:
            raise KeyError(name) from None


class Runner:
    def __init__(self, path: str, scraped: bool):
        self.path, self.scraped = path, scraped
        self.module = types.ModuleType("__main__")  # what a reader's own interpreter would call it
        self.module.__file__ = path
        self.names = self.module.__dict__

    def define(self, name: str, expression: str) -> None:
        self.names[name] = eval(expression, {}, collections.ChainMap(self.names, _Modules()))

    def _in_document(self, tree: ast.AST, lines: list[Line]) -> ast.AST:
        """With the document's line numbers, so that every traceback points into the document."""
        for node in ast.walk(tree):
            for name in ("lineno", "end_lineno"):
                if getattr(node, name, None) is not None:
                    setattr(node, name, lines[min(getattr(node, name), len(lines)) - 1][0])
        return tree

    def _compile(self, tree: ast.AST, mode: str):
        return compile(tree, self.path, mode, dont_inherit=True)

    def _failure(self, error: BaseException, lines: list[Line]) -> Failure:
        message = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        if isinstance(error, SyntaxError) and error.filename == self.path and error.lineno is not None:
            return Failure(lines[min(error.lineno, len(lines)) - 1][0], message)
        frames = traceback.extract_tb(error.__traceback__)
        here = [frame for frame in frames if frame.filename == self.path]
        if frames and here and frames[-1] is not here[-1]:
            message += f"\n  raised at {frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name}"
        return Failure(here[-1].lineno if here else lines[0][0], message)

    def run(self, block: Block) -> None:
        """Raises ``Failure``. Shows the value of a last expression as a notebook does, unless `;` ends it."""
        lines = block.lines
        if self.scraped and not any(text[:1].isspace() for _, text in lines):
            with contextlib.suppress(tokenize.TokenError):
                lines = indented(lines)
        source = "\n".join(text for _, text in lines)
        try:
            tree = self._in_document(ast.parse(source, self.path), lines)
            last = tree.body[-1] if tree.body else None
            shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
            if shown:
                tree.body.pop()
            exec(self._compile(tree, "exec"), self.names)
            if shown:
                value = eval(self._compile(ast.Expression(last.value), "eval"), self.names)
                if value is not None:
                    print(repr(value))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit() in a document is a failure too
            raise self._failure(error, lines) from error

    def evaluate(self, inline: Inline) -> object:
        lines = [(inline.line, inline.expression)]
        try:
            tree = self._in_document(ast.parse(inline.expression, self.path, "eval"), lines)
            return eval(self._compile(tree, "eval"), self.names)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._failure(error, lines) from error


def run_document(path: str, defines: list[tuple[str, str]]) -> str:
    """Runs it all and returns the count line. Raises ``Failure`` at the first thing that fails."""
    lines, scraped = document_lines(Path(path).read_text(encoding="utf-8"))
    todo = parts(lines)
    runner = Runner(path, scraped)
    for name, expression in defines:
        try:
            runner.define(name, expression)
        except Exception as error:
            raise Failure(0, f"--define {name}={expression}: {type(error).__name__}: {error}") from error

    blocks = inlines = skipped = 0
    sys.modules["__main__"] = runner.module  # where dataclasses and pickle look up what the document defines
    for part in todo:
        if isinstance(part, Inline):
            print(f"{path}:{part.line}: {part.expression} = {runner.evaluate(part)}")
            inlines += 1
            continue
        if part.option("eval") == "false":
            skipped += 1
            continue
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                runner.run(part)
        except Failure as failure:
            if part.option("error") != "true":
                raise
            print(failure, file=output)
        finally:
            if output.getvalue():
                print(f"{path}:{part.fence}:")
                print(output.getvalue().rstrip("\n"))
        blocks += 1
    skips = f" ({skipped} skipped by eval: false)" if skipped else ""
    return f"{blocks} blocks, {inlines} inline expressions ran{skips}"


def _definition(text: str) -> tuple[str, str]:
    name, equals, expression = text.partition("=")
    if not equals or not name.strip().isidentifier() or not expression.strip():
        raise argparse.ArgumentTypeError(f"expected name=python-expression, got {text!r}")
    return name.strip(), expression.strip()


def main() -> int:
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("document", help="a Markdown or Quarto file")
    parser.add_argument("--assumptions", metavar="NAME", help="runs under this set: MLSYSIM_ASSUMPTIONS=NAME")
    parser.add_argument(
        "--define", metavar="NAME=EXPR", type=_definition, action="append", default=[],
        help="a name that the document takes for granted; modules in EXPR are imported; may repeat",
    )  # fmt: skip
    arguments = parser.parse_args()

    os.environ["MPLBACKEND"] = "Agg"  # before anything imports matplotlib
    if arguments.assumptions is not None:
        os.environ["MLSYSIM_ASSUMPTIONS"] = arguments.assumptions
    warnings.filterwarnings("ignore", message=".*non-interactive")  # what Agg says to every fig.show()
    try:
        print(run_document(arguments.document, arguments.define))
        return 0
    except Failure as failure:
        sys.stdout.flush()
        where = f"{arguments.document}:{failure.line}" if failure.line else arguments.document
        print(f"{where}: {failure}", file=sys.stderr)
        if failure.line:
            source = Path(arguments.document).read_text(encoding="utf-8").splitlines()[failure.line - 1]
            print(f"  {failure.line} | {source}", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"{arguments.document}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
