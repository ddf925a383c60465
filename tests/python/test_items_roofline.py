"""The roofline that the documents teach: its terms, its regimes, and what the release notes promise of the package."""

from itertools import combinations
from pathlib import Path

import pytest

import mlsysim
from mlsysim import Engine, Hardware, Models, assumptions

near = pytest.approx
root = Path(__file__).resolve().parents[2]
llama = Models.Llama3_8B
ORIGINAL, BOTH = "mlsysim-0.1", ["mlsysim-0.1", "first-principles"]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("batch", [1, 64, 1024])
def test_item_042_a_step_is_the_slower_roof_and_the_overhead(name, batch):
    p = Engine.solve(llama, Hardware.H100, batch, assumptions=name)
    assert p.value("latency") == near(max(p.value("latency_compute"), p.value("latency_memory")) + p.value("latency_overhead"))


def test_item_042_the_originals_overhead_is_the_dispatch_and_10_us_a_layer():
    p = Engine.solve(llama, Hardware.H100, assumptions=ORIGINAL)
    assert p.value("latency_overhead", "ms") == near(0.01 + 32 * 0.01)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8", "int4", "fp8"])
@pytest.mark.parametrize("name", BOTH)
def test_item_049_every_format_of_the_sheet_is_accepted(name, precision):
    with assumptions.using(name):
        device = Hardware.H100
        if name == ORIGINAL and device.compute.peak(precision) is None:
            assert Engine.solve(llama, device, precision=precision).feasible
        assert Engine.solve(llama, device, precision=precision).value("latency") > 0


@pytest.mark.parametrize(("one", "other"), list(combinations(["V100", "A100", "H100", "H200", "B200"], 2)))
def test_item_072_memory_bound_steps_scale_as_bandwidths_and_compute_bound_ones_as_peaks(one, other):
    a, b = getattr(Hardware, one), getattr(Hardware, other)
    by_memory = [Engine.solve(llama, gpu, 1) for gpu in (a, b)]
    assert [p.bottleneck for p in by_memory] == ["Memory"] * 2
    ratio = (b.memory.bandwidth / a.memory.bandwidth).m_as("")
    assert (by_memory[0].latency_memory / by_memory[1].latency_memory).m_as("") == near(ratio)
    by_compute = [Engine.solve(llama, gpu, 4096) for gpu in (a, b)]
    assert [p.bottleneck for p in by_compute] == ["Compute"] * 2
    ratio = (b.compute.peak_flops / a.compute.peak_flops).m_as("")
    assert (by_compute[0].latency_compute / by_compute[1].latency_compute).m_as("") == near(ratio)


def test_item_067_a_b200_is_2_39_times_an_h100_by_bandwidth_and_2_21_in_the_original():
    b200, h100 = Hardware.B200, Hardware.H100
    assert (b200.memory.bandwidth / h100.memory.bandwidth).m_as("") == near(8 / 3.35)
    ratio = Engine.solve(llama, h100, assumptions=ORIGINAL).latency / Engine.solve(llama, b200, assumptions=ORIGINAL).latency
    assert ratio.m_as("") == near(2.209, abs=5e-4)


# What the release notes say of the package.


def test_item_071_the_sample_of_the_command_does_not_fit_and_offloads_in_the_original(command):
    line = "eval Llama3_70B H100 --batch-size 1 -o json"
    assert command(line).code == 3
    original = command(f"{line} --assumptions mlsysim-0.1")
    assert original.code == 3
    assert original.json["result"]["latency_s"] == near(2.427685, rel=1e-6)


@pytest.mark.parametrize("name", BOTH)
def test_item_071_speculative_decoding_lowers_the_time_between_tokens(name):
    ask = mlsysim.ServingModel().solve
    alone = ask(Models.Llama3_70B, Hardware.B200, seq_len=2048, assumptions=name)
    drafted = ask(Models.Llama3_70B, Hardware.B200, seq_len=2048, draft_model=llama, assumptions=name)
    assert drafted.itl < alone.itl


@pytest.mark.parametrize("wall", ["batching-optimizer", "network-roofline", "placement-optimizer"])
def test_item_071_solvers_that_the_notes_add_to_the_reference_have_a_page(wall):
    assert "# " in (root / f"docs/walls/{wall}.md").read_text(encoding="utf-8")


def test_item_071_python_3_10_is_enough_and_the_wheel_holds_the_package_alone():
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    assert 'requires-python = ">=3.10"' in lines
    assert 'wheel.packages = ["python/mlsysim"]' in lines
