"""Efficiencies as data: items 1, 4, 5, 7, 11 and 47 of the requirements, and C22, C23."""

import pytest

import mlsysim
from mlsysim import efficiency_factors, efficiency_guide, efficiency_guides


def test_item_005_twelve_named_factors_each_with_a_meaning_and_an_estimated_range(command):
    factors = efficiency_factors()
    assert list(factors) == [
        "kernel_launch", "sm_occupancy", "memory_coalescing", "instruction_parallelism", "pipeline_bubbles",
        "communication_overlap", "framework", "attention_implementation", "quantization_runtime", "data_loader",
        "garbage_collection", "os_and_driver",
    ]  # fmt: skip
    assert all(len(meaning) > 30 for meaning in factors.values())
    stacks = {stack["id"]: stack["figures"] for stack in command("zoo software -o json").json}
    assert all(len(figures) == 12 for figures in stacks.values())
    for figure in stacks["tuned-cluster"].values():
        low, high = figure["range"]
        assert figure["kind"] == "estimated" and low < high and low <= figure["value"] <= high
    text = str(stacks)
    assert "ten times slower" in text and "2 to 4 times, 0.15 to 0.25 of eta" in text


@pytest.mark.parametrize(("scenario", "range_"), [
    ("training-megatron", (0.40, 0.55)),
    ("training-eager-small", (0.08, 0.15)),
    ("decode-batch-1", (0.01, 0.05)),
    ("decode-batch-32", (0.15, 0.35)),
    ("prefill-long-context", (0.30, 0.50)),
    ("tinyml-esp32", (0.05, 0.15)),
])  # fmt: skip
def test_item_007_the_guide_has_six_scenarios(scenario, range_):
    assert efficiency_guide(scenario) == range_


def test_item_011_palm_reports_46_2_percent():
    assert efficiency_guide("PaLM 540B") == (0.462, 0.462)


@pytest.mark.parametrize(("scenario", "three"), [
    ("sheet-efficiency", (0.10, 0.40, 0.65)),  # typical: the middle of 0.30 to 0.50
    ("sheet-fleet-mfu", (0.10, 0.35, 0.55)),
    ("sheet-decode-batch-1", (0.01, 0.05, 0.15)),
    ("sheet-batched-inference", (0.20, 0.40, 0.60)),
    ("sheet-training-one-node", (0.20, 0.40, 0.55)),
    ("sheet-training-distributed", (0.15, 0.30, 0.45)),
    ("sheet-flash-attention", (0.50, 0.60, 0.70)),
    ("sheet-tinyml", (0.05, 0.15, 0.30)),
])  # fmt: skip
def test_item_047_the_cheat_sheet_has_eight_rows_of_low_typical_and_high(command, scenario, three):
    rows = {row["id"]: row["figures"] for row in command("zoo efficiencies -o json").json}
    assert tuple(rows[scenario][name]["value"] for name in ("low", "typical", "high")) == three


def test_c22_the_two_guides_differ_and_each_keeps_its_source(command):
    assert efficiency_guide("decode-batch-1") != efficiency_guide("sheet-decode-batch-1")
    rows = {row["id"]: row["figures"] for row in command("zoo efficiencies -o json").json}
    assert rows["decode-batch-1"]["low"]["source"] != rows["sheet-decode-batch-1"]["low"]["source"]
    assert len(efficiency_guides()) == len(rows) == 22


@pytest.mark.parametrize("outside", [0, -0.1, 1.01])
def test_c23_an_efficiency_lies_above_0_and_not_above_1(outside):
    with pytest.raises(mlsysim.InputError, match="efficiency"):
        mlsysim.EfficiencyModel().solve("llama-3-8b", "h100", efficiency=outside)


def test_a_scenario_that_nobody_knows_is_refused_with_the_nearest():
    with pytest.raises(mlsysim.errors.LookupError, match="did you mean decode"):
        efficiency_guide("decodde")


def test_the_breakdown_is_a_mapping_and_sums_to_the_whole():
    answer = mlsysim.EfficiencyModel().solve("llama-3-8b", "a100", "attention", True, "fp16", 0.5)
    assert set(answer.overhead_breakdown) == {"occupancy_loss", "memory_stall"}
    assert answer.mfu + sum(answer.overhead_breakdown.values()) == pytest.approx(1)


def test_the_command_lists_guides_and_with_explain_the_twelve(command):
    guides = command("efficiency")
    assert guides.code == 0 and "decode-batch-1" in guides.stdout and "0.462" in guides.stdout
    explained = command("efficiency --explain")
    assert explained.code == 0 and all(name in explained.stdout for name in efficiency_factors())
    assert "0.97 (0.8 to 1)" in explained.stdout
    assert len(command("efficiency --explain -o json").json["factors"]) == 12
    one = command("efficiency palm")
    assert "46.2 %" in one.stdout
    assert "did you mean" in command("efficiency decodde").stderr
