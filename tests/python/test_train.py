"""`mlsysim train`: the screen, what it refuses, the document, the search behind it, the timeline of a step."""

import json
import re

import pytest

run_70b = "train llama-3-70b --on h100:1024 --global-batch 512 --seq-len 8192"


def degrees(text):
    """"tp 2 x pp 4 x cp 1 x dp 128" as numbers."""
    return {name: int(n) for name, n in re.findall(r"\b(tp|pp|cp|dp) (\d+)", text)}


def test_journey_4_the_best_layout_of_1024_gpus_is_whole_fits_and_says_what_it_was_chosen_from(command):
    ran = command(run_70b + " -o json")
    assert ran.code == 0
    answer = ran.json
    best = answer["candidates"]["best"]
    assert len(best) == 5
    for one in best:
        c = {name.removeprefix("config."): value for name, value in one.items()}
        assert c["tp"] * c["pp"] * c["cp"] * c["dp"] == 1024
        assert 64 % c["tp"] == 0
        assert 80 % (c["pp"] * c["v_stages"]) == 0 or 82 % (c["pp"] * c["v_stages"]) == 0
        assert c["dp"] * c["microbatches"] * c["microbatch_size"] == 512
    times = [one["step_time_s"] for one in best]
    assert times == sorted(times)
    assert answer["layout"]["chosen_by"] == "search"
    assert answer["layout"]["priced"] > 10_000
    assert any("do not fit" in why for why in answer["candidates"]["fell"])


def test_without_degrees_it_says_which_layout_it_took(command):
    ran = command(run_70b)
    assert ran.code == 0
    assert ran.lines[0].startswith("Llama 3 70B on 1024 x NVIDIA H100")
    layout = degrees(ran.lines[2])
    assert layout["tp"] * layout["pp"] * layout["cp"] * layout["dp"] == 1024
    assert re.search(r"the best of [\d,]+ settings that fit, of [\d,]+ that were\s+priced", ran.stdout)
    for part in ("work", "exposed communication", "waiting", "products", "activations", "MFU", "free"):
        assert part in ran.stdout, part
    assert all(len(line) <= 80 for line in ran.lines)


def test_what_is_given_is_held_and_a_layout_that_is_given_in_full_is_not_searched(command):
    ran = command(run_70b + " --tp 8 --pp 4 --cp 1 --vpp 5 --mbs 1 --zero 1 --recompute none -o json")
    assert ran.json["layout"]["chosen_by"] == "the question"
    assert ran.json["layout"]["priced"] == 1
    assert "--tp 8 --pp 4 --cp 1 --vpp 5 --mbs 1 --zero 1 --recompute none" in ran.json["layout"]["flags"]
    held = command(run_70b + " --tp 8 --pp 4")
    assert degrees(held.lines[2])["tp"] == 8
    assert degrees(held.lines[2])["pp"] == 4


def test_the_flags_of_the_chosen_layout_give_the_same_step(command):
    found = command(run_70b + " -o json").json
    again = command(f"{run_70b} {found['layout']['flags']} -o json").json
    assert again["result"] == found["result"]


def test_shares_of_a_step_add_up_to_it(command):
    result = command(run_70b + " --tp 4 --pp 4 --cp 2 -o json").json["result"]
    parts = sum(seconds for name, seconds in result.items() if name.startswith("time_"))
    assert parts == pytest.approx(result["step_time_s"], rel=1e-9)


def test_a_run_has_days_device_hours_cost_and_interruptions(command):
    plain = command(run_70b + " --tokens 15T --price 2.50USD/h -o json").json
    hours = plain["interruptions"]["expected_duration_s"] / 3600
    goodput = plain["interruptions"]["goodput_ratio"]
    assert 0.8 < goodput < 1
    # hours of 1,024 devices at 2.50 USD each
    assert plain["cost_usd"] == pytest.approx(hours * 1024 * 2.5, rel=1e-9)
    text = command(run_70b + " --tokens 15T --price 2.50USD/h").stdout
    assert "15 trillion tokens" in text
    assert "million USD" in text
    assert command(run_70b + " --tokens 15e12 -o json").json["result"] == plain["result"]


@pytest.mark.parametrize(
    ("more", "argument", "nearest"),
    [
        ("--tp 3", "tp_size", "tp_size 2"),
        ("--pp 7", "pp_size", "pp_size 8"),
        ("--pp 8 --vpp 3", "v_stages", "v_stages 2"),
        ("--ep 8", "ep_size", "ep_size 1"),
        ("--zero 4", "zero_stage", None),
        ("--max-duration 3day", "max_duration", None),
    ],
)
def test_a_layout_that_cannot_be_whole_is_refused_with_the_nearest(command, more, argument, nearest):
    ran = command(f"{run_70b} {more} -o json")
    assert ran.code == 2
    assert ran.error["argument"] == argument
    if nearest:
        assert ran.error["nearest"] == nearest


def test_a_batch_that_no_layout_divides_is_refused_with_one_that_does(command):
    ran = command("train llama-3-8b --on h100:64 --global-batch 1 --tp 1 --pp 1 --cp 1 -o json")
    assert ran.code == 2
    assert ran.error["argument"] == "batch_size"
    assert ran.error["nearest"] == "batch_size 64"


def test_what_does_not_fit_exits_3_and_says_what_would(command):
    ran = command("train llama-3-405b --on h100:64 --global-batch 64 --seq-len 8192")
    assert ran.code == 3
    assert "does not fit" in ran.lines[0]
    assert "--on h100-sxm-80gb:" in ran.stdout
    held = command("train llama-3-70b --on h100:1024 --global-batch 1024 --tp 1 --pp 1 --cp 1 --zero 0")
    assert held.code == 3
    assert "without --zero" in held.stdout
    document = command("train llama-3-405b --on h100:64 --global-batch 64 --seq-len 8192 -o json").json
    assert document["fixes"][0]["needed_bytes"] < document["fixes"][0]["available_bytes"]


def test_optimize_lists_the_best_and_why_the_others_fell(command):
    ran = command(run_70b + " --optimize --top 7")
    at = ran.lines.index("best first")
    assert ran.lines[at + 1].split()[:4] == ["tp", "pp", "cp", "dp"]
    rows = ran.lines[at + 2 : at + 9]
    assert all(re.match(r" +\d+ +\d+", row) for row in rows)
    assert "fell: settings do not fit a device's memory" in ran.stdout
    table = command(run_70b + " --optimize --top 7 -o csv").lines
    assert table[0].startswith("config.devices,config.tp,config.pp")
    assert len(table) == 8


def test_the_first_order_search_names_the_one_by_operators(command):
    ran = command("optimize parallelism --model llama-3-8b --fleet h100:16 --batch-size 16")
    assert "mlsysim train MODEL --on FLEET --optimize" in ran.lines[-1]


def test_no_batch_is_said(command):
    ran = command("train llama-3-8b --on h100:8")
    assert ran.code == 0
    assert "no --global-batch was given: 1024 sequences of 4096 tokens" in ran.stderr


def test_a_step_is_drawn_and_traced(command, tmp_path):
    given = run_70b + " --tp 8 --pp 4 --cp 1 --vpp 1 --mbs 1 --zero 1"
    assert command(given + " --timeline step.svg").code == 0
    svg = (tmp_path / "step.svg").read_text()
    assert svg.startswith("<svg")
    assert "stage 1 (256 ranks)" in svg
    traced = command(given + " --timeline step.json -o json")
    events = json.loads((tmp_path / "step.json").read_text())["traceEvents"]
    end = max(event["ts"] + event["dur"] for event in events if event["ph"] == "X")
    assert end == pytest.approx(traced.json["result"]["step_time_s"] * 1e6, rel=1e-9)
    wrong = command(given + " --timeline step.png -o json")
    assert wrong.code == 2
    assert wrong.error["argument"] == "--timeline"


def test_a_page_of_it_is_markdown(command):
    ran = command(run_70b + " -o markdown")
    assert ran.code == 0
    assert "Llama 3 70B" in ran.stdout


def test_in_python_a_search_and_its_best_layout_agree():
    from mlsysim import TrainingModel, TrainingOptimizer

    found = TrainingOptimizer().solve("llama-3-8b", "h100:64", batch_size=256, seq_len=8192)
    best = found.top_candidates[0]["config"]
    one = TrainingModel().solve(
        "llama-3-8b", "h100:64", batch_size=256, seq_len=8192, tp_size=best["tp"], pp_size=best["pp"],
        cp_size=best["cp"], v_stages=best["v_stages"], microbatch_size=best["microbatch_size"],
        zero_stage=best["zero_stage"], recomputation=best["recomputation"],
    )  # fmt: skip
    assert one.step_time == found.step_time
    assert found.feasible
