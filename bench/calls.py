"""Times calls from Python and prints the samples as JSON. It runs under this package and under the original 0.1.1, whose names
are the same: `python bench/calls.py 15` takes 15 samples of each.

A sample is CPU time of the process, in seconds a call, over enough calls to take a hundredth of a second or more.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def samples(call: Callable[[], object], count: int, calls_each: int = 1) -> list[float]:
    call()  # what is made on first use is not what is measured
    calls = 1
    while True:
        begun = time.process_time()
        for _ in range(calls):
            call()
        taken = time.process_time() - begun
        if taken > 0.01:
            break
        calls = max(2 * calls, int(calls * 0.012 / max(taken, 1e-6)))
    result = []
    for _ in range(count):
        begun = time.process_time()
        for _ in range(calls):
            call()
        result.append((time.process_time() - begun) / calls / calls_each)
    return result


def main() -> None:
    count = int(sys.argv[1])
    import mlsysim
    from mlsysim import Engine, Hardware, Models

    model, h100, a100 = Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.A100
    batch_sizes = [2**i for i in range(10)]
    timed = {
        "solve": samples(lambda: Engine.solve(model=model, hardware=h100, batch_size=32), count),
        "engine_sweep": samples(
            lambda: Engine.sweep(model, [h100, a100], batch_sizes), count, 2 * len(batch_sizes)
        ),
    }
    if hasattr(mlsysim, "sweep"):  # columns: only this package has it
        profile = Engine.solve(model=model, hardware=h100, batch_size=32)
        timed["solve_and_value"] = samples(
            lambda: Engine.solve(model=model, hardware=h100, batch_size=32).value("latency"), count
        )
        timed["quantity"] = samples(lambda: profile.latency, count)
    json.dump(timed, sys.stdout)


if __name__ == "__main__":
    main()
