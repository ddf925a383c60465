"""The batch search under the original's assumptions, against its recorded calls."""

from parity import compare, registry, rows

import mlsysim


def test_every_recorded_call_agrees():
    agreed = 0
    for row in rows("BatchingOptimizer.solve"):
        arguments = {**row["inputs"], "model": registry(row["inputs"]["model"]), "hardware": registry(row["inputs"]["hardware"])}
        answer = mlsysim.BatchingOptimizer().solve(**arguments, assumptions="mlsysim-0.1")
        outputs = {k: v for k, v in row["outputs"].items() if k != "best_config"}
        outputs |= {f"best_config.{k}": v for k, v in row["outputs"]["best_config"].items()}
        assert compare(outputs, answer) == [], row["id"]
        agreed += 1
    assert agreed == 28
