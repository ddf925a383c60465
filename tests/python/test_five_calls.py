"""The five calls of the reference card as it prints them, with the original's figures under its assumptions."""

import math

import pytest

import mlsysim
from mlsysim import (
    CompressionModel,
    DistributedModel,
    EconomicsModel,
    Engine,
    Hardware,
    Infra,
    Models,
    ServingModel,
    SustainabilityModel,
    Systems,
)


def engine():
    return Engine.solve(
        model=Models.Llama3_8B,
        hardware=Hardware.H100,
        batch_size=1,
        precision="fp16",
        efficiency=0.5,
        is_training=False,
    )


def serving():
    return ServingModel().solve(
        model=Models.Llama3_8B, hardware=Hardware.H100, seq_len=4096, batch_size=32, precision="fp16"
    )


def distributed():
    return DistributedModel().solve(
        model=Models.Llama3_70B,
        fleet=Systems.Clusters.Research_256,
        batch_size=1024,
        tp_size=8,
        pp_size=4,
        precision="fp16",
        efficiency=0.4,
        overlap_comm=True,
    )


def compression():
    return CompressionModel().solve(
        model=Models.Llama3_8B, hardware=Hardware.H100, method="quantization", target_bitwidth=4
    )


def sustainability():
    fleet = Systems.Clusters.Research_256
    return SustainabilityModel().solve(fleet, duration_days=30, datacenter=Infra.Quebec, mfu=0.4)


def economics():
    return EconomicsModel().solve(Systems.Clusters.Research_256, duration_days=365, mfu=0.4)


calls = [engine, serving, distributed, compression, sustainability, economics]
#: What the card says that each returns.
returned = {
    engine: "latency throughput bottleneck memory_footprint mfu energy feasible",
    serving: "ttft itl kv_cache_size total_memory_required feasible",
    distributed: "scaling_efficiency step_latency_total dp_communication_latency bubble_fraction"
    " effective_throughput parallelism",
    compression: "compression_ratio compressed_size_gb memory_savings_pct inference_speedup"
    " estimated_accuracy_delta",
    sustainability: "total_energy_kwh carbon_footprint_kg water_usage_liters pue",
    economics: "tco_usd capex_usd total_opex_usd opex_energy_usd carbon_footprint_kg",
}


@pytest.mark.parametrize("call", calls, ids=lambda call: call.__name__)
@pytest.mark.parametrize("assumptions", ["first-principles", "mlsysim-0.1"])
def test_a_call_runs_as_printed_and_returns_what_the_card_says(call, assumptions):
    with mlsysim.assumptions.using(assumptions):
        answer = call()
    for name in returned[call].split():
        assert getattr(answer, name) is not None, name


@pytest.fixture
def original():
    with mlsysim.assumptions.using("mlsysim-0.1"):
        yield


def close(value, expected, rel=1e-6):
    return math.isclose(value, expected, rel_tol=rel)


def test_item_048_engine(original):
    a = engine()
    assert close(a.latency.m_as("ms"), 5.603433, 1e-5) and close(a.throughput.m_as("1/s"), 178.462, 1e-5)
    assert a.bottleneck == "Memory" and a.feasible
    assert close(a.memory_footprint.m_as("GB"), 16.06) and close(a.mfu, 0.0028980, 1e-4)
    assert close(a.energy.m_as("J"), 1.184678)


def test_item_050_serving(original):
    a = serving()
    assert close(a.ttft.m_as("ms"), 4826.079) and close(a.itl.m_as("ms"), 10.242349)
    assert close(a.kv_cache_size.m_as("GB"), 17.179869) and close(a.total_memory_required.m_as("GB"), 33.239869)
    assert a.feasible


def test_item_051_distributed(original):
    a = distributed()
    assert close(a.scaling_efficiency, 0.5573914) and close(a.step_latency_total.m_as("s"), 54.627076)
    assert close(a.dp_communication_latency.m_as("ms"), 34.326, 1e-4) and close(a.bubble_fraction, 0.75)


def test_item_052_compression(original):
    a = compression()
    assert close(a.compression_ratio, 8) and close(a.compressed_size_gb.m_as("GB"), 4.015)
    assert close(a.inference_speedup, 8) and close(a.estimated_accuracy_delta, -0.025)
    assert close(a.memory_savings_pct, 87.5)


def test_item_053_sustainability(original):
    a = sustainability()
    assert close(a.total_energy_kwh.m_as("kWh"), 79323.9552)
    assert close(a.carbon_footprint_kg, 1586.479104)
    assert a.water_usage_liters == 0 and close(a.pue, 1.06)


def test_item_054_economics(original):
    a = economics()
    assert close(a.tco_usd, 3_066_368.43) and close(a.capex_usd, 2_560_000)
    assert close(a.total_opex_usd, 506_368.43) and close(a.opex_energy_usd, 122_368.43)
    assert close(a.carbon_footprint_kg, 437_467.12)


def test_by_default_the_whole_batch_does_not_wait_and_compression_is_against_what_is_served():
    assert serving().ttft.m_as("ms") < 200  # one prompt: 2 x 8e9 x 4096 flop over half of 989 Tflop/s is 133 ms
    assert 2 < compression().inference_speedup <= 4  # int4 against fp16, not fp32
    assert not distributed().feasible or distributed().bubble_fraction <= 0.75
