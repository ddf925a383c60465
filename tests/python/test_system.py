"""A whole system: SystemEvaluator, SystemModel, plan files."""

from pathlib import Path

import pytest

import mlsysim
from mlsysim import Hardware, Models, SystemEvaluator, Systems

PLANS = Path(__file__).parents[2] / "examples/plans"


def test_one_device_answers_and_without_a_time_nothing_is_counted():
    e = SystemEvaluator.evaluate("one", Models.Llama3_8B, Hardware.H100, batch_size=32)
    assert (e.feasibility.status, e.performance.status, e.macro.status, e.passed_all) == ("PASS", "PASS", "SKIPPED", True)
    alone = mlsysim.Engine.solve(Models.Llama3_8B, Hardware.H100, batch_size=32)
    assert e.performance.metrics["latency"] == pytest.approx(alone.latency.m_as("ms"))
    assert e.to_dict()["f_memory_used_gb"] == pytest.approx(alone.memory_footprint.m_as("GB"))


def test_what_does_not_fit_fails_and_is_not_timed():
    e = SystemEvaluator.evaluate("big", Models.GPT3, Hardware.H100)
    assert (e.feasibility.status, e.performance.status, e.passed_all) == ("FAIL", "SKIPPED", False)


def test_a_fleet_trains_in_the_layout_that_the_optimizer_finds():
    e = SystemEvaluator.evaluate("train", "llama-3-70b", "h100", 256, nodes=64, duration_days=30)
    best = mlsysim.ParallelismOptimizer().solve(model="llama-3-70b", fleet="h100:64", batch_size=256)
    assert e.answer.value("performance.latency") == pytest.approx(best.value("best_step_time"))
    assert e.to_dict()["p_step_latency"] == pytest.approx(best.value("best_step_time") * 1e3)
    assert any("layout" in note for note in e.answer.notes)


def test_the_month_of_a_fleet_is_that_of_the_cost_walls_at_the_power_of_the_step():
    e = SystemEvaluator.evaluate("train", "llama-3-8b", "h100", 256, nodes=64, duration_days=30, grid="quebec")
    a = e.answer
    # Devices at the step's power and a fleet of eight hosts at 60 % of 4.6 kW, for 720 h.
    it = (64 * a.value("performance.device_power", "W") + 8 * 0.6 * 4600) * 720 / 1e6
    assert a.value("macro.it_energy", "MWh") == pytest.approx(it)
    alone = mlsysim.EconomicsModel().solve(fleet="h100:64", duration_days=30, grid="quebec")
    assert a.value("macro.capex", "USD") == pytest.approx(alone.capex_usd)
    assert a.value("macro.energy_cost", "USD") < alone.opex_energy_usd


def test_a_region_is_honoured_by_default():
    poland, quebec = (SystemEvaluator.evaluate("r", "llama-3-8b", "h100", 64, nodes=8, duration_days=30, grid=grid) for grid in ("poland", "quebec"))
    # 700 g a kWh or so against 5 to 35.
    assert poland.to_dict()["m_carbon_footprint"] > 20 * quebec.to_dict()["m_carbon_footprint"]


def test_a_named_fleet_trains_and_its_own_devices_count():
    e = SystemEvaluator.evaluate("f", Models.Llama3_8B, Hardware.H100, 512, fleet_obj=Systems.Clusters.Research_256, nodes=2, duration_days=30)
    p = e.answer.parallelism
    assert p.dp * p.tp * p.pp * p.ep == 256


def test_with_a_fleet_and_one_node_the_device_is_timed_and_the_fleet_is_paid_for():
    e = SystemEvaluator.evaluate("f", Models.ResNet50, Hardware.A100, 8, fleet_obj=Systems.Clusters.Research_256, duration_days=30)
    assert e.performance.metrics["latency"] == pytest.approx(mlsysim.Engine.solve(Models.ResNet50, Hardware.A100, 8).latency.m_as("ms"))
    assert e.macro.metrics["capex"] == pytest.approx(mlsysim.EconomicsModel().solve(fleet=Systems.Clusters.Research_256, duration_days=30).capex_usd)


def test_a_device_that_code_made_makes_a_fleet_too():
    fast = Hardware.H100.model_copy(update={"name": "H100 x 2", "memory.bandwidth": "6.7 TB/s"})
    slow, quick = (SystemEvaluator.evaluate("x", "llama-3-8b", chip).performance.metrics["latency"] for chip in (Hardware.H100, fast))
    assert quick < 0.6 * slow


@pytest.mark.parametrize("nodes", [0, 1.5, 12])
def test_a_fleet_that_can_not_be_is_refused(nodes):
    with pytest.raises(mlsysim.MLSysError, match="whole number|do not fill nodes of 8") as wrong:
        mlsysim.solve("system", model="llama-3-8b", fleet=f"h100:{nodes}", duration_days=1)
    assert nodes != 12 or wrong.value.nearest == "h100-sxm-80gb:16"


def test_eight_devices_are_one_node_of_the_catalog_and_four_are_half_of_one():
    def fleet(count):
        return mlsysim.system.devices("h100", count)

    assert [fleet(n).nodes for n in (4, 8, 64)] == [1, 1, 8]
    assert fleet(8).node.host_power == Systems.Nodes.DGX_H100.host_power
    assert fleet(4).node.host_power == Systems.Nodes.DGX_H100.host_power / 2
    assert fleet(1).name == "NVIDIA H100 SXM5 80 GB" and fleet(4).name == "4 x NVIDIA H100 SXM5 80 GB"


def test_racks_of_72_run_alike_with_64_of_each_but_not_with_an_eighth_of_those_used_idle():
    def fleet(count):
        return mlsysim.system.devices("gb200", count)

    assert [(fleet(n).nodes, fleet(n).node.accelerators) for n in (36, 72, 144, 256, 2496)] == [
        (1, 36), (1, 72), (2, 72), (4, 64), (39, 64)
    ]  # fmt: skip
    assert fleet(256).node.nics == 64  # 72 adapters in 72 devices
    with pytest.raises(mlsysim.MLSysError, match="100 of NVIDIA GB200, one GPU, 186 GB do not fill nodes of 72"):
        fleet(100)


def test_the_scorecard_is_a_box_of_three_levels():
    lines = SystemEvaluator.evaluate("month", "llama-3-8b", "h100", duration_days=30).scorecard().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[1] for line in lines[3:6]] == ["Feasibility", "Performance", "Macro"]


def test_a_plan_file_is_evaluated_as_the_command_does():
    e = SystemEvaluator.evaluate_plan(PLANS / "llama-8b-one-device.json")
    assert e.scenario_name == "Llama 3 8B on one H100"
    assert [one["met"] for one in e.assertions] == [False] and not e.passed_all
    with pytest.raises(mlsysim.DataError, match="can't be read"):
        SystemEvaluator.evaluate_plan("nowhere.yaml")


def test_a_plan_of_one_wall_is_no_system(tmp_path):
    (tmp_path / "step.yaml").write_text("model: llama-3-8b\nhardware: h100\n")
    with pytest.raises(mlsysim.DataError, match="not the plan of a system"):
        SystemEvaluator.evaluate_plan(tmp_path / "step.yaml")
