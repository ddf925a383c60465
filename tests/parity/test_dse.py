"""Design-space exploration and the differential explainer, against the original's recorded calls."""

import re

import pytest
from mlsysim.core.dse import DSE
from mlsysim.core.explainers import DifferentialExplainer
from parity import registry, rows

import mlsysim


def evaluate(params):
    return mlsysim.Engine.solve(mlsysim.Models.Llama3_8B, getattr(mlsysim.Hardware, params["hw"]), params["bs"])


def test_every_recorded_search_agrees():
    agreed, refused = 0, 0
    for row in rows("DSE.search(Engine.solve Llama3_8B)"):
        inputs, outputs = row["inputs"], row["outputs"]
        with mlsysim.assumptions.using("mlsysim-0.1"):
            if "error" in outputs:
                with pytest.raises(ValueError):
                    DSE(inputs["space"], inputs["objective"], inputs["constraints"]).search(evaluate)
                refused += 1
                continue
            found = DSE(inputs["space"], inputs["objective"], inputs["constraints"]).search(evaluate)
        assert found["best_params"] == outputs["best_params"], row["id"]
        assert found["best_objective"] == pytest.approx(outputs["best_objective"], rel=1e-6)
        assert [c["params"] for c in found["top_candidates"]] == [c["params"] for c in outputs["top"]]
        assert [c["objective_value"] for c in found["top_candidates"]] == pytest.approx([c["objective"] for c in outputs["top"]], rel=1e-6)
        agreed += 1
    assert (agreed, refused) == (4, 3)


def test_every_recorded_comparison_has_the_same_speed_up_and_regimes():
    """The headline is the original's; the sentences are ours."""
    headline = re.compile(r"Speedup: ([\d.]+)x\n. Baseline Regime: (\w+)\n. Proposal Regime: (\w+)")
    compared = 0
    for row in rows("DifferentialExplainer.compare_performance"):
        with mlsysim.assumptions.using("mlsysim-0.1"):
            sides = [mlsysim.Engine.solve(registry(row["inputs"]["model"]), registry(row["inputs"][side])) for side in ("baseline", "proposal")]
            text = DifferentialExplainer.compare_performance(*sides)
        assert headline.search(text).groups() == headline.search(row["outputs"]["result"]).groups(), row["id"]
        compared += 1
    assert compared == 2
