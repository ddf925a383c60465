"""Wall 13 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim


def test_every_recorded_call_agrees():
    agreed, both_refuse, refused = 0, 0, []
    for row in rows("CompressionModel.solve"):
        inputs = row["inputs"]
        arguments = {**inputs, "model": registry(inputs["model"]), "hardware": registry(inputs["hardware"])}
        if "error" in row["outputs"] or inputs["method"] == "bogus":
            with mlsysim.assumptions.using("mlsysim-0.1"), pytest.raises(mlsysim.errors.InputError):
                mlsysim.CompressionModel().solve(**arguments)
            if "error" in row["outputs"]:
                both_refuse += 1
            else:
                refused.append(inputs["method"])
            continue
        with mlsysim.assumptions.using("mlsysim-0.1"):
            answer = mlsysim.CompressionModel().solve(**arguments)
        assert compare(row["outputs"], answer) == [], row["id"]
        agreed += 1
    assert refused == ["bogus"]  # the original takes an unknown method for one that does nothing
    assert (agreed, both_refuse) == (143, 2)
