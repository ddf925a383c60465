"""mlsysim sensitivity, target, compare --why and plot tornado."""

import math
import xml.etree.ElementTree as ElementTree

STEP = "--model llama-3-8b --hardware h100"


def test_a_tornado_ranks_the_figures_by_how_far_they_move_the_result(command):
    found = command(f"sensitivity latency {STEP} -o json").json
    assert found["unit"] == "s"
    swings = [max(abs((side["result"] or found["baseline"]) / found["baseline"] - 1) for side in (f["low"], f["high"])) for f in found["figures"]]
    assert swings == sorted(swings, reverse=True)
    first = found["figures"][0]
    assert first["figure"] == "hardware.memory.bandwidth"
    # 4.79438 ms of 5.12438 ms are traffic
    assert math.isclose(first["elasticity"], -4.794381 / 5.124381, rel_tol=1e-6)
    assert "hardware.compute.fp16_dense" in found["unmoved"]


def test_the_screen_fits_80_columns_and_says_what_turns(command):
    ran = command(f"sensitivity latency {STEP} --batch-size 150")
    assert ran.code == 0
    assert all(len(line) <= 80 for line in ran.lines)
    assert "bottleneck Memory" in ran.stdout


def test_any_wall_and_any_result(command):
    found = command("sensitivity itl --wall serving --model llama-3-8b --hardware h100 --seq-len 2048 --batch-size 16 -o json").json
    assert (found["wall"], found["result"]) == ("serving", "itl")
    assert command("sensitivity p99_latency --wall tail-latency --arrival-rate-qps 8 --service-latency-ms 100 --num-replicas 1").code == 0


def test_what_has_no_sensitivity_is_refused(command):
    for arguments, said in [
        (f"sensitivity latncy {STEP}", "did you mean latency?"),
        (f"sensitivity bottleneck {STEP}", "no number"),
        (f"sensitivity offload_spill_bytes {STEP}", "no share of it"),
        (f"sensitivity latency {STEP} --step 0", "--step 0"),
        (f"sensitivity latency {STEP} --dp-size 8", "does not enter"),
        ("sensitivity latency --model llama-3-8b", "hardware is missing"),
        (f"target latency {STEP}", "say one bound"),
        (f"target latency {STEP} --at-most 4ms --at-least 1ms", "say one bound"),
        (f"target latency {STEP} --at-most 4GB", "4GB"),
        (f"target latency {STEP} --at-most 4ms --vary hardware.memory.bandwith", "did you mean hardware.memory.bandwidth?"),
        (f"plot tornado {STEP}", "plot"),
        (f"plot pie {STEP} latency", "is not a picture"),
    ]:
        ran = command(arguments)
        assert ran.code == 2 and said in ran.stderr, (arguments, ran.stderr)


def test_a_target_fed_back_is_met(command):
    found = command(f"target latency --at-most 4ms {STEP} -o json")
    assert found.code == 4 and not found.json["met"]
    (bandwidth,) = [f for f in found.json["figures"] if f["figure"] == "hardware.memory.bandwidth"]
    assert bandwidth["met"] == "at and above"
    again = command(f"target latency --at-most 4ms {STEP} --set hardware.memory.bandwidth={bandwidth['value']!r}B/s -o json")
    assert again.code == 0 and again.json["met"]
    for device in found.json["devices"][:3]:
        assert device["meets"]
        eval_ = command(f"eval llama-3-8b {device['hardware']} -o json").json["result"]
        assert eval_["latency_s"] == device["latency_s"] <= 4e-3


def test_without_a_device_the_catalog_is_asked(command):
    ran = command("target latency --at-most 4ms --model llama-3-8b")
    assert ran.code == 0 and "b200" in ran.stdout
    assert command("target latency --at-most 1us --model llama-3-8b").code == 4


def test_why_two_devices_differ_sums_to_the_difference(command):
    rows = command("compare llama-3-8b a100 h100 b200 --axis batch-size=128 --why -o json").json
    for why, device in zip(rows["why"], rows["rows"][0]["devices"][1:]):
        found = why["difference"]
        assert why["to"] == device["hardware"] and found["after"] == device["latency_s"]
        assert math.isclose(sum(p["difference"] for p in found["parts"]), found["after"] - found["before"], rel_tol=1e-9)
        assert math.isclose(math.prod(p["factor"] for p in found["parts"]), found["after"] / found["before"], rel_tol=1e-9)
    text = command("compare llama-3-8b a100 h100 --why").stdout
    assert "why latency is 8.212 ms on a100-sxm-80gb and 5.124 ms on h100-sxm-80gb" in text


def test_a_tornado_is_a_picture_with_a_bar_for_each_side(command, tmp_path):
    ran = command(f"plot tornado latency {STEP} --output-file {tmp_path / 'tornado.svg'}")
    assert ran.code == 0
    drawn = ElementTree.parse(tmp_path / "tornado.svg")
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("hardware.memory.bandwidth = 3.685 TB/s: latency 4.68") for title in titles)


def test_what_does_not_fit_still_has_sensitivities_and_exits_3(command):
    ran = command("sensitivity latency --model llama-3-70b --hardware h100")
    assert ran.code == 3 and "if it fitted" in ran.stdout
