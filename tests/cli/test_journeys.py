"""Journeys through several verbs, as a person takes them: calibration, placement, the plan of one's own."""

import json
import math


def test_journey_7_from_one_measurement_to_a_profile_and_another_chip(command, tmp_path):
    rate = command("eval llama-3-8b h100 --batch-size 512 --efficiency 0.4 -o json").json["result"]
    measured = rate["token_throughput_tokens_per_s"]
    ran = command(
        f"calibrate llama-3-8b h100 --batch-size 512 --measured token_throughput={measured} --transfer b200"
        " --save mine.yaml -o json"
    )
    assert ran.code == 0
    found = ran.json
    assert math.isclose(found["efficiency"], 0.4, rel_tol=1e-6) and found["low"] < 0.4 < found["high"]
    own = (found["high"] - found["low"]) / found["efficiency"]
    (b200,) = found["elsewhere"]
    assert (b200["high"] - b200["low"]) / b200["token_throughput_tokens_per_s"] > 2 * own  # wider
    again = command("eval mine.yaml -o json")
    assert again.code == 0
    assert math.isclose(again.json["result"]["token_throughput_tokens_per_s"], measured, rel_tol=1e-5)


def test_journey_7_an_efficiency_of_1_70_is_refused_with_the_likely_cause(command):
    # 1200 tokens/s x 1.4e12 flop / 989e12 flop/s = 1.699
    ran = command(
        "calibrate llama-3-70b h100 --batch-size 4096 --measured token_throughput=1200"
        " --set model.parameters=7e11 --set hardware.compute.fp16_dense=989Tflop/s"
    )
    assert ran.code == 2 and "an efficiency of 1.7" in ran.stderr and "Likely causes" in ran.stderr


regions = "us-avg,quebec,norway,france,germany,poland,iowa,texas"


def placement(command, *more):
    line = f"optimize placement --fleet research-256 --duration-days 365 --regions {regions} --mfu 0.4"
    return command(line.split() + list(more))


def test_journey_9_the_same_fleet_in_every_region_each_with_its_range(command):
    ran = placement(command, "-o", "json")
    assert ran.code == 0
    best = ran.json["candidates"]["best"]
    assert len(best) == 8
    for row in best:
        for what in ("energy_j", "carbon_kgco2e", "water_l", "tco_usd", "objective_usd"):
            low, high = row["ranges"][what]
            assert low <= row[what] <= high and low < high
    objectives = [row["objective_usd"] for row in best]
    assert objectives == sorted(objectives)


def test_journey_9_carbon_of_poland_at_both_ends_by_hand(command):
    rows = {row["region"]: row for row in placement(command, "-o", "json").json["candidates"]["best"]}
    poland = rows["Poland"]
    it = poland["energy_j"] / poland["pue"]
    low, high = poland["ranges"]["carbon_kgco2e"]
    assert math.isclose(low, it * 1.08 * 642.88e-3 / 3.6e6, rel_tol=1e-9)  # PUE 1.08 to 1.58, 643 to 738 g/kWh
    assert math.isclose(high, it * 1.58 * 738e-3 / 3.6e6, rel_tol=1e-9)


def test_journey_9_says_where_the_ranges_do_not_decide(command):
    ran = placement(command)
    assert "not decided within the ranges" in ran.stdout
    ranking = placement(command, "-o", "json").json["ranking"]
    assert not ranking["decided"] and "Poland" not in ranking["could_be_best"]
    alone = "optimize placement --fleet research-256 --duration-days 365 --mfu 0.4 --carbon-tax-per-ton 1000"
    decided = command(f"{alone} --regions quebec,poland -o json").json["ranking"]
    assert decided == {"decided": True, "could_be_best": ["Quebec"]}
    assert "leave Quebec the best" in command(f"{alone} --regions quebec,poland").stdout


def test_any_wall_shows_its_ranges(command):
    ran = command("solve sustainability --fleet research-256 --duration-days 30 --grid france --ranges -o json")
    low, high = ran.json["ranges"]["operational_carbon_kg"]
    assert low < ran.json["result"]["operational_carbon_kg"] < high
    text = command("solve sustainability --fleet research-256 --duration-days 30 --grid france --ranges").stdout
    assert "within the ranges of" in text


def test_a_plans_own_assumptions_come_before_the_environments_and_a_flag_before_both(command, tmp_path):
    plan = "model: llama-3-8b\nhardware: h100\n"
    (tmp_path / "plain.yaml").write_text(plan)
    (tmp_path / "own.yaml").write_text(plan + "assumptions: first-principles\n")
    asked = lambda line, **env: json.loads(command(f"eval {line} -o json", **env).stdout)["assumptions"]  # noqa: E731
    original = {"MLSYSIM_ASSUMPTIONS": "mlsysim-0.1"}
    assert asked("plain.yaml", **original) == "mlsysim-0.1"
    assert asked("own.yaml", **original) == "first-principles"
    assert asked("own.yaml --assumptions mlsysim-0.1") == "mlsysim-0.1"


def test_16_1_gigabytes_are_16100000000_bytes_with_a_unit_or_without(command):
    for text in ("16.1GB", "16.1e9B", "16100MB"):
        ran = command(f"sweep --model llama-3-8b --hardware h100 --axis hardware.memory.capacity={text} -o json")
        (row,) = ran.json["rows"]
        assert row["memory_available_bytes"] == 16_100_000_000.0, text


def test_a_count_is_on_an_axis_once(command):
    ran = command("sweep --model llama-3-8b --hardware h100 --axis batch-size=1..8:x1.2 --select latency -o csv")
    assert [int(line.split(",")[0]) for line in ran.lines[1:]] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_sweep_refuses_the_rows_that_are_wrong_and_no_others(command):
    ran = command(
        "sweep serving --model llama-3-8b --hardware h100 --cached-prefix-len 1000"
        " --axis seq-len=500,1000,1500,2000 --select ttft -o json"
    )
    rows = ran.json["rows"]
    assert ["refused" in row for row in rows] == [True, True, False, False]
    back = command(
        "sweep serving --model llama-3-8b --hardware h100 --cached-prefix-len 1000"
        " --axis seq-len=2000,500,1500 --select ttft -o json"
    ).json["rows"]
    assert ["refused" in row for row in back] == [False, True, False]
    assert back[0]["ttft_s"] == rows[3]["ttft_s"] and back[2]["ttft_s"] == rows[2]["ttft_s"]
