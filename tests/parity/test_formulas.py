"""The original's formula library under its assumptions, against its recorded calls."""

import math

import pytest
from mlsysim.core import formulas
from mlsysim.errors import InputError
from parity import rows

import mlsysim

names = [name for name in formulas.__all__ if name.startswith("calc_")]

#: Recorded calls that are refused here, by function: why, and how many of the rows at hand.
refused = {
    "calc_queue_latency_mmc": ("a queue without servers has no waiting time", 1, lambda given: given["num_servers"] == 0),
    "calc_pipeline_bubble": ("no micro-batches, no pipeline", 0, lambda given: given["n_microbatches"] == 0),
}


def quantity(recorded):
    if isinstance(recorded, dict) and "unit" in recorded:
        value, unit = float(recorded["value"]), recorded["unit"]
        return value if unit in ("param", "count") else mlsysim.ureg.Quantity(value, unit)
    return float(recorded) if recorded in ("inf", "-inf") else recorded


def same(have, want):
    if isinstance(want, list):
        return len(have) == len(want) and all(map(same, have, want))
    if isinstance(want, dict) and "unit" in want:
        return same(have.m_as(want["unit"]), float(want["value"]))
    if isinstance(want, dict):
        return have.keys() == want.keys() and all(same(have[key], want[key]) for key in want)
    if want in ("Memory", "Compute"):
        return have == want
    return math.isclose(have, float(want), rel_tol=1e-6, abs_tol=1e-15)


@pytest.mark.parametrize("name", names)
def test_every_recorded_call_agrees(name):
    why, count, is_refused = refused.get(name, ("", 0, lambda given: False))
    met = 0
    for row in rows(f"formulas.{name}"):
        given = {key: quantity(value) for key, value in row["inputs"].items()}
        with mlsysim.assumptions.using("mlsysim-0.1"):
            met += is_refused(given)
            if is_refused(given) or "error" in row["outputs"]:
                with pytest.raises(InputError):
                    getattr(formulas, name)(**given)
                continue
            answer = getattr(formulas, name)(**given)
        want = row["outputs"].get("result", row["outputs"])
        assert same(answer, want), (row["id"], answer, want)
    assert met == count, why


def test_every_recorded_function_is_there():
    import gzip
    import json

    from parity import RECORDED

    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        apis = {json.loads(line)["api"] for line in lines}
    assert {api[9:] for api in apis if api.startswith("formulas.")} <= set(names)


def test_by_default_a_tree_passes_pieces_and_moves_nearly_the_bytes_of_a_ring():
    one = (1e9, 8, 50e9, 500e-9)
    # 2 x (1 GB / 50 GB/s + 3 x 500 ns); there 2 x 3 x (20 ms + 500 ns)
    assert formulas.calc_tree_allreduce_time(*one).m_as("ms") == pytest.approx(40.003)
    with mlsysim.assumptions.using("mlsysim-0.1"):
        assert formulas.calc_tree_allreduce_time(*one).m_as("ms") == pytest.approx(120.003)


def test_by_default_activations_at_16_bits_are_34_bytes_and_the_scores():
    shape = dict(n_layers=32, seq_len=2048, batch_size=8, hidden_dim=4096, n_heads=32, precision_bytes=2)
    # 34 x 2048 x 8 x 4096 x 32; with the scores 5 x 32 heads x 8 x 2048^2 x 32 layers more; 2 x … for inputs alone
    assert formulas.calc_activation_memory(**shape).m_as("byte") == 34 * 2048 * 8 * 4096 * 32
    everything = formulas.calc_activation_memory(**shape, strategy="none")
    assert everything.m_as("byte") == 34 * 2048 * 8 * 4096 * 32 + 5 * 32 * 8 * 2048**2 * 32
    assert formulas.calc_activation_memory(**shape, strategy="full").m_as("byte") == 2 * 2048 * 8 * 4096 * 32
    with mlsysim.assumptions.using("mlsysim-0.1"):
        assert formulas.calc_activation_memory(**shape).m_as("byte") == 10 * 2048 * 8 * 4096 * 32 * 2
    with pytest.raises(InputError, match="'half' is not one of none, selective, full"):
        formulas.calc_activation_memory(**shape, strategy="half")


def test_plain_numbers_are_taken_where_the_original_takes_them():
    assert formulas.calc_young_daly_interval(60, 3600).m_as("s") == pytest.approx(657.267, rel=1e-6)
    assert formulas.calc_mtbf_cluster(50000, 8).m_as("hour") == pytest.approx(6250)
    assert formulas.calc_mtbf_node(50000, 8, 150000, 8, 100000, 2).m_as("hour") == pytest.approx(4285.71429)
    assert formulas.calc_failure_probability(1000, 10) == pytest.approx(1 - math.exp(-0.01))
    assert formulas.calc_checkpoint_size(7e9).m_as("GB") == pytest.approx(98)
    assert formulas.model_memory(7e9, 2) == pytest.approx(14000)
    assert formulas.model_memory(7e9 * mlsysim.ureg.param, 2 * mlsysim.ureg.byte, mlsysim.ureg.GB) == pytest.approx(14)
    assert formulas.calc_effective_flops(312e12, 0.4, 0.9, 0.95).m_as("TFLOPs/s") == pytest.approx(106.704)
    # 10 x 1,000 USD + 10 x 0.3 kW x 3 x 8,766 h x 0.1 USD
    assert formulas.calc_fleet_tco(1000, 300, 10, 3, 0.1) == pytest.approx(17889.4)
    # 1 MB/s x 2,592,000 s = 2,592 GB at 0.09 USD
    assert formulas.calc_monthly_egress_cost(1e6, 0.09) == pytest.approx(233.28)
    assert formulas.calc_network_latency_ms(4000 * mlsysim.ureg.meter * 1000) == pytest.approx(40)


def test_a_wrong_argument_is_refused_by_name():
    with pytest.raises(ValueError, match="devices = 0 is out of range: at least 1"):
        formulas.calc_ring_allreduce_time(1e9, 0, 50e9, 5e-7)
    with pytest.raises(ValueError, match="message = -1 B is out of range"):
        formulas.calc_ring_allreduce_time(-1, 4, 50e9, 5e-7)
    with pytest.raises(ValueError, match="bandwidth is in byte, expected byte/s"):
        formulas.calc_ring_allreduce_time(1e9, 4, mlsysim.ureg.Quantity(50, "GB"), 5e-7)
