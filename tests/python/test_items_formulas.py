"""What the documents of the original teach in formulas: a test an item, with the right value where theirs is not."""

import math

import numpy as np
import pytest
from mlsysim.core import constants
from mlsysim.core import formulas as named_as_there

from mlsysim import formulas
from mlsysim.units import Q_, ureg

near = pytest.approx
H100 = dict(peak="989 Tflop/s", bandwidth="3.35 TB/s")
A100 = dict(peak="312 Tflop/s", bandwidth="2.039 TB/s")


def test_item_001_eta_is_achieved_over_peak():
    assert formulas.efficiency("494.5 Tflop/s", "989 Tflop/s") == 0.5
    # 1,200 tokens/s x 1.4e12 flop on 989e12 flop/s: not the 0.423 that is printed there, and impossible
    assert formulas.efficiency(1200 * 1.4e12, 989e12) == near(1.69868554)


def test_item_003_time_x_peak_x_eta_is_the_work():
    for work, peak, eta in [(16.06e12, 989e12, 0.5), (4.1e9, 312e12, 0.13), (1.2e20, 125e12, 1.0)]:
        assert formulas.compute_time(work, peak, eta).m_as("s") * peak * eta == near(work, rel=1e-9)


def test_item_006_flops_x_one_over_peak_x_one_over_eta_is_the_pattern_of_instructions_x_cpi_x_period():
    # 1e9 instructions x 2 cycles x (1 / 2 GHz) = 1 s; 1e9 flop x (1 / 2e9 flop/s) x (1 / 0.5) = 1 s
    assert formulas.processor_time(1e9, 2, 2e9).m_as("s") == near(1)
    assert formulas.compute_time(1e9, 2e9, 0.5).m_as("s") == near(1)


def test_item_014_light_needs_40_ms_across_the_united_states_and_back():
    for distance, milliseconds in [(100, 1), (4000, 40), (6000, 60), (10000, 100)]:
        assert formulas.network_round_trip_time(distance).m_as("ms") == near(milliseconds)
        assert named_as_there.calc_network_latency_ms(distance) == near(milliseconds)


def test_item_021_ridge_points_of_the_a100_and_the_h100_are_153_and_295():
    # not 208, which is that of the A100 with 40 GB: 312 / 1.5
    assert int(formulas.ridge_point(**A100).m_as("flop/byte")) == 153
    assert int(formulas.ridge_point(**H100).m_as("flop/byte")) == 295


def test_item_022_memory_and_work_of_7e9_parameters():
    assert formulas.model_memory(7e9, "2 B").m_as("GB") == near(14)
    assert formulas.model_memory(7e9, "1 B").m_as("GB") == near(7)
    assert formulas.forward_work(7e9, "1 token").m_as("Gflop") == near(14)
    assert formulas.training_work(7e9, "1e12 tokens").m_as("flop") == near(4.2e22)
    # 2 weights + 2 gradients + 12 optimizer and master = 16; the parts listed there, 2 + 4 + 8, leave out the gradients
    assert formulas.mixed_precision_adam_bytes(7e9).m_as("GB") == near(112)
    assert formulas.checkpoint_bytes(7e9, "14 B").m_as("GB") == near(98)  # a checkpoint does leave them out


def test_item_023_at_100_km_h_a_budget_of_10_ms_is_28_cm():
    assert (Q_(10, "ms") / Q_(1, "hour")).to("count").magnitude * 100e3 == near(0.278, abs=5e-4)  # metres


def test_item_024_intensity_and_ridge_point():
    assert formulas.arithmetic_intensity("10 Tflop", "20 GB").m_as("flop/byte") == 500
    assert formulas.attainable_rate("100 flop/byte", **H100).m_as("TFLOPs/s") == near(335)
    assert formulas.attainable_rate("500 flop/byte", **H100).m_as("TFLOPs/s") == near(989)


def test_item_025_doubling_a_small_batch_doubles_the_intensity_of_a_layer():
    batches = 2.0 ** np.arange(0, 10)
    intensity = formulas.gemm_intensity(batches, 4096, 4096, "2 B").m_as("flop/byte")
    # 2 B n^2 / (2 (n^2 + 2 B n)) = B / (1 + B / 2048)
    assert intensity == near(batches / (1 + batches / 2048))
    assert intensity[1] / intensity[0] == near(2, rel=1e-3)
    assert intensity[0] < 1.01 and intensity[9] > 400  # batch 1 is bound by memory everywhere, batch 512 past every ridge


def test_item_026_a_matrix_product_of_4096_is_compute_bound_on_the_a100_and_relu_reaches_0_16_percent():
    gemm = formulas.gemm_intensity(4096, 4096, 4096, "2 B").m_as("flop/byte")
    assert int(gemm) == 1365 and gemm == near(4096 / 3)
    assert gemm > formulas.ridge_point(**A100).m_as("flop/byte")
    relu = formulas.elementwise_intensity(1, 2, "2 B")
    assert relu.m_as("flop/byte") == 0.25
    share = formulas.efficiency(formulas.attainable_rate(relu, **A100), A100["peak"])
    assert share == near(0.25 * 2.039 / 312) and round(share * 100, 2) == 0.16  # not 0.12


def test_item_027_a_byte_is_not_an_operation():
    import pint

    with pytest.raises(pint.DimensionalityError):
        1 * ureg.GB + 1 * ureg.TFLOPs
    with pytest.raises(ValueError, match="traffic is in flop, expected byte"):
        formulas.arithmetic_intensity(1 * ureg.TFLOPs, 1 * ureg.TFLOPs)
    assert str((formulas.memory_time("1 GB", "1 GB/s")).dimensionality) == "[time]"


ITERATION = dict(work="16.06 Tflop", traffic="16.06 GB", efficiency=0.5, overhead="15 us", **H100)


def test_item_028_three_iron_laws_sum_maximum_and_training():
    total = formulas.iron_law_serial(**ITERATION).m_as("ms")
    longest = formulas.iron_law_overlapped(**ITERATION).m_as("ms")
    assert total == near(4.79403 + 32.47725 + 0.015, rel=1e-6)
    assert longest == near(32.47725 + 0.015, rel=1e-6)
    assert total >= longest >= total / 2
    work = formulas.training_work(1e9, 20e9)
    assert formulas.iron_law_training(work, 1, "312 Tflop/s", 0.4, 1, 1).m_as("s") == near(961538.46)


@pytest.mark.parametrize("work", [1e9, 1e12, 1e15])
@pytest.mark.parametrize("traffic", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("overhead", [0.0, 1e-3])
def test_item_028_the_sum_is_never_below_the_maximum_nor_above_twice_it(work, traffic, overhead):
    one = dict(ITERATION, work=work, traffic=traffic, overhead=overhead)
    total, longest = formulas.iron_law_serial(**one), formulas.iron_law_overlapped(**one)
    assert longest <= total <= 2 * longest


def test_item_029_amdahl_at_5_percent_serial():
    assert formulas.amdahl_speedup(0.05, 1) == 1
    assert formulas.amdahl_speedup(0.05, 8) == near(5.925926)  # not 7.5
    assert formulas.amdahl_speedup(0.05, math.inf) == near(20)
    assert named_as_there.calc_amdahls_speedup(p=0.95, s=8) == near(5.925926)


def test_item_030_gustafson_at_5_percent_serial():
    assert formulas.gustafson_speedup(0.05, 1) == 1
    assert formulas.gustafson_speedup(0.05, 8) == near(7.65)  # not 7.67
    assert formulas.gustafson_speedup(0.05, 1000) == near(950.05)  # not 951


def test_item_031_a_billion_parameters_on_20_billion_tokens_take_an_a100_eleven_days():
    assert formulas.training_work(1e9, 20e9).m_as("flop") == near(1.2e20)
    rate = formulas.effective_rate(1, "312 Tflop/s", 0.4, 1, 1)
    assert rate.m_as("flop/s") == near(1.248e14)  # 3e14 x 0.4 as displayed there would be 1.2e14
    time = formulas.training_time(1e9, 20e9, 1, "312 Tflop/s", 0.4)
    assert time.m_as("s") == near(961538.46) and int(time.m_as("day")) == 11
    assert named_as_there.calc_training_time_days(1.2e20, 1, 312e12, 0.4) == near(11.1289, rel=1e-5)


def test_item_032_twice_the_compute_does_nothing_for_memory_and_ten_percent_serial_is_ten_at_most():
    base = dict(peak=1e14, bandwidth=1e12)
    memory_bound, compute_bound = dict(work=1e10, traffic=1e9), dict(work=1e13, traffic=1e9)
    twice = dict(base, peak=2e14)
    assert formulas.roofline_time(**memory_bound, **twice) == formulas.roofline_time(**memory_bound, **base)
    assert formulas.roofline_time(**compute_bound, **base) / formulas.roofline_time(**compute_bound, **twice) == 2
    assert formulas.amdahl_speedup(0.1, math.inf) == near(10)
    assert formulas.gustafson_speedup(0.1, 256) == near(230.5)
    in_flight = formulas.littles_law(500, "100 ms")
    assert in_flight == near(50) and formulas.model_memory(in_flight, "2 GB").m_as("GB") == near(100)


def test_item_033_littles_law():
    assert formulas.littles_law("1000 1/s", "50 ms") == near(50)
    assert formulas.model_memory(50, "1 GB").m_as("GB") == near(50)
    # 24 GB hold 24 requests of 1 GB: at 50 ms each, 480 a second
    assert formulas.littles_law(480, "50 ms") == near(24)


def test_item_036_a_small_message_is_latency_and_a_large_one_is_bandwidth():
    small = formulas.point_to_point_time("1 KB", "10 Gbit/s", "10 ms").m_as("ms")
    assert small == near(10.0008)
    assert formulas.memory_time("1 KB", "10 Gbit/s").m_as("us") == near(0.8)
    assert formulas.point_to_point_time("1 GB", "10 Gbit/s", "10 ms").m_as("ms") == near(810)


def test_item_038_quantisers_map_the_ends_of_the_range_to_the_ends_of_the_codes():
    assert [formulas.symmetric_code(x, 3.5, 8) for x in (3.5, -3.5, 0, 99)] == [127, -127, 0, 127]
    assert [formulas.asymmetric_code(x, -1, 4, 8) for x in (-1, 4, -9, 1.5)] == [0, 255, 0, 128]


def test_item_039_int8_weights_are_at_most_2_times_as_fast_as_fp16_and_4_times_as_fp32():
    assert formulas.memory_bound_speedup(16, 8) == 2
    assert formulas.memory_bound_speedup(32, 8) == 4


def test_item_041_the_iron_law_of_training_and_its_ranges():
    # 1e24 / (1,024 x 989e12 x 0.4 x 0.9 x 0.95)
    time = formulas.iron_law_training("1e24 flop", 1024, "989 Tflop/s", 0.4, 0.9, 0.95)
    assert time.m_as("s") == near(1e24 / 3.46355712e17)
    assert "0.30 to 0.55, 0.70 to 0.95, 0.85 to 0.98" in formulas.iron_law_training.valid


def test_item_043_the_cache_of_llama_3_8b_at_4096_tokens_is_537_mb():
    cache = formulas.grouped_kv_cache_bytes(32, 8, 128, 4096, 1, "2 B")
    assert cache.m_as("byte") == 536_870_912
    assert named_as_there.calc_kv_cache_size(32, 8, 128, 4096, 1).m_as("byte") == 536_870_912


def test_item_043_that_is_the_contiguous_cache_pages_round_it_up():
    # 4,001 tokens in pages of 16 take 251 pages
    assert formulas.paged_tokens("4001 tokens", "16 tokens").m_as("token") == 4016
    size, waste = named_as_there.calc_paged_kv_cache_size(32, 8, 128, 4001, 1)
    assert size.m_as("byte") == 526_385_152 and waste == near(15 / 4016)


def test_item_044_a_ring_of_8_takes_35_007_ms_for_a_gigabyte_and_never_more_than_twice_the_message():
    ring = formulas.ring_all_reduce_time
    assert ring("1 GB", 8, "50 GB/s", "500 ns").m_as("ms") == near(35.007)
    assert ring("1 GB", 1e9, "50 GB/s", 0).m_as("ms") == near(40)


def test_item_045_1e21_flop_train_2_9_billion_parameters_at_20_tokens_each():
    size = formulas.size_at_ratio("1e21 flop", 20)
    assert size == near(2.88675e9, rel=1e-6)  # sqrt(1e21 / 120)
    assert formulas.trained_tokens("1e21 flop", size).m_as("token") == near(20 * size)


def test_item_046_carbon_is_energy_x_pue_x_intensity():
    energy = formulas.facility_energy("1000 kWh", 1.1)
    assert energy.m_as("kWh") == near(1100)
    assert formulas.operational_carbon(energy, "429 gCO2e/kWh").m_as("kg") == near(471.9)
    # coal is not 100 times hydro but 820 / 20 = 41 times Quebec, 82 times Norway
    dirty, clean = (formulas.operational_carbon(energy, f"{g} gCO2e/kWh") for g in (820, 20))
    assert dirty / clean == near(41)


def test_item_070_half_as_long_and_twice_as_much_are_both_a_speed_up_of_two():
    assert formulas.memory_time("1 GB", "500 GB/s") / formulas.memory_time("1 GB", "1 TB/s") == near(2)
    assert formulas.compute_time(1e12, 1e12, 1) / formulas.compute_time(1e12, 2e12, 1) == near(2)


def test_item_013_light_in_fibre_goes_200_km_in_a_millisecond():
    assert constants.SPEED_OF_LIGHT_FIBER_KM_S.m_as("km/ms") == near(200)
    # there and back over 100 km
    assert formulas.network_round_trip_time(100).m_as("ms") == near(2 * 100 / 200)
