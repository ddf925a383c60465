"""Wall 21 under the original's assumptions, against its recorded calls."""

import math

import pytest
from parity import compare, registry, rows

import mlsysim


def test_every_recorded_call_agrees():
    agreed, refused = 0, []
    for row in rows("SensitivitySolver.solve"):
        arguments = {**row["inputs"], **{kind: registry(row["inputs"][kind]) for kind in ("model", "hardware")}}
        with mlsysim.assumptions.using("mlsysim-0.1"):
            if "error" in row["outputs"]:
                with pytest.raises(mlsysim.InputError, match="perturbation_pct"):
                    mlsysim.SensitivitySolver().solve(**arguments)
                refused.append(arguments["perturbation_pct"])
                continue
            answer = mlsysim.SensitivitySolver().solve(**arguments)
        recorded = dict(row["outputs"])
        sensitivities = recorded.pop("sensitivities")
        assert compare(recorded, answer) == [], row["id"]
        for part, change in sensitivities.items():
            # Changes of 1e-5 of a latency: the difference of two numbers that agree to 1e-16.
            assert math.isclose(answer.sensitivities[part], change, rel_tol=1e-6, abs_tol=1e-12), (row["id"], part)
        agreed += 1
    assert (agreed, refused) == (40, [-100.0])


def test_a_changed_memory_loses_its_other_levels_in_the_original_alone():
    """A network in SRAM: the original's ten per cent more bandwidth is 2.2 times slower, because the SRAM is gone."""
    arguments = {"model": "anomaly-detector", "hardware": "esp32-s3", "precision": "int8", "perturbation_pct": 90, "efficiency": 1}
    original = mlsysim.solve("sensitivity", **arguments, assumptions="mlsysim-0.1")
    assert original.sensitivities["memory_bandwidth"] == pytest.approx(1.2464783465)
    assert original.sensitivities["memory_capacity"] == pytest.approx(2.5793462814)
    assert original.binding_constraint == "memory_capacity"
    ours = mlsysim.solve("sensitivity", **arguments)
    assert ours.sensitivities["memory_bandwidth"] <= 0 and ours.sensitivities["memory_capacity"] <= 0
