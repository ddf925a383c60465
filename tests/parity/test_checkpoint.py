"""Wall 19 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim


def test_every_recorded_call_agrees():
    agreed, both_refuse, refused = 0, 0, []
    for row in rows("CheckpointModel.solve"):
        inputs = row["inputs"]
        arguments = {**inputs, "model": registry(inputs["model"]), "hardware": registry(inputs["hardware"])}
        bad = inputs["optimizer"] not in ("adam", "sgd") or inputs["checkpoint_interval_hours"] <= 0
        if "error" in row["outputs"] or bad:
            with pytest.raises(mlsysim.errors.InputError):
                mlsysim.CheckpointModel().solve(**arguments, assumptions="mlsysim-0.1")
            if "error" in row["outputs"]:
                both_refuse += 1
            else:
                refused.append((inputs["optimizer"], inputs["checkpoint_interval_hours"]))
            continue
        with mlsysim.assumptions.using("mlsysim-0.1"):
            answer = mlsysim.CheckpointModel().solve(**arguments)
        assert compare(row["outputs"], answer) == [], row["id"]
        agreed += 1
    # The original takes an unknown optimizer for SGD, and a negative interval for a penalty of 1.
    assert refused == [("bogus", 4.0), ("adam", -1)]
    assert (agreed, both_refuse) == (37, 2)
