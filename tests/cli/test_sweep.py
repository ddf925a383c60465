"""mlsysim sweep and compare: the grammar of axes, and what comes out."""

import csv
import io
import re

import pytest

on = "sweep --model llama-3-8b --hardware h100"


def points(ran, axis="batch_size"):
    return [float(row[axis]) for row in csv.DictReader(io.StringIO(ran.stdout))]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("batch-size=1,2,4", [1, 2, 4]),
        ("batch_size=7", [7]),
        ("batch-size=1..5", [1, 2, 3, 4, 5]),
        ("batch-size=3..3", [3]),
        ("batch-size=1..9:3", [1, 5, 9]),
        ("batch-size=1..64:x2", [1, 2, 4, 8, 16, 32, 64]),
        ("batch-size=1..100:x3", [1, 3, 9, 27, 81, 100]),
        ("batch-size=1..10000:log5", [1, 10, 100, 1000, 10000]),
        ("batch-size=1..1000:log1", [1]),
    ],
)
def test_the_grammar_of_an_axis(command, axis, expected):
    ran = command(f"{on} --axis {axis} -o csv")
    assert (ran.code, ran.stderr) == (0, "")
    assert points(ran) == expected


@pytest.mark.parametrize(
    "axis", ["1TB/s..8TB/s:8", "1..8:8", "1000GB/s..8TB/s:8", "1TB/s,2,3TB/s,4,5,6,7000GB/s,8"]
)
def test_an_axis_over_a_figure_takes_units(command, axis):
    ran = command(f"{on} --axis hardware.memory.bandwidth={axis} --select latency,peak_bw_actual -o csv")
    assert points(ran, "peak_bw_actual_bytes_per_s") == [pytest.approx(n * 1e12) for n in range(1, 9)]
    assert points(ran, "hardware.memory.bandwidth [TB/s]") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_entities_formats_and_flags_are_axes_too(command):
    ran = command(
        "sweep --model llama-3-8b -o csv --axis hardware=h100,a100 --axis precision=fp16,int8"
        " --axis is-training=false,true"
    )
    rows = [
        (row["hardware"], row["precision"], row["is_training"])
        for row in csv.DictReader(io.StringIO(ran.stdout))
    ]
    assert rows == [(h, p, t) for h in ("h100", "a100") for p in ("fp16", "int8") for t in ("false", "true")]


@pytest.mark.parametrize(
    ("axes", "why"),
    [
        ("batch-sise=1,2", "batch-sise is not an argument of single-node\n  did you mean batch_size?"),
        ("batch-size=64..1", "batch_size: the range 64..1 is empty"),
        ("batch-size=1..64:x1", 'batch_size: "x1" is not a factor above 1'),
        ("batch-size=1..64:x0.5", 'batch_size: "x0.5" is not a factor above 1'),
        ("batch-size=1..64:x", 'batch_size: "x" is not a factor above 1'),
        ("batch-size=0..64:x2", "batch_size: a range by factors starts above 0"),
        ("batch-size=1..64:foo", 'batch_size: "foo" is not a step: a number of points, x2, or log9'),
        ("batch-size=1..64:0", 'batch_size: "0" is not a step: a number of points, x2, or log9'),
        ("batch-size=1..64:2.5", 'batch_size: "2.5" is not a step: a number of points, x2, or log9'),
        ("batch-size=1..64:log0", 'batch_size: "log0" is not a step: a number of points, x2, or log9'),
        ("efficiency=0.1..0.9", "efficiency: say how many points: lo..hi:9, or lo..hi:x2, or lo..hi:log9"),
        ("hardware.memory.bandwidth=1TB/s..8TB/s", "hardware.memory.bandwidth: say how many points"),
        (
            "hardware.memory.bandwidth=1GB..8TB/s:8",
            'hardware.memory.bandwidth: "1GB" is in byte, expected a quantity in TB/s',
        ),
        ("batch-size=1GB", 'batch_size: "1GB" is in byte, expected a plain number'),
        ("batch-size=", 'batch_size: "" is not a number, expected a plain number'),
        ("batch-size=1,,2", 'batch_size: "" is not a number, expected a plain number'),
        ("batch-size=one", 'batch_size: "one" is not a number, expected a plain number'),
        (
            "batch-size",
            '"batch-size" is not an axis: write name=a,b,c or name=lo..hi, with :9, :x2 or :log9 after it',
        ),
        ("=1,2", '"=1,2" is not an axis: write name=a,b,c or name=lo..hi'),
        ("batch-size=0..4", "batch_size = 0 is out of range: a whole number, at least 1"),
        ("efficiency=0.5,1.5", "efficiency = 1.5 is out of range: 1e-09 to 1"),
        ("precision=fp16,fp17", 'precision: "fp17" is not one of fp64, fp32'),
        ("hardware=h100,h1OO", 'no accelerator is called "h1OO"'),
        ("hardware=h100,,a100", 'hardware: an empty name in "h100,,a100"'),
        ("batch-size=1,2 --axis batch_size=3,4", "batch_size is an axis twice"),
        ("lora-rank=1,2", "lora_rank was given and does not enter this answer"),
        ("batch-size=1..1e15", "batch_size: more than 100 million points on one axis"),
        ("batch-size=1..9:1e12", 'batch_size: "1e12" is not a step'),
        (
            "batch-size=1..90000000",
            "90000000 rows of 4 results are too many to print as text: take fewer points",
        ),
        (
            "batch-size=1..10000 --axis seq-len=1..10000",
            "100000000 rows of 4 results are too many to print as text",
        ),
    ],
)
def test_a_bad_axis_is_refused_in_one_sentence(command, axes, why):
    ran = command(f"{on} --axis {axes}")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {why}")


def test_a_sweep_without_an_axis_a_model_or_a_known_wall_is_refused(command):
    assert command(on).stderr == "error: a sweep needs an axis: --axis batch-size=1..64:x2\n"
    assert (
        command("sweep --axis batch-size=1,2").stderr
        == "error: model is missing: name a model (mlsysim zoo models lists all)\n"
    )
    assert command("sweep nonsense --axis batch-size=1").stderr.startswith(
        'error: no wall is called "nonsense"'
    )
    for line in (on, "sweep --axis batch-size=1,2", "sweep nonsense --axis batch-size=1"):
        assert command(line).code == 2


def test_the_table_has_the_usual_results_and_select_chooses_others(command):
    assert command(f"{on} --axis batch-size=1,2").lines[0].split() == [
        "batch_size",
        "latency",
        "throughput",
        "bottleneck",
        "feasible",
    ]
    assert command(f"{on} --axis batch-size=1,2 --select mfu,energy").lines[0].split() == [
        "batch_size",
        "mfu",
        "energy",
    ]
    ran = command(f"{on} --axis batch-size=1,2 --select latncy")
    assert (ran.code, ran.stderr) == (
        2,
        "error: latncy is not a result of single-node\n  did you mean latency?\n",
    )


def test_rows_equal_single_calls_to_the_last_digit(command):
    swept = command(f"{on} --axis batch-size=1,148,149,5000 -o json").json["rows"]
    for row in swept:
        single = command(f"eval llama-3-8b h100 --batch-size {row['batch_size']} -o json").json["result"]
        assert {key: row[key] for key in single} == single


def test_csv_json_and_text_hold_the_same_rows(command):
    line = f"{on} --axis batch-size=1..64:x2 --select latency,bottleneck"
    rows = list(csv.DictReader(io.StringIO(command(f"{line} -o csv").stdout)))
    documents = command(f"{line} -o json").json["rows"]
    assert [float(row["latency_s"]) for row in rows] == [document["latency_s"] for document in documents]
    assert len(command(line).lines) == 1 + len(rows) == 8


def test_a_row_without_an_answer_says_why_and_the_others_stand(command):
    ran = command("sweep --model llama-3-8b --axis hardware=h100,nrf52840 --precision fp64 -o csv")
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [bool(row["latency_s"]) for row in rows] == [True, False]
    assert rows[1]["refused"].startswith("Nordic nRF52840 (Cortex-M4F) has no unit for fp64")
    ran = command("sweep --model llama-3-8b --axis hardware=nrf52840 --precision fp64")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: no row could be answered; the first: Nordic nRF52840")


def test_a_sweep_exits_3_only_where_nothing_fits(command):
    assert command("sweep --model llama-3-70b --axis hardware=h100,b200").code == 0
    assert command("sweep --model llama-3-70b --axis hardware=h100,a100").code == 3


# compare


def test_compare_shows_speed_up_regimes_and_where_they_change(command):
    ran = command("compare llama-3-8b a100 h100 --axis batch-size=1..512:x2")
    assert (ran.code, ran.stderr) == (0, "")
    rows = [line.split() for line in ran.lines[3:13]]
    assert [int(row[0]) for row in rows] == [2**n for n in range(10)]
    assert (rows[0][3], rows[0][6], rows[0][7]) == ("Memory", "Memory", "1.60x")
    assert (rows[7][3], rows[7][6]) == ("Compute", "Memory")
    assert (rows[9][3], rows[9][6], rows[9][7]) == ("Compute", "Compute", "3.13x")
    assert "compute-bound from batch 77 " in ran.stdout and "compute-bound from batch 149 " in ran.stdout
    assert "400 W" in ran.stdout and "(estimated)" in ran.stdout


def test_four_vendors_are_compared_over_batch_1_to_512_with_watts_and_prices(command):
    ran = command("compare llama-3-8b h100 b200 mi300x tpu-v5p --axis batch-size=1..512:x2")
    assert ran.code == 0
    assert len([line for line in ran.lines if re.match(r" +\d+ +[\d.]+ ms", line)]) == 10
    devices = [line for line in ran.lines if "compute-bound from batch" in line]
    assert len(devices) == 4 and all(re.search(r"\d+ k?W.* \d+ USD", line) for line in devices)
    assert "note    tpu-v5p: Google TPU v5p states no fp16 rate: arithmetic runs in bf16" in ran.stdout


def test_compare_as_json_and_csv(command):
    line = "compare llama-3-8b a100 h100 --axis batch-size=1,512"
    document = command(f"{line} -o json").json
    assert [device["compute_bound_from_batch"] for device in document["devices"]] == [77, 149]
    assert [row["devices"][1]["speedup_over_first"] for row in document["rows"]] == [
        pytest.approx(1.6, abs=0.01),
        pytest.approx(3.13, abs=0.01),
    ]
    rows = list(csv.DictReader(io.StringIO(command(f"{line} -o csv").stdout)))
    assert [(row["batch_size"], row["hardware"]) for row in rows] == [
        (b, h) for b in ("1", "512") for h in ("a100-sxm-80gb", "h100-sxm-80gb")
    ]
    assert float(rows[1]["latency_s"]) == document["rows"][0]["devices"][1]["latency_s"]


def test_compare_marks_what_does_not_fit_and_exits_3_only_where_nothing_does(command):
    ran = command("compare llama-3-70b h100 b200")
    assert ran.code == 0 and ran.stdout.count("does not fit") == 1
    assert command("compare llama-3-70b h100 a100").code == 3


def test_compare_notes_a_format_that_a_device_lacks(command):
    ran = command("compare llama-3-8b v100 h100 --precision fp8")
    assert "note    v100-sxm2-32gb: NVIDIA V100 SXM2 32 GB states no fp8 rate" in ran.stdout


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("compare llama-3-8b", "compare takes MODEL HARDWARE HARDWARE…"),
        ("compare llama-3-8b h100 h1OO", 'no accelerator is called "h1OO"'),
        (
            "compare llama-3-8b h100 a100 --axis batch-size=1,2 --axis seq-len=1,2",
            "compare takes one axis besides the devices; sweep takes any number",
        ),
        ("compare llama-3-8b h100 a100 --axis batch-size=5..1", "batch_size: the range 5..1 is empty"),
    ],
)
def test_compare_refuses_in_one_sentence(command, line, why):
    ran = command(line)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {why}")
