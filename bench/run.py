#!/usr/bin/env python3
"""One run, one table: what the core, the Python package and the command cost, each beside something else of the same run.

    python bench/run.py                                  builds, measures, prints
    python bench/run.py --markdown docs/benchmarks.md    writes the page too
    python bench/run.py --samples 5                      a quick look (default 15)

Nothing here asserts a time. Beside a figure stand the original package 0.1.1 (installed into build/original, run as a
subprocess; without a network the run says that it is missing), the same law written by hand in NumPy, and the machine's divider.
C++ and Python figures are CPU time, starts are both CPU and elapsed time. Other work on the machine only ever adds, so the best
sample is compared; the median and the distance between quartiles say how quiet the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from table import Row, faster, markdown_table, shown_rate, shown_time, text_table, times

root = Path(__file__).resolve().parents[1]
build = root / "build/bench"
original = root / "build/original"
original_version = "0.1.1"
asked = ["--batch-size", "32"]
Processes = dict[str, dict[str, list[float]]]  # name, "elapsed" or "cpu", seconds


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(words: list, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(w) for w in words], check=False, capture_output=True, text=True, **options)


def checked(words: list, **options) -> str:
    done = run(words, **options)
    if done.returncode:
        sys.exit(f"{' '.join(str(w) for w in words)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


# ---- what is measured ----------------------------------------------------------------------------------------------------


def python_of_the_project() -> Path:
    """.venv where ./test has made it, else an environment of our own with what the package and its build need."""
    for home in (root / ".venv", root / "build/bench-python"):
        python = home / "bin/python"
        if python.exists() and run([python, "-c", "import numpy, pint, nanobind"]).returncode == 0:
            return python
    home = root / "build/bench-python"
    note(f"making {home.relative_to(root)}")
    checked([sys.executable, "-m", "venv", home])
    checked([home / "bin/python", "-m", "pip", "install", "--quiet", "numpy", "pint", "nanobind"])
    return home / "bin/python"


def build_all(python: Path) -> None:
    note("building")
    cache = build / "CMakeCache.txt"
    if cache.exists() and f"Python_EXECUTABLE:UNINITIALIZED={python}\n" not in cache.read_text():
        cache.unlink()  # it remembers another Python
    ccache = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    options = [f"-DMLSYSIM_{option}=ON" for option in ("STANDALONE", "BENCH", "PYTHON")]
    options += ["-DCMAKE_BUILD_TYPE=Release", f"-DPython_EXECUTABLE:UNINITIALIZED={python}"]
    checked(["cmake", "-S", root, "-B", build, "-G", "Ninja", *options, *ccache])
    checked(["cmake", "--build", build, "--target", "mlsysim_bench", "mlsysim", "_core"])


def original_python() -> Path | None:
    """The original in an environment of its own; nothing where it can't be had."""
    python = original / "bin/python"
    version = "import importlib.metadata; print(importlib.metadata.version('mlsysim'))"
    if python.exists() and run([python, "-c", version]).stdout.strip() == original_version:
        return python
    note(f"installing mlsysim=={original_version} into {original.relative_to(root)}")
    if run([sys.executable, "-m", "venv", original]).returncode:
        return None
    pip = run([python, "-m", "pip", "install", "--quiet", f"mlsysim=={original_version}"])
    return python if pip.returncode == 0 else None


def environment() -> dict[str, str]:
    """That of somebody who has set nothing."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MLSYSIM", "PYTHON"))}


def ours() -> dict[str, str]:
    return {**environment(), "PYTHONPATH": str(build / "python")}


def in_cpp(count: int) -> dict[str, dict]:
    """Name of a benchmark to its samples (seconds an iteration or a row) and its counters."""
    options = ["--benchmark_format=json", f"--benchmark_repetitions={count}", "--benchmark_min_time=0.03"]
    options += ["--benchmark_enable_random_interleaving=true"]
    document = json.loads(checked([build / "bench/mlsysim_bench", *options], env=environment()))
    found: dict[str, dict] = {}
    for each in document["benchmarks"]:
        if each["run_type"] != "iteration":
            continue
        entry = found.setdefault(each["name"], {"samples": [], **each})
        rate = each.get("items_per_second")
        entry["samples"].append(1 / rate if rate else each["cpu_time"] * 1e-9)
    return found


def script(python: Path, name: str, count: int, env: dict[str, str]) -> dict:
    return json.loads(checked([python, root / "bench" / name, count], env=env))


def starts(commands: dict[str, tuple[list[str], dict[str, str]]], count: int) -> Processes:
    """Elapsed and CPU seconds of whole processes, taken in turns."""
    samples = {name: {"elapsed": [], "cpu": []} for name in commands}
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    for turn in range(count + 1):
        for name, (words, env) in commands.items():
            begun = time.perf_counter()
            child = os.posix_spawn(words[0], words, env, file_actions=quiet)
            _, status, usage = os.wait4(child, 0)
            elapsed = time.perf_counter() - begun
            if status:
                sys.exit(f"{' '.join(words)} failed")
            if turn:  # the first one reads files from disk and writes byte code
                samples[name]["elapsed"].append(elapsed)
                samples[name]["cpu"].append(usage.ru_utime + usage.ru_stime)
    return samples


# ---- what is printed -----------------------------------------------------------------------------------------------------

cases = (("inference", "Llama-3-8B"), ("training", "Llama-3-8B training"), ("experts", "Mixtral-8x7B"))


def one_answer(cpp: dict, calls: dict, old: dict | None) -> list[Row]:
    division = min(cpp["divider<double>"]["samples"])
    rows = []
    for case, text in cases:
        found = cpp[f"answer/{case}"]
        row = Row(f"wall function, {text}", found["samples"], goal=50e-9)
        divisions = int(found["divisions"])
        row.beside = (
            f"{times(row.best / (divisions * division))} its {divisions} divisions; "
            f"{found['inputs']:.0f} figures in, {found['outputs']:.0f} results out"
        )
        rows.append(row)
    bare = rows[0].best
    operators = Row("inference wall, operator by operator", cpp["answer_operators"]["samples"], goal=10e-6)
    operators.beside = f"{times(operators.best / bare)} the wall function; prompt, step and requests in flight"
    rows.append(operators)
    training = Row("training wall: a layout on 1,024 devices", cpp["answer_training"]["samples"], goal=5e-6)
    training.beside = f"{times(training.best / bare)} the wall function; time by part, memory by rank"
    rows.append(training)
    for name, text in (
        ("evaluate", "evaluate(EngineQuery{…}): structs, no rows"),
        ("face", "C++: solve(EngineQuery{…}), checked"),
        ("check", "Question: check alone"),
        ("words_to_answer", "Question: words to answer"),
        ("trace", "traced run: the expression graph"),
        ("explain_text/latency", "derivation of latency as text"),
        ("explain_text/all", "derivation of every result as text"),
    ):
        row = Row(text, cpp[name]["samples"])
        row.beside = f"{times(row.best / bare)} the wall function"
        rows.append(row)
    solve = Row("Python: Engine.solve", calls["solve"], goal=10e-6)
    solve.beside = faster(solve, old and old["solve"], "the original")
    value = Row('Python: Engine.solve, then .value("latency")', calls["solve_and_value"])
    quantity = Row("Python: .latency as a pint quantity", calls["quantity"])
    for row in (value, quantity):
        row.beside = f"{times(row.best / solve.best)} Engine.solve"
    return [*rows, solve, value, quantity]


def many_rows(cpp: dict, calls: dict, hand: dict, old: dict | None) -> list[Row]:
    packed_division = min(cpp["divider<Pack>"]["samples"])
    limit = "the machine's limit"
    rows = [Row("the divider: packed divisions", cpp["divider<Pack>"]["samples"], limit, rate=True)]
    for case, text in cases:
        divisions = int(cpp[f"answer/{case}"]["divisions"])
        packed = cpp[f"rows_packed/{case}"]["samples"]
        row = Row(f"wall in packs, every result, {text}", packed, rate=True, goal=20e-9)
        share = divisions * packed_division / row.best
        scalar = min(cpp[f"rows_scalar/{case}"]["samples"]) / row.best
        limit = f"{100 * share:.0f} % of the divider's limit of {shown_rate(divisions * packed_division)}"
        row.beside = f"{limit}; {times(scalar)} the rate of single calls"
        rows.append(row)
    four = Row("Sweep, 4 results", cpp["rows_swept/four"]["samples"], rate=True, goal=20e-9)
    four.beside = faster(four, cpp["rows_scalar/inference"]["samples"], "the wall one by one")
    every = Row("Sweep, every result", cpp["rows_swept/all"]["samples"], rate=True)
    every.beside = faster(every, cpp["rows_scalar/inference"]["samples"], "the wall one by one")
    operators = Row("Sweep operator by operator, 4 results", cpp["swept_operators"]["samples"], rate=True, goal=10e-6)
    operators.beside = faster(operators, cpp["answer_operators"]["samples"], "one by one")
    by_hand = f"NumPy by hand, {hand['results']} results"
    swept = Row(f"mlsysim.sweep from Python, {hand['results']} results", hand["sweep"], rate=True)
    swept.beside = faster(swept, hand["numpy"], by_hand)
    swept_four = Row("mlsysim.sweep from Python, 4 results", hand["sweep_four"], rate=True)
    swept_four.beside = faster(swept_four, hand["numpy"], by_hand)
    numpy = Row(by_hand, hand["numpy"], rate=True)
    apart = {name: d for name, d in hand["differences"].items() if not d < 1e-12}
    numpy.beside = (
        f"PARTS from the wall in {', '.join(apart)}: mend bench/by_hand.py"
        if apart
        else f"the same figures to {max(hand['differences'].values()):.0e}"
    )
    objects = Row("Engine.sweep, a list of objects", calls["engine_sweep"], rate=True)
    objects.beside = faster(objects, old and old["engine_sweep"], "the original")
    return [*rows, operators, four, every, swept, swept_four, numpy, objects]


def starting(processes: Processes) -> list[Row]:
    def row(name: str, kind: str, text: str, floor: str, goal: float | None = None) -> Row:
        mine = Row(text, processes[name][kind], goal=goal)
        theirs = processes.get(f"original {name}")
        mine.beside = faster(mine, theirs and theirs[kind], "the original")
        mine.beside += f"; {floor} takes {shown_time(min(processes[floor][kind]))}"
        return mine

    command = " ".join(["mlsysim eval llama-3-8b h100", *asked])
    return [
        row("command", "elapsed", f"{command}, elapsed", "true", 10e-3),
        row("command", "cpu", "the same, CPU", "true"),
        row("import", "cpu", "python -c 'import mlsysim', CPU", "python -c pass", 100e-3),
        row("import", "elapsed", "the same, elapsed", "python -c pass"),
        row("first", "cpu", "import and the first Engine.solve, CPU", "python -c pass"),
    ]


def machine(load: float) -> list[str]:
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    commit = run(["git", "-C", root, "rev-parse", "--short", "HEAD"]).stdout.strip() or "no commit"
    changed = run(
        ["git", "-C", root, "status", "--porcelain", "--", "src", "apps", "python", "bench", "data"]
    )
    compiler = checked(["c++", "--version"]).splitlines()[0]
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"{model}, {cores} cores; {platform.system()} {platform.release()}; {compiler}, -O2",
        f"commit {commit}{' with changes' if changed.stdout.strip() else ''}; load average {load:.1f}",
    ]
    if load > 0.3 * cores:
        lines.append(
            f"WARNING: other work is running on these {cores} cores: trust ratios, not the last digit"
        )
    return lines


page = """# Benchmarks

Made by `python bench/run.py --markdown docs/benchmarks.md`: one run, one machine. Fast is a ratio against something else of the
same run, and no test asserts a time.

{machine}

- *best*, *median* and *spread* (distance between the quartiles over the median) are of {count} samples. Other work on a machine
  only ever adds, so best is compared with best.
- C++ and Python figures are CPU time. A row of a sweep is one configuration; M/s is millions of them a second on one core.
- *The original* is mlsysim {version} from PyPI in an environment of its own{original}.
- *NumPy by hand* is `bench/by_hand.py`: the equations of the same wall over an array of a million batch sizes, everything that does
  not depend on the batch computed once. The run compares its figures with those of the wall.
- *The divider* is what the machine divides in packs of two doubles; the divisions of a row are counted by running the wall over
  `Traced`. So many divisions take so long, however the rest is written.
- Unless said otherwise the question is one step of Llama-3-8B on an H100 in fp16; `bench/core.cpp` has the others.

{tables}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page there too")
    parser.add_argument("--samples", type=int, default=15, metavar="N")
    options = parser.parse_args()

    load = os.getloadavg()[0]  # before we add to it
    python = python_of_the_project()
    build_all(python)
    old_python = original_python()
    if not old_python:
        note(f"mlsysim=={original_version} could not be installed: nothing is compared with the original")
    about = machine(load)

    note("measuring C++")
    cpp = in_cpp(options.samples)
    note("measuring Python")
    calls = script(python, "calls.py", options.samples, ours())
    old = script(old_python, "calls.py", options.samples, environment()) if old_python else None
    note("measuring rows")
    hand = script(python, "by_hand.py", options.samples, ours())
    note("measuring starts")
    command = [str(build / "mlsysim"), "eval", "llama-3-8b", "h100", *asked]
    first = "from mlsysim import Engine, Hardware, Models; Engine.solve(Models.Llama3_8B, Hardware.Cloud.H100, 32)"
    commands = {
        "true": (["/bin/true"], environment()),
        "python -c pass": ([str(python), "-c", "pass"], ours()),
        "command": (command, environment()),
        "import": ([str(python), "-c", "import mlsysim"], ours()),
        "first": ([str(python), "-c", first], ours()),
    }
    if old_python:
        cli = str(original / "bin/mlsysim")
        commands["original command"] = ([cli, "eval", "Llama3_8B", "H100", *asked], environment())
        commands["original import"] = ([str(old_python), "-c", "import mlsysim"], environment())
        commands["original first"] = ([str(old_python), "-c", first], environment())
    processes = starts(commands, options.samples)

    tables = {
        "One answer": one_answer(cpp, calls, old),
        "Rows of a sweep": many_rows(cpp, calls, hand, old),
        "Starting": starting(processes),
    }
    print("\n".join(about))
    for title, rows in tables.items():
        print(f"\n{title}\n{text_table(rows)}")
    if options.markdown:
        text = page.format(
            machine="  \n".join(about),
            count=options.samples,
            version=original_version,
            original="" if old_python else " (it could not be installed for this run)",
            tables="\n\n".join(f"## {title}\n\n{markdown_table(rows)}" for title, rows in tables.items()),
        )
        options.markdown.write_text(text)
        note(f"{options.markdown} written")


if __name__ == "__main__":
    main()
