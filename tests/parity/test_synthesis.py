"""Wall 22 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim


def test_every_recorded_call_agrees():
    agreed, refused = 0, []
    for row in rows("SynthesisSolver.solve"):
        target = row["inputs"]["target_latency"]
        arguments = {
            **row["inputs"],
            "model": registry(row["inputs"]["model"]),
            "target_latency": mlsysim.ureg.Quantity(target["value"], target["unit"]),
        }
        with mlsysim.assumptions.using("mlsysim-0.1"):
            if "error" in row["outputs"] or target["value"] <= 0:
                with pytest.raises(mlsysim.InputError, match="target_latency"):
                    mlsysim.SynthesisSolver().solve(**arguments)
                refused.append((target["value"], target["unit"], "error" in row["outputs"]))
                continue
            answer = mlsysim.SynthesisSolver().solve(**arguments)
        assert compare(row["outputs"], answer) == [], row["id"]
        agreed += 1
    # A target in the past: the original answers with negative rates.
    assert refused == [(0, "ms", True), (-5, "ms", False), (5, "GB", True)]
    assert agreed == 32
