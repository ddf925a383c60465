"""Scenarios, tiers, racks, personas and exercises; configurations, ledgers and imported networks."""

import json

import pytest
from mlsysim.hardware.types import ComputeCore, HardwareNode, MemoryHierarchy
from mlsysim.illustrations import figures
from mlsysim.labs import DesignLedger
from mlsysim.sim import BaseSimulation, Personas, ResourceSimulation

import mlsysim
from mlsysim import (
    Applications,
    Archetypes,
    CNNWorkload,
    DataError,
    Hardware,
    Infra,
    InputError,
    Models,
    OOMError,
    Scenario,
    Scenarios,
    SimulationConfig,
    SLAViolation,
    SystemEvaluation,
    Systems,
    Tiers,
    assumptions,
    errors,
    load_config,
)  # fmt: skip
from mlsysim.units import Q_


def drone(**more):
    chip = HardwareNode(
        name="Drone chip", release_year=2026, compute=ComputeCore(peak_flops="10 TFLOPs/s"),
        memory=MemoryHierarchy(capacity="2 GB", bandwidth="50 GB/s"), tdp="10 W", dispatch_tax="0.5 ms", **more,
    )  # fmt: skip
    eyes = CNNWorkload(name="Eyes", architecture="CNN", parameters="50 Mparam", inference_flops="10 Gflop")
    return Scenario(name="Drone", description="sees", workload=eyes, system=chip, sla_latency="30 ms")


def test_a_scenario_of_ones_own_is_judged_on_three_levels():
    e = drone(unit_cost="100 USD").evaluate()
    # 10 Gflop at half of 10 Tflop/s and 100 MB at 50 GB/s both take 2 ms; the rest is dispatch.
    assert isinstance(e, SystemEvaluation) and e.passed_all
    assert e.performance.metrics["latency"].m_as("ms") == pytest.approx(2.5, rel=0.1)
    assert e.to_dict()["p_sla_latency"] == Q_("30 ms") and e.to_dict()["m_status"] == "PASS"
    assert "Drone" in e.scorecard() and "target 30 ms" in e.scorecard()


def test_without_a_price_the_year_is_left_out_and_says_what_is_missing():
    level = drone().evaluate().macro
    assert level.status == "SKIPPED" and "unit_cost" in level.summary


def test_every_scenario_of_the_package_is_answered_at_every_batch():
    for one in Scenarios:
        for batch in (1, 8, 1024):
            card = one.evaluate(batch).to_dict()
            assert {card["f_status"], card["p_status"], card["m_status"]} <= {"PASS", "FAIL", "SKIPPED"}


def test_a_batch_that_a_fleet_can_not_share_fails_and_a_batch_of_none_is_refused():
    e = Scenarios.FrontierTraining.evaluate(batch_size=1)
    assert (e.feasibility.status, e.performance.status) == ("FAIL", "SKIPPED")
    assert "batch_size = 1" in e.feasibility.summary
    with pytest.raises(InputError, match="batch_size"):
        Scenarios.FrontierTraining.evaluate(batch_size=0)


def test_what_does_not_fit_and_what_is_late_are_raised_only_where_a_scenario_is_validated():
    gpt = Scenario("GPT-3 on one", "too much", Models.GPT3, Hardware.H100)
    with pytest.raises(OOMError) as raised:
        gpt.validate_scenario()
    assert raised.value.required_bytes > raised.value.available_bytes
    late = Scenario("late", "slow", Models.Llama3_8B, Hardware.H100, sla_latency="1 ms")
    with pytest.raises(SLAViolation, match="1 ms is the target"):
        late.validate_scenario()
    valid = Scenarios.ChatbotServing.validate_scenario()
    # 16.06 GB of weights and 512 tokens of 131,072 bytes, of 80 GiB
    assert valid["memory_utilization"] == pytest.approx((16.06e9 + 512 * 131072) / (80 * 2**30), rel=1e-3)
    assert valid["status"] == "Validated" and valid["performance"].bottleneck == "Memory"


def test_a_scenario_refuses_what_is_no_scenario():
    with pytest.raises(InputError, match="system must be accelerator or fleet"):
        Scenario("x", "", Models.ResNet50, Infra.Quebec)
    with pytest.raises(InputError, match="not in a unit of time"):
        Scenario("x", "", Models.ResNet50, Hardware.H100, sla_latency="3 GB")
    with pytest.raises(AttributeError, match="did you mean SmartDoorbell"):
        Scenarios.SmartDorbell


def test_older_names_lead_to_the_same():
    one = Scenarios.SmartDoorbell
    assert Applications.Doorbell is Archetypes.TinyML_M7 is one
    assert one.mission_goal == one.description and one.critical_constraint == Q_("200 ms")
    assert one.hardware == Hardware.ESP32 and one.ram == Hardware.ESP32.memory.capacity
    assert Scenarios.FrontierTraining.is_distributed and Scenarios.FrontierTraining.hardware == Hardware.H100
    assert Scenarios.AutonomousVehicle_Waymo.workload.data_rate == Q_("19 TB/hour") and Models.ResNet50.data_rate is None


def test_a_scenario_has_the_figures_of_the_set_in_force():
    ours = Scenarios.AutonomousVehicle_Waymo.workload.inference_flops
    with assumptions.using("mlsysim-0.1"):
        theirs = Scenarios.AutonomousVehicle_Waymo.workload.inference_flops
    assert ours.m_as("Gflop") == pytest.approx(8.178, rel=1e-3) and theirs.m_as("Gflop") == pytest.approx(4.1)


def test_tiers_and_racks_are_data_and_each_figure_has_its_range_and_reason():
    assert (Tiers.Cloud.ram.m_as("GB"), Tiers.Tiny.ram.m_as("KiB"), Tiers.Mobile.typical_latency_budget.m_as("ms")) == (512, 512, 30)
    assert Systems.Tiers.Edge.storage == Q_("1 TB") and [t.name for t in Tiers] == ["Cloud", "Edge", "Mobile", "TinyML"]
    assert Systems.Edge == Hardware.Edge.JetsonOrinNX and Systems.Cloud == Hardware.H100
    assert (Infra.Racks.AI_Standard.power_kw, Infra.Racks.Traditional.cooling_type) == (70, "air")
    for name in ("tiers", "racks", "personas", "scenarios"):
        for entry in figures(name).values():
            for figure in (value for value in entry.values() if not isinstance(value, str)):
                assert {"value", "kind", "range", "source", "where"} == set(figure)
                low, value, high = (Q_(text) for text in (figure["range"][0], figure["value"], figure["range"][1]))
                assert low <= value <= high, (name, entry["name"], figure)


def test_personas_multiply_a_device_and_keep_a_fleet():
    assert Personas.get("tiny") is Personas.TinyPioneer and Personas.TinyPioneer.scale_factor == 1e7
    with pytest.raises(errors.LookupError, match="no persona is called 'clud'"):
        Personas.get("clud")
    one = ResourceSimulation(Scenarios.MobileHealth, Personas.CloudTitan).evaluate({"region": "Quebec", "duration_days": 365})
    many = ResourceSimulation(Scenarios.MobileHealth, Personas.EdgeGuardian).evaluate({"region": "Quebec", "duration_days": 365})
    assert many.sustainability.carbon_kg == pytest.approx(1e4 * one.sustainability.carbon_kg)
    assert many.to_dict()["latency_ms"] == one.to_dict()["latency_ms"]
    assert one.validate() is None and one.choice_summary == "Region: Quebec (hydro), Duration: 365.0 days"


def test_a_choice_that_is_none_is_refused():
    sim = ResourceSimulation(Scenarios.MobileHealth, Personas.CloudTitan)
    with pytest.raises(errors.LookupError, match="no grid is called"):
        sim.evaluate({"region": "Nowhere"})
    with pytest.raises(InputError, match="regoin is not a choice"):
        sim.evaluate({"regoin": "Quebec"})
    with pytest.raises(NotImplementedError):
        BaseSimulation(Scenarios.MobileHealth, Personas.CloudTitan).evaluate({})


def test_a_configuration_is_checked_when_it_is_made():
    config = load_config({"model": "Llama3_8B", "hardware": "H100", "batch_size": 8})
    assert config == SimulationConfig("Llama3_8B", "H100", 8) and config.model_dump()["region"] == "US_Avg"
    for wrong, why in (({"model": "GPT3", "hardware": "H100"}, "does not fit"), ({"model": "GPT3"}, "hardware is missing"),
                       ({"model": "ResNet50", "hardware": "H100", "bach_size": 2}, "did you mean batch_size"),
                       ({"model": "ResNet50", "hardware": "H100", "batch_size": 1.5}, "a whole number"),
                       ({"model": "ResNet50", "hardware": "H100", "efficiency": 50}, "1e-09 to 1")):
        with pytest.raises(ValueError, match=why):
            load_config(wrong)
    with pytest.raises(errors.LookupError, match="no grid"):
        load_config({"model": "ResNet50", "hardware": "H100", "region": "Nowhere"})


def test_a_configuration_from_a_file(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"model": "ResNet50", "hardware": "A100"}))
    assert load_config(file).hardware == "A100"
    file.write_text("[]")
    with pytest.raises(DataError, match="keys and values"):
        load_config(file)


def test_a_ledger_keeps_its_designs_in_its_file(tmp_path, monkeypatch):
    file = tmp_path / "deep" / "ledger.json"
    ledger = DesignLedger(file)
    assert (ledger.get_track(), ledger.get_design(3), file.exists()) == ("NONE", None, False)
    ledger.save(track="edge", chapter=3, design={"chip": "coral"})
    monkeypatch.setenv("MLSYSIM_LEDGER", str(file))
    again = DesignLedger()
    assert (again.get_track(), again.get_design(3), again.load().current_chapter) == ("edge", {"chip": "coral"}, 3)
    file.write_text('{"history": [{"chapter": 1, "design": {"a": 1}}]}')
    assert DesignLedger(file).get_design(1) == {"a": 1}
    file.write_text("{")
    with pytest.raises(DataError, match="no ledger"):
        DesignLedger(file)


def test_a_network_is_imported_from_a_file_and_nothing_is_fetched(tmp_path):
    folder = tmp_path / "tiny-llama"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 1000, "tie_word_embeddings": True,
    }))  # fmt: skip
    model = mlsysim.import_hf_model(f"hf://{folder}", name="Tiny")
    # 1000 x 64 embeddings; a layer: 64 x (64 + 32 + 32 + 64) and 3 x 64 x 128 and two norms; one norm
    assert model.name == "Tiny" and model.parameters == 64000 + 2 * (64 * 192 + 3 * 64 * 128 + 128) + 64
    with pytest.raises(DataError, match="nothing is fetched from the network"):
        mlsysim.import_hf_model("meta-llama/Meta-Llama-3-8B")
