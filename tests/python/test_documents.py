"""The calls of the original's documents: its figures under its assumptions, its lessons under ours.

`documents/` holds the programs; each leaves what it found in `figures`.
"""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")
folder = Path(__file__).parent / "documents"
near = functools.partial(pytest.approx, rel=1e-6)
# Printed figures of the documents: to half of their last digit.
printed = pytest.approx


@functools.cache
def run(name, assumptions):
    found = f"runpy.run_path({str(folder / name)!r})['figures']"
    source = f"import json, runpy; print('figures:', json.dumps({found}))"
    environment = {
        **os.environ,
        "MLSYSIM_ASSUMPTIONS": assumptions,
        "MPLBACKEND": "Agg",
        "PYTHONWARNINGS": "ignore",
    }
    result = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    text, _, found = result.stdout.rpartition("figures:")
    return json.loads(found) | {"text": text}


original = functools.partial(run, assumptions="mlsysim-0.1")
ours = functools.partial(run, assumptions="first-principles")


@pytest.mark.parametrize("document", sorted(path.name for path in folder.glob("*.py")))
@pytest.mark.parametrize("assumptions", ["mlsysim-0.1", "first-principles"])
def test_every_program_runs_to_its_end(document, assumptions):
    assert run(document, assumptions)


# The memory wall, as the original prints it.


def test_item_060_original_the_first_example_is_memory_0_54_ms_and_1843_images_a_second():
    bottleneck, latency, throughput = original("memory_wall.py")["hero"]
    assert (bottleneck, f"{latency:.2f}", f"{throughput:.0f}") == ("Memory", "0.54", "1843")
    assert (latency, throughput) == (printed(0.5426214, abs=5e-8), printed(1842.9056, abs=5e-5))


def test_item_061_original_the_tables_of_the_tutorial_are_printed():
    text = " ".join(original("memory_wall.py")["text"].split())
    assert "peak (TFLOP/s) 312.0 989.0 3.2x" in text
    assert "bandwidth (TB/s) 2.039 3.35 1.6x" in text
    assert "V100 125.0 0.9 138.9 19.97 ms Memory" in text


def test_item_061_original_peaks_are_312_and_989_and_bandwidths_2_039_and_3_35():
    found = original("memory_wall.py")
    assert (found["peaks"], found["bandwidths"]) == ([near(312.0), near(989.0)], [near(2.039), near(3.35)])


def test_item_064_original_llama_3_8b_takes_9_00_ms_on_an_a100_and_5_60_on_an_h100_both_memory_bound():
    found = original("memory_wall.py")["one sequence"]
    assert found == ["Memory", "Memory", printed(8.999051, abs=5e-7), printed(5.603433, abs=5e-7)]


def test_item_065_item_068_original_the_speed_up_stays_at_1_6_and_no_batch_to_512_is_compute_bound():
    found = original("memory_wall.py")
    speedups = [1.606, 1.6135, 1.6268, 1.6328, 1.6372, 1.6398, 1.6413]
    for (_, a100, h100, speedup), expected in zip(found["batches"], speedups):
        assert (a100, h100, speedup) == ("Memory", "Memory", printed(expected, abs=5e-4))
    assert found["crossover"] == [None, None]


def test_item_063_item_064_item_067_original_ridges_are_138_9_153_0_and_295_2_and_steps_20_0_9_0_5_6_and_2_5_ms():
    found = original("memory_wall.py")
    assert found["ridges"] == {
        "V100": printed(138.9, abs=0.05),
        "A100": printed(153.0, abs=0.05),
        "H100": printed(295.2, abs=0.05),
    }
    steps = {"V100": 19.968889, "A100": 8.999051, "H100": 5.603433, "B200": 2.536250}
    assert found["latencies"] == {name: printed(step, abs=5e-7) for name, step in steps.items()}
    assert found["bandwidth of the B200 over the H100"] == printed(2.388, abs=5e-4)


# The memory wall, as it is.


def test_item_068_lesson_the_a100_turns_compute_bound_between_75_and_85_sequences_the_h100_between_145_and_165():
    a100, h100 = ours("memory_wall.py")["crossover"]
    assert 75 <= a100 <= 85
    assert 145 <= h100 <= 165


def test_lesson_with_512_tokens_of_context_the_crossover_comes_later_on_both():
    found = ours("memory_wall.py")
    for with_context, without in zip(found["crossover at context 512"], found["crossover"]):
        assert with_context > without


def test_lesson_with_2048_tokens_of_context_no_batch_to_10000_is_compute_bound():
    assert ours("memory_wall.py")["batches bound by arithmetic at context 2048"] == [[10_000, 0], [10_000, 0]]


def test_item_065_lesson_the_speed_up_goes_from_1_6_to_above_3_and_never_above_the_ratio_of_the_peaks():
    batches = ours("memory_wall.py")["batches"]
    speedups = [speedup for *_, speedup in batches]
    assert speedups[0] == printed(1.6, abs=0.05)
    assert speedups[-1] > 3.0
    assert speedups == sorted(speedups)
    assert max(speedups) <= 989.4 / 312
    assert [a100 for _, a100, _, _ in batches] == ["Memory"] * 5 + ["Compute"] * 3
    assert [h100 for _, _, h100, _ in batches] == ["Memory"] * 6 + ["Compute"] * 2


def test_lesson_one_sequence_takes_the_bytes_of_the_weights_over_the_bandwidth():
    a100, h100 = ours("memory_wall.py")["one sequence"][2:]
    # 16.06 GB over 2.039 and 3.35 TB/s, and 0.33 ms of overhead on both
    assert (a100, h100) == (printed(16.06 / 2.039 + 0.33, rel=0.01), printed(16.06 / 3.35 + 0.33, rel=0.01))


def test_self_check_twice_of_everything_is_twice_as_fast_on_either_roof():
    assert ours("memory_wall.py")["twice of everything"] == [["Memory", near(2.0)], ["Compute", near(2.0)]]


def test_item_066_the_picture_is_the_roofline_of_the_h100():
    assert (
        ours("memory_wall.py")["title of the picture"] == "Roofline of NVIDIA H100 SXM5 80 GB, fp16, batch 1"
    )


# The guide to eta.

both = pytest.mark.parametrize("found", [original, ours], ids=["mlsysim-0.1", "first-principles"])


@both
def test_item_002_70b_does_not_fit_one_h100_with_141_gb_of_weights(found):
    feasible, gigabytes = found("efficiency_guide.py")["70B on one H100"]
    assert not feasible
    assert gigabytes == printed(141.2, rel=0.01)


@both
def test_time_times_peak_times_eta_is_the_work(found):
    assert found("efficiency_guide.py")["operations over time, peak and eta"] == [near(1.0)] * 3


@both
def test_item_004_an_eta_of_0_or_above_1_is_refused_with_its_range(found):
    messages = found("efficiency_guide.py")["refused"]
    assert messages == [
        f"efficiency = {eta} is out of range: 1e-09 to 1" for eta in ("0", "-0.1", "1.01", "nan")
    ]


@both
def test_item_008_the_worked_calibration_gives_706_tokens_a_second_and_an_impossible_eta_of_1_699(found):
    guide = found("efficiency_guide.py")
    assert guide["calibrated"] == [printed(706.43, abs=0.005), printed(1.699, abs=5e-4)]
    assert guide["text"] == "eta = 1.699\n"
    assert guide["calibrated is refused"] == "efficiency = 1.69869 is out of range: 1e-09 to 1"


@both
def test_item_009_8b_fits_a_b200(found):
    feasible, latency = found("efficiency_guide.py")["8B on a B200"]
    assert feasible
    assert latency < 10


def test_item_010a_fallacy_eta_counts_only_where_arithmetic_binds():
    ratios = ours("efficiency_guide.py")["latency at eta 0.05 over 0.5"]
    assert ratios["1"] == near(1.0)
    assert ratios["4096"] == printed(10.0, rel=0.01)


def test_item_010a_fallacy_in_the_original_eta_of_5_percent_changes_nothing_at_batch_1():
    assert original("efficiency_guide.py")["latency at eta 0.05 over 0.5"]["1"] == near(1.0)


def test_item_010b_fallacy_int8_has_the_lower_mfu_of_its_peak_and_the_shorter_step():
    found = ours("efficiency_guide.py")["MFU and latency"]
    assert found["int8"][0] < found["fp16"][0]
    assert found["int8"][1] < found["fp16"][1]


def test_item_010c_fallacy_one_eta_predicts_a_gain_between_the_ratios_of_bandwidth_and_peak():
    gain = ours("efficiency_guide.py")["ResNet-50 training, H100 over A100"]
    assert 3.35 / 2.039 <= gain <= 989.4 / 312


@both
@pytest.mark.parametrize("batch", ["1", "64", "1024"])
def test_item_010d_fallacy_raising_the_peak_never_raises_mfu(found, batch):
    shares = found("efficiency_guide.py")["MFU as the peak grows"][batch]
    assert len(shares) == 7
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < shares[0] / 2


def test_item_010d_fallacy_one_image_uses_2_4_percent_of_an_a100_and_0_8_of_an_h100_in_the_original():
    shares = original("efficiency_guide.py")["MFU of ResNet-50, one image"]
    assert shares == {"a100-sxm-80gb": printed(0.0242, abs=5e-5), "h100-sxm-80gb": printed(0.0078, abs=1e-4)}


# The cheat sheet.


def test_item_048_original_the_first_call_of_the_sheet_gives_5_60_ms_178_5_a_second_and_1_18_joule():
    found = original("cheat_sheet.py")["8B on an H100"]
    assert found == {
        "latency_ms": printed(5.603433, abs=5e-7),
        "throughput_per_s": printed(178.462, abs=5e-4),
        "bottleneck": "Memory",
        "memory_gb": near(16.06),
        "mfu": printed(0.0028980, abs=5e-8),
        "energy_j": printed(1.184678, abs=5e-7),
        "feasible": True,
    }


@both
def test_item_049_weights_of_8_03_billion_take_4_2_1_and_half_a_byte(found):
    assert found("cheat_sheet.py")["weights_gb"] == {
        precision: printed(8.03 * size, rel=1e-4)
        for precision, size in {"fp32": 4, "fp16": 2, "int8": 1, "int4": 0.5, "fp8": 1}.items()
    }


@both
def test_a_training_step_is_three_forward_passes_of_work(found):
    assert found("cheat_sheet.py")["training over forward"] == near(3.0)


def test_item_056_original_the_devices_of_the_sheet():
    devices = original("cheat_sheet.py")["devices"]
    gib = 2**30 / 1e9
    assert devices["V100"] == [near(125), near(32 * gib), near(0.9), near(300)]
    assert devices["A100"] == [near(312), near(80 * gib), near(2.039), near(400)]
    assert devices["H100"] == [near(989), near(80 * gib), near(3.35), near(700)]
    assert devices["H200"] == [near(989), near(141), near(4.8), near(700)]
    assert devices["B200"] == [near(2250), near(192 * gib), near(8.0), near(1000)]
    assert devices["nRF52840"] == [near(6.4e-5), near(0.001), near(6.4e-5), near(0.015)]


def test_item_058_original_the_models_of_the_sheet_where_they_are_the_packages():
    expected = {
        "ResNet-50": 25.6,
        "Llama-3-8B": 8030,
        "Llama-3-70B": 70_600,
        "GPT-3": 175_000,
        "DS-CNN": 0.2,
        "MobileNetV2": 3.5,
    }
    assert original("cheat_sheet.py")["parameters_m"] == {
        name: near(count) for name, count in expected.items()
    }


def test_item_058_ours_the_models_of_the_sheet_within_half_a_percent_and_ds_cnn_of_24_thousand():
    expected = {
        "ResNet-50": 25.6,
        "Llama-3-8B": 8030,
        "Llama-3-70B": 70_600,
        "GPT-3": 175_000,
        "DS-CNN": 0.0238,
        "MobileNetV2": 3.5,
    }
    assert ours("cheat_sheet.py")["parameters_m"] == {
        name: printed(count, rel=0.005) for name, count in expected.items()
    }


@both
def test_the_cache_of_4096_tokens_takes_536870912_bytes(found):
    sheet = found("cheat_sheet.py")
    assert sheet["kv_bytes"] == sheet["kv_bytes by hand"] == 536_870_912


@both
def test_the_fleet_and_the_region_are_found_by_the_names_of_the_sheet(found):
    assert found("cheat_sheet.py")["names"] == ["research-256", "quebec"]
