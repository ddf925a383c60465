"""`mlsysim formula`: the equation of a law, and its value."""

import json


def test_a_law_with_arguments_prints_its_equation_with_the_numbers_its_value_and_its_source(command):
    screen = command("formula ring-all-reduce-time --message 1GB --devices 8 --bandwidth 50GB/s --latency 500ns").stdout
    assert "  t = 2 (N - 1)/N M / B + 2 (N - 1) a\n" in screen
    assert "    = 2 × (8 - 1) × (1 GB / (8 × 50 GB/s) + 500 ns)\n    = 35.01 ms\n" in screen
    assert "  valid   a ring of equal links" in screen and "section 3" in screen


def test_without_arguments_it_says_what_the_law_is_and_how_to_ask_it(command):
    screen = command("formula ridge-point").stdout
    assert "I* = P / B" in screen and "[flop/s]" in screen
    asked = screen.strip().splitlines()[-1].strip()
    assert asked == "mlsysim formula ridge-point --peak 989Tflop/s --bandwidth 3.35TB/s"
    assert "295.2 flop/byte" in command(asked.removeprefix("mlsysim ")).stdout


def test_the_list_has_every_law_and_json_says_the_same(command):
    listed = command("formula").stdout
    every = json.loads(command("formula -o json").stdout)
    assert len(every) > 100 and all(law["name"].replace("_", "-") in listed for law in every)
    one = json.loads(command("formula amdahl-speedup --serial 0.05 --processors 8 -o json").stdout)
    assert one["result"] == {"amdahl_speedup": 5.925925925925926}
    assert one["worked"] == "1 / (0.05 + (1 - 0.05) / 8)"


def test_what_is_wrong_is_refused_with_the_nearest(command):
    for line, says in [
        ("formula rigde-point", "did you mean ridge_point?"),
        ("formula ring", "\"ring\" begins several names"),
        ("formula ridge-point --paek 3", "did you mean --peak?"),
        ("formula ridge-point --peak 3Tflop/s", "bandwidth is missing"),
        ("formula ridge-point --peak 3GB --bandwidth 1GB/s", "is in byte, expected a quantity in flop/s"),
        ("formula amdahl-speedup --serial 2 --processors 8", "serial = 2 is out of range: from 0 to 1"),
        ("formula compression-between-rows", ""),
    ]:
        run = command(line)
        assert says in run.stderr and run.code == (2 if says else 0), line
