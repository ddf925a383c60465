"""docs/errata.md, one test an erratum: the right figure from our engine and catalog, and the original's where it is about it."""

import pytest
from mlsysim.core import constants as c
from mlsysim.fmt import fmt, sci_latex

import mlsysim
from mlsysim import Engine, Hardware, Infra, InputError, Models, Systems, assumptions, formulas, ureg

near = pytest.approx
llama, a100, h100 = Models.Llama3_8B, Hardware.A100, Hardware.H100
ORIGINAL = "mlsysim-0.1"


def ratio(one, other):
    return (one / other).m_as("")


def latency_ms(hardware, batch_size=1, **more):
    return Engine.solve(llama, hardware, batch_size, **more).latency.m_as("ms")


def test_erratum_c01_the_worked_calibration_gives_1_699_which_is_refused():
    eta = 1200 / (989e12 / 1.4e12)
    assert eta == near(1.699, abs=5e-4)
    with pytest.raises(InputError, match="efficiency = 1.69869 is out of range"):
        Engine.solve(llama, h100, efficiency=eta)
    assert 0.423 * 989e12 / 1.4e12 == near(299, abs=0.5)
    assert 0.423 * 989e12 / 1200 == near(3.49e11, rel=2e-3)


def test_erratum_c02_312_tflop_is_the_a100_and_the_h100_has_989():
    assert a100.compute.peak_flops.m_as("TFLOP/s") == near(312)
    assert h100.compute.peak_flops.m_as("TFLOP/s") == near(989.4)
    with assumptions.using(ORIGINAL):
        assert h100.compute.peak_flops.m_as("TFLOP/s") == near(989)


def test_erratum_c03_ds_cnn_has_23_756_parameters_and_200_000_in_the_original():
    # 10 x 4 x 64 + 64, four blocks of 9 x 64 + 64 + 64 x 64 + 64, 64 x 12 + 12, nine normalisations of 2 x 64
    assert Models.Tiny.DS_CNN.parameters == 2624 + 4 * 4800 + 780 + 1152 == 23_756
    with assumptions.using(ORIGINAL):
        assert Models.Tiny.DS_CNN.parameters == 200_000


def test_erratum_c04_mobilenet_v2_has_3_504_872_parameters():
    assert Models.MobileNetV2.parameters == 3_504_872
    with assumptions.using(ORIGINAL):
        assert Models.MobileNetV2.parameters == 3.5e6


def test_erratum_c05_no_grid_is_at_1_and_the_originals_span_82_times():
    assert min(grid.carbon_intensity_g_kwh for grid in Infra) > 5
    with assumptions.using(ORIGINAL):
        grids = {name: getattr(Infra, name).carbon_intensity_g_kwh for name in ("Norway", "Quebec", "Poland")}
    assert grids["Poland"] / grids["Norway"] == near(82)
    assert grids["Poland"] / grids["Quebec"] == near(41)


def test_erratum_c06_the_speed_up_at_batch_1_is_1_6():
    assert latency_ms(a100, assumptions=ORIGINAL) / latency_ms(h100, assumptions=ORIGINAL) == near(8.999051 / 5.603433)
    assert latency_ms(a100) / latency_ms(h100) == near(1.6, abs=0.05)
    assert ratio(h100.memory.bandwidth, a100.memory.bandwidth) == near(3.35 / 2.039)


@pytest.mark.parametrize(("gpu", "crossover"), [(a100, 0.5 * 153.016), (h100, 0.5 * 295.343)], ids=["A100", "H100"])
def test_erratum_c07_the_crossover_is_at_eta_times_the_ridge(gpu, crossover):
    below, above = int(crossover) - 1, int(crossover) + 4
    assert Engine.solve(llama, gpu, below).bottleneck == "Memory"
    assert Engine.solve(llama, gpu, above).bottleneck == "Compute"


@pytest.mark.parametrize("gpu", ["V100", "A100", "H100", "H200", "B200"])
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_erratum_c07_in_the_original_no_batch_to_5000_is_compute_bound(gpu, eta):
    columns = mlsysim.sweep("single-node", {"batch_size": "1..5000"}, ["bottleneck", "arithmetic_intensity"], model=llama,
                            hardware=gpu.lower(), precision="fp16", efficiency=eta, assumptions=ORIGINAL)["columns"]  # fmt: skip
    assert (columns["bottleneck"] == 1).all()
    assert columns["arithmetic_intensity"].max() < 10


def test_erratum_c08_the_ridge_rises_to_the_h100_and_falls_after_it():
    with assumptions.using(ORIGINAL):
        ridges = [getattr(Hardware, name).ridge_point().magnitude for name in ("V100", "A100", "H100", "H200", "B200")]
    assert ridges == [near(r, abs=0.05) for r in (138.9, 153.0, 295.2, 206.0, 281.25)]
    ours = {name: getattr(Hardware, name).ridge_point().magnitude for name in ("A100", "H100", "H200", "B200")}
    assert ours["A100"] < ours["H200"] < ours["B200"] < ours["H100"]


def test_erratum_c09_the_ridge_of_the_a100_is_153_and_208_that_of_1_5_tb_per_second():
    assert int(a100.ridge_point().magnitude) == 153
    assert formulas.ridge_point("312 TFLOP/s", "1.5 TB/s").m_as("flop/byte") == near(208)


def test_erratum_c10_relu_reaches_0_16_percent_of_an_a100():
    relu = formulas.elementwise_intensity(1, 2, "2 B")  # one operation for two bytes read and two written
    assert relu.m_as("flop/byte") == 0.25
    assert 100 * ratio(relu, a100.ridge_point()) == near(0.1634, abs=5e-5)
    assert 100 * 0.25 * 1.5 / 312 == near(0.12, abs=5e-4)  # that of the 40 GB module


def test_erratum_c11_amdahl_at_8_is_5_926():
    assert formulas.amdahl_speedup(0.05, 8) == near(1 / (0.05 + 0.95 / 8)) == near(5.926, abs=5e-4)


def test_erratum_c12_gustafson_is_7_65_at_8_and_950_05_at_1000():
    assert formulas.gustafson_speedup(0.05, 8) == near(7.65)
    assert formulas.gustafson_speedup(0.05, 1000) == near(950.05)


def test_erratum_c13_an_h100_has_19_times_a_mobile_npu_and_39_in_the_same_format():
    assert int(c.H100_FLOPS_FP16_TENSOR / c.MOBILE_NPU_TOPS_INT8) == 19
    assert int(c.H100_FLOPS_INT8 / c.MOBILE_NPU_TOPS_INT8) == 39


def test_erratum_c14_dram_costs_581_times_an_fp16_operation():
    assert int(ratio(c.ENERGY_DRAM_ACCESS_PJ, c.ENERGY_FLOP_FP16_PJ)) == 581
    assert c.ENERGY_DRAM_ACCESS_PJ.m_as("pJ") / float(fmt(c.ENERGY_FLOP_FP16_PJ, "pJ", 0)) == 640


def test_erratum_c15_training_holds_2_and_2_and_12_bytes_a_parameter_and_a_checkpoint_14():
    seven = mlsysim.TransformerWorkload("seven", parameters=7e9, layers=32, hidden_dim=4096, heads=32)
    held = mlsysim.solve("footprint", model=seven, seq_len=1)
    assert [held.value(f"training_{part}", "GB") for part in ("weights", "gradients", "optimizer")] == [near(14), near(14), near(84)]
    assert mlsysim.CheckpointModel().solve(seven, h100).checkpoint_size.m_as("GB") == near(98)


def test_erratum_c16_80_gib_are_85_9_gb_and_95_gib_102():
    assert h100.memory.capacity.m_as("GiB") == near(80) and h100.memory.capacity.m_as("GB") == near(85.9, abs=0.05)
    assert Hardware.TPUv5p.memory.capacity.m_as("GiB") == near(95) and Hardware.TPUv5p.memory.capacity.m_as("GB") == near(102.0, abs=0.05)


def test_erratum_c17_3_35_tb_per_second_print_as_3_4_with_one_digit():
    digits = [fmt(h100.memory.bandwidth, unit, precision) for unit, precision in (("TB/s", 2), ("GB/s", 0))]
    assert digits == ["3.35", "3,350"]
    assert c.H100_MEM_BW == h100.memory.bandwidth


def test_erratum_c18_steps_of_the_hierarchy_are_4_75_1_7_2_5_and_20():
    levels = [c.LATENCY_L1_REGISTER, c.LATENCY_L2_CACHE, c.LATENCY_HBM3, c.LATENCY_NVLINK, c.LATENCY_PCIE_GEN5,
              c.LATENCY_INFINIBAND, c.LATENCY_NVME_SSD]  # fmt: skip
    assert [ratio(slow, fast) for fast, slow in zip(levels, levels[1:], strict=False)] == [near(x) for x in (4, 75, 5 / 3, 2, 5, 20)]
    register = 0.3 * ureg.ns
    assert ratio(c.LATENCY_HBM3, register) == near(1000)
    assert ratio(c.LATENCY_NVME_SSD, register) == near(333_333, rel=1e-5)
    assert ratio(c.LATENCY_NVME_SSD, c.LATENCY_L1_REGISTER) == near(100_000)


def test_erratum_c19_half_the_precision_halves_the_bytes_and_with_them_the_memory_time():
    wide, narrow = (Engine.solve(llama, h100, precision=precision) for precision in ("fp16", "int8"))
    assert ratio(wide.traffic_weights, narrow.traffic_weights) == near(2)
    assert ratio(wide.latency_memory, narrow.latency_memory) == near(2, rel=1e-3)


@pytest.mark.parametrize("work", ["1 Gflop", "16.06 Gflop", "1 Tflop", "100 Tflop"])
def test_erratum_c20_the_sum_is_between_the_maximum_and_twice_it(work):
    terms = [work, "16.06 GB", "989.4 TFLOP/s", "3.35 TB/s", 0.5, "0 s"]
    overlapped, added = formulas.iron_law_overlapped(*terms), formulas.iron_law_serial(*terms)
    assert overlapped < added <= 2 * overlapped


@pytest.mark.parametrize("name", [ORIGINAL, "first-principles"])
def test_erratum_c21_eta_does_not_move_a_step_that_memory_binds(name):
    steps = [latency_ms(h100, efficiency=eta, assumptions=name) for eta in (0.5, 0.05, 0.01)]
    assert steps == [near(steps[0])] * 3
    assert latency_ms(h100, efficiency=0.001, assumptions=name) > 2 * steps[0]
    assert Engine.solve(llama, h100, assumptions=ORIGINAL).mfu == near(0.0028980, abs=5e-8)


def test_erratum_c22_one_sequence_takes_as_long_at_either_end_of_either_range():
    steps = [latency_ms(h100, efficiency=eta) for eta in (0.01, 0.05, 0.15)]
    assert steps == [near(steps[0])] * 3


@pytest.mark.parametrize("name", [ORIGINAL, "first-principles"])
@pytest.mark.parametrize("eta", [0.0, 1.01])
def test_erratum_c23_an_eta_of_0_or_above_1_is_refused(name, eta):
    with pytest.raises(InputError, match="efficiency = .* is out of range: 1e-09 to 1"):
        Engine.solve(llama, h100, efficiency=eta, assumptions=name)


def test_erratum_c24_the_product_is_1_248e14():
    rate = a100.compute.peak_flops * 0.40
    assert rate.m_as("flop/s") == near(1.248e14)
    assert sci_latex(a100.compute.peak_flops.m_as("flop/s"), 0) == r"3 \times 10^{14}"
    assert sci_latex(rate.m_as("flop/s"), 2) == r"1.25 \times 10^{14}"
    assert 3e14 * 0.40 == near(1.2e14)


def distributed(name, **more):
    return mlsysim.DistributedModel().solve(
        Models.Llama3_70B, Systems.Clusters.Research_256, batch_size=1024, tp_size=8, pp_size=4, precision="fp16", efficiency=0.4,
        overlap_comm=True, assumptions=name, **more,
    )  # fmt: skip


def test_erratum_c25_the_worked_example_does_not_fit_and_does_with_128_micro_batches():
    printed = distributed(ORIGINAL)
    assert not printed.node_profile.feasible
    assert printed.node_profile.memory_footprint.m_as("GB") == near(12_812, abs=0.5)
    assert (printed.bubble_fraction, printed.scaling_efficiency) == (0.75, near(0.5573914))
    assert printed.step_latency_total.m_as("s") == near(54.627076)
    ours = distributed("first-principles", microbatch_count=128)
    assert ours.feasible
    assert ours.bubble_fraction == near(3 / 131)


def test_erratum_c26_distillation_needs_a_student_where_the_original_answers_nothing():
    with pytest.raises(InputError, match="student"):
        mlsysim.CompressionModel().solve(llama, h100, method="distillation")
    original = mlsysim.CompressionModel().solve(llama, h100, method="distillation", assumptions=ORIGINAL)
    assert (original.compression_ratio, original.inference_speedup) == (1.0, 1.0)


def test_erratum_c27_int4_is_4_times_smaller_than_fp16_and_8_times_than_fp32():
    ours, original = (
        mlsysim.CompressionModel().solve(llama, h100, method="quantization", target_bitwidth=4, assumptions=name)
        for name in ("first-principles", ORIGINAL)
    )
    assert (ours.compression_ratio, original.compression_ratio, original.inference_speedup) == (near(4), 8, 8)
    assert 3 < ours.inference_speedup < 4


def test_erratum_c28_4001_tokens_in_pages_of_16_take_4016():
    assert formulas.paged_tokens(4001, 16).m_as("token") == 4016
    assert llama.get_kv_cache_size(4001).m_as("byte") == near(4001 * 131_072)
    paged = mlsysim.ContinuousBatchingModel().solve(llama, h100, seq_len=4001, max_batch_size=1, assumptions=ORIGINAL)
    assert paged.paged_kv_cache_size.m_as("byte") == near(4016 * 131_072)


def test_erratum_c29_every_class_is_exported_and_the_roofline_of_a_fleet_answers():
    assert set(mlsysim.walls.classes) <= set(mlsysim.__all__)
    assert mlsysim.NetworkRooflineModel().solve(llama, Systems.Research_256).bottleneck == "Network"


def test_erratum_c30_an_a100_moves_2039_gb_per_second():
    assert a100.memory.bandwidth.m_as("GB/s") == near(2039)
    assert ratio(h100.memory.bandwidth, 2.0 * ureg.TB / ureg.s) == near(1.675)


@pytest.mark.parametrize("name", [ORIGINAL, "first-principles"])
def test_erratum_c31_mfu_of_a_fleet_decides_the_power_that_it_draws(name):
    low, high = (
        mlsysim.SustainabilityModel().solve(Systems.Research_256, 30, mfu=mfu, assumptions=name).it_energy_kwh for mfu in (0.4, 1.0)
    )
    assert low < high
    if name == ORIGINAL:
        assert ratio(low, high) == near(0.3 + 0.7 * 0.4)


def test_erratum_c32_int8_and_fp8_have_the_same_rate_on_an_h100_and_an_a100_has_no_fp8():
    assert h100.compute.peak("int8") == h100.compute.peak("fp8") == 1978.9 * ureg.TFLOP / ureg.s
    assert (a100.compute.peak("int8"), a100.compute.peak("fp8")) == (624 * ureg.TFLOP / ureg.s, None)


def test_erratum_c33_a_factor_of_1_93_of_the_arithmetic_is_idle():
    arithmetic, bandwidth = (ratio(getattr(h100, part), getattr(a100, part)) for part in ("peak_flops", "memory_bw"))
    assert (arithmetic, bandwidth) == (near(3.171, abs=5e-4), near(1.643, abs=5e-4))
    assert arithmetic / bandwidth == near(1.93, abs=5e-3)


def test_erratum_c34_1_mb_is_0_00093_gib():
    nrf = Hardware.Tiny.nRF52840
    assert 1e6 / 2**30 == near(0.00093, abs=5e-6)
    assert nrf.memory.flash_capacity.m_as("KiB") == near(1024)
    with assumptions.using(ORIGINAL):
        assert nrf.memory.capacity.m_as("byte") == near(1e6)
