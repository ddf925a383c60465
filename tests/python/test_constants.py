"""The original's constants: names and values that its documents rely on."""

import pickle

import mlsysim.core
import pint
import pytest
from mlsysim.core import constants

from mlsysim.units import Q_, ureg

near = pytest.approx


def test_item_040_a_star_import_makes_437_constants_and_the_units():
    names = {}
    exec("from mlsysim.core.constants import *", names)
    figures = [name for name in constants._figures if name in names]
    assert len(figures) == len(constants._figures) == 437
    for unit in ("ureg", "Q_", "NS", "GB", "TB", "GiB", "TFLOPs", "second", "USD", "KFLOPs", "Gbps", "param"):
        assert unit in names


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("H100_FLOPS_FP16_TENSOR", 989, "TFLOPs/s"),
        ("H100_FLOPS_FP8_TENSOR", 1979, "TFLOPs/s"),
        ("H100_MEM_BW", 3.35, "TB/s"),
        ("H100_MEM_CAPACITY", 80, "GiB"),
        ("A100_FLOPS_FP16_TENSOR", 312, "TFLOPs/s"),
        ("A100_MEM_BW", 2.039, "TB/s"),
        ("TPUV5P_FLOPS_BF16", 459, "TFLOPs/s"),
        ("TPUV5P_MEM_BW", 2.76, "TB/s"),
        ("TPUV5P_MEM_CAPACITY", 95, "GiB"),
        ("TPUV5P_ICI_BW", 1600, "GB/s"),
        ("NVLINK_H100_BW", 900, "GB/s"),
        ("PCIE_GEN5_BW", 64, "GB/s"),
        ("SYSTEM_MEMORY_BW", 50, "GB/s"),
        ("NVME_SEQUENTIAL_BW", 7, "GB/s"),
        ("INFINIBAND_NDR_BW", 400, "Gbps"),
        ("MOBILE_NPU_TOPS_INT8", 50, "TFLOPs/s"),
        ("LATENCY_L1_REGISTER", 1, "ns"),
        ("LATENCY_HBM3", 300, "ns"),
        ("LATENCY_NVME_SSD", 100_000, "ns"),
        ("SPEED_OF_LIGHT_FIBER_KM_S", 200_000, "km/s"),
        ("ENERGY_DRAM_ACCESS_PJ", 640, "pJ"),
        ("ENERGY_FLOP_FP32_PJ", 3.7, "pJ"),
        ("ENERGY_FLOP_FP16_PJ", 1.1, "pJ"),
        ("ENERGY_FLOP_INT8_PJ", 0.2, "pJ"),
        ("ENERGY_SRAM_L1_PJ", 0.5, "pJ"),
        ("ENERGY_REG_PJ", 0.01, "pJ"),
        ("GPT3_PARAMS", 175e9, "param"),
        ("GPT3_TRAINING_OPS", 3.14e23, "flop"),
        ("GPT3_TRAINING_DAYS_REF", 25, "day"),
        ("RESNET50_FLOPs", 4.1e9, "flop"),
        ("CLOUD_ELECTRICITY_PER_KWH", 0.12, "USD/kWh"),
        ("STORAGE_COST_S3_STD", 8.74591223667199e-18, "USD/byte/s"),
        ("BATTERY_ENERGY_J", 39_960, "J"),
        ("PHONE_BATTERY_WH", 15, "Wh"),
        ("CARBON_PER_GPU_HR_KG", 0.16, "kg"),
        ("H100_UNIT_COST", 30_000, "USD"),
        ("NVL72_GPUs", 72, "count"),
    ],
)
def test_a_constant_has_the_originals_value(name, value, unit):
    assert getattr(constants, name).m_as(unit) == near(value, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BILLION", 1e9), ("TRILLION", 1e12), ("MILLION", 1e6), ("SECONDS_PER_MINUTE", 60),
        ("SEC_PER_DAY", 86_400), ("INFINIBAND_NDR_BW_GBS", 50), ("GPUS_PER_HOST", 8),
        ("CLOUD_LATENCY_RANGE_MS", "100-500"),
    ],
)  # fmt: skip
def test_a_bare_constant_is_a_plain_number_or_text(name, value):
    assert getattr(constants, name) == value


def test_dram_costs_581_times_an_fp16_operation():
    dram, flop = constants.ENERGY_DRAM_ACCESS_PJ, constants.ENERGY_FLOP_FP16_PJ
    assert int(dram.m_as(ureg.picojoule) / flop.m_as(ureg.picojoule)) == 581


def test_160_picojoule_per_byte_is_no_energy():
    with pytest.raises(pint.DimensionalityError):
        constants.ENERGY_DRAM_PJ_PER_BYTE.m_as(ureg.picojoule)
    assert (constants.ENERGY_DRAM_PJ_PER_BYTE * Q_("4 B")).m_as("pJ") == near(640)


def test_fp16_and_int4_take_2_and_half_a_byte():
    assert constants.PRECISION_MAP["fp16"] == Q_("2 B")
    assert constants.PRECISION_MAP["int4"] == Q_("0.5 B")


def test_20_tokens_per_parameter_come_with_their_citation():
    ratio = constants.CHINCHILLA_TOKENS_PER_PARAM
    assert ratio == 20.0 and ratio * 2 == 40.0
    assert "Hoffmann" in ratio.citation and ratio.url == "https://arxiv.org/abs/2203.15556"
    assert constants.PUE_TYPICAL.url is None
    assert pickle.loads(pickle.dumps(ratio)).citation == ratio.citation


def test_converting_a_constant_in_place_changes_it_for_nobody_else():
    constants.H100_MEM_BW.ito("GB/s")
    assert str(constants.H100_MEM_BW) == "3.35 TB/s"


def test_an_unknown_constant_is_refused_by_name():
    with pytest.raises(AttributeError, match="H1000_MEM_BW"):
        _ = constants.H1000_MEM_BW
    with pytest.raises(ImportError, match="EUR"):
        exec("from mlsysim.core.constants import EUR")


def test_item_062_the_registry_is_one_wherever_it_is_reached():
    assert mlsysim.core.constants.ureg is mlsysim.core.units.ureg is ureg
    assert Q_("8.999 ms") == 8.999 * mlsysim.core.constants.ureg.ms
