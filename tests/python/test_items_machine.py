"""Number formats, the hierarchy of memories and the energy of operations, as the documents of the original teach them."""

import math

import numpy as np
import pytest
from mlsysim.core import constants
from mlsysim.errors import LookupError

import mlsysim
from mlsysim import Formats, Levels, Operations, numeric_format

near = pytest.approx


def test_item_037_exponent_and_mantissa_bits_of_the_formats():
    bits = {"fp32": (8, 23), "fp16": (5, 10), "bf16": (8, 7), "fp8-e4m3": (4, 3), "fp8-e5m2": (5, 2), "tf32": (8, 10)}
    for name, pair in bits.items():
        found = numeric_format(name)
        assert (found.exponent_bits, found.mantissa_bits) == pair
        assert found.bits == 1 + sum(pair)
    assert numeric_format("int8").min == -128 and numeric_format("INT8").max == 127
    assert (numeric_format("int4").min, numeric_format("int4").max) == (-8, 7)


def test_item_037_fp16_ends_at_65504_and_is_normal_from_6_1e_minus_5():
    half = numeric_format("fp16")
    assert half.max == 65504 and half.min_normal == 2.0**-14 == near(6.1e-5, rel=1e-2)  # not 1e-5


@pytest.mark.parametrize(("name", "type_"), [("fp16", np.float16), ("fp32", np.float32), ("fp64", np.float64)])
def test_ieee_formats_are_what_numpy_computes_with(name, type_):
    ours, theirs = numeric_format(name), np.finfo(type_)
    assert (ours.max, ours.min, ours.min_normal) == (float(theirs.max), float(theirs.min), float(theirs.smallest_normal))
    assert ours.min_subnormal == float(theirs.smallest_subnormal)


@pytest.mark.parametrize("found", [f for f in Formats if f.exponent_bits], ids=lambda f: f.id)
def test_smallest_values_follow_from_the_bits(found):
    assert found.bits == 1 + found.exponent_bits + found.mantissa_bits
    assert found.exponent_bias == 2 ** (found.exponent_bits - 1) - 1
    assert found.min_normal == 2.0 ** (1 - found.exponent_bias)
    assert found.min_subnormal == found.min_normal * 2.0**-found.mantissa_bits
    assert found.min == -found.max
    # The largest is a fraction below 2, at the highest exponent or the one below, whose codes may mean infinity and NaN.
    fraction, exponent = math.frexp(found.max)
    top = 2**found.exponent_bits - 1 - found.exponent_bias
    assert exponent - 1 in (top, top - 1) and 2 * fraction * 2**found.mantissa_bits % 1 == 0


def test_the_8_bit_formats_end_at_448_and_57344():
    assert numeric_format("fp8").id == "fp8-e4m3" and numeric_format("fp8").max == 448
    assert numeric_format("e5m2").max == 57344


def test_a_block_of_32_with_an_8_bit_scale_costs_a_quarter_bit_an_element():
    stored = {"mxfp8": 8.25, "mxfp6": 6.25, "mxfp4": 4.25, "nvfp4": 4.5, "mxint8": 8.25, "bf16": 16, "tf32": 32}
    for name, bits in stored.items():
        assert numeric_format(name).stored_bits == bits
    for found in Formats:
        if found.id.startswith("gguf-"):  # files that mix several block formats: an average, above that of most blocks
            assert found.bits < found.stored_bits < found.bits + 1.5
            continue
        shared = (found.scale_bits or 0) / (found.block or 1)
        assert found.stored_bits == (32 if found.id == "tf32" else found.bits + shared)


def test_a_format_that_nobody_knows_gets_the_nearest():
    with pytest.raises(LookupError, match="bf16"):
        numeric_format("bf15")
    assert "ocp" in numeric_format("mxfp4").figure("block")["url"] or "opencompute" in numeric_format("mxfp4").figure("block")["url"]


def test_item_015_a_dram_access_costs_581_half_precision_multiplications():
    dram = Levels.DRAM.energy.m_as("pJ")
    multiply = {name: Operations.__getattr__(f"multiply_{name}").energy.m_as("pJ") for name in ("fp32", "fp16", "int8")}
    assert dram == near(640)
    assert int(dram / multiply["fp16"]) == 581  # 640 / 1.1; not "about 600", nor the 640 that a rounded 1 pJ would give
    assert multiply["fp32"] / multiply["int8"] == near(18.5)
    assert round(multiply["fp32"] / multiply["fp16"], 1) == 3.4


def test_item_015_the_originals_energies_of_registers_and_caches_are_kept_under_its_assumptions():
    # 32 bits from a register file 1 pJ and from a small cache 5 pJ (EIE, table 1): 5 to 1, where it has 50 to 1
    assert Levels.L1.energy / Levels.Register.energy == near(5)
    with mlsysim.assumptions.using("mlsysim-0.1"):
        assert Levels.L1.energy / Levels.Register.energy == near(50)
    assert constants.ENERGY_SRAM_L1_PJ / constants.ENERGY_REG_PJ == near(50)
    assert (constants.ENERGY_DRAM_ACCESS_PJ / constants.ENERGY_FLOP_FP16_PJ).m_as("count") == near(640 / 1.1)


def test_item_016_ratios_of_latencies():
    assert constants.LATENCY_HBM3 / constants.LATENCY_L1_REGISTER == near(300)
    assert constants.LATENCY_NVME_SSD / constants.LATENCY_L1_REGISTER == near(100_000)
    assert int((constants.LATENCY_INFINIBAND / constants.LATENCY_HBM3).m_as("count")) == 16
    assert int((constants.H100_MEM_BW / constants.PCIE_GEN5_BW).m_as("count")) == 52


def test_item_017_latencies_of_the_hierarchy():
    expected = {"Register": 0.3, "L1": 1, "L2": 4, "DRAM": 100, "HBM3": 300, "NVLink4": 500, "PCIe5": 1000,
                "InfiniBand_NDR": 3000, "NVMe": 90_000}  # fmt: skip
    assert {name: getattr(Levels, name).latency.m_as("ns") for name in expected} == near(expected)
    for name in expected:
        figure = getattr(Levels, name).figure("latency")
        assert figure["kind"] == "estimated" and figure["low"] < figure["value"] < figure["high"]
    with mlsysim.assumptions.using("mlsysim-0.1"):
        assert Levels.InfiniBand_NDR.latency.m_as("ns") == near(5000)
        assert Levels.NVMe.latency.m_as("ns") == near(100_000)


def test_item_018_cycles_at_three_a_nanosecond():
    cycles = {"Register": 1, "L1": 3, "L2": 12, "HBM3": 900, "NVLink4": 1500, "PCIe5": 3000, "InfiniBand_NDR": 9000}
    assert {name: round(getattr(Levels, name).latency.m_as("ns") * 3) for name in cycles} == cycles


def test_item_018_a_step_down_is_not_always_ten_to_a_hundred_times():
    order = [getattr(Levels, name).latency.m_as("ns") for name in ("L1", "L2", "HBM3", "NVLink4", "PCIe5")]
    steps = [slow / fast for fast, slow in zip(order, order[1:], strict=False)]
    assert steps == near([4, 75, 500 / 300, 2])
    assert Levels.HBM3.latency / Levels.Register.latency == near(1000)  # not 100
    assert Levels.DRAM.latency < Levels.HBM3.latency  # through an accelerator's caches, HBM is further than DRAM


def test_item_019_bandwidths_of_the_hierarchy():
    expected = {"HBM3": 3350, "PCIe5": 63, "DRAM": 51.2, "InfiniBand_NDR": 50, "NVMe": 6.8, "NVLink4": 450}
    assert {name: getattr(Levels, name).bandwidth_one_way.m_as("GB/s") for name in expected} == near(expected)
    with mlsysim.assumptions.using("mlsysim-0.1"):
        rounded = {"PCIe5": 64, "DRAM": 50, "NVMe": 7}
        assert {name: getattr(Levels, name).bandwidth_one_way.m_as("GB/s") for name in rounded} == near(rounded)


def test_item_020_a_datacenter_accelerator_has_19_times_the_operations_of_a_phone():
    # 989 / 50; not 28
    assert int((constants.H100_FLOPS_FP16_TENSOR / constants.MOBILE_NPU_TOPS_INT8).m_as("count")) == 19


def test_item_035_energies_of_32_bits():
    with mlsysim.assumptions.using("mlsysim-0.1"):
        original = [getattr(Levels, name).energy.m_as("pJ") for name in ("Register", "L1", "L2", "DRAM")]
    assert original == near([0.01, 0.5, 2.0, 640])
    assert [getattr(Levels, name).energy.m_as("pJ") for name in ("Register", "L1", "L2", "DRAM")] == near([1, 5, 50, 640])
    assert Levels.NVMe.energy is None  # nobody states one


def test_a_drive_a_port_and_a_memory_among_the_levels_are_those_of_the_other_kinds():
    from mlsysim import _core

    drive = _core.find("storage", "nvme-gen4")
    assert Levels.NVMe.latency.m_as("s") == near(drive.cell("latency"))
    assert Levels.NVMe.bandwidth_one_way.m_as("byte/s") == near(drive.cell("read_bandwidth"))
    port = _core.find("fabric", "infiniband-ndr")
    assert Levels.InfiniBand_NDR.latency.m_as("s") == near(port.cell("latency"))
    assert Levels.InfiniBand_NDR.bandwidth_one_way.m_as("byte/s") == near(port.cell("bandwidth_one_way"))
    hbm = Levels.HBM3.bandwidth_one_way
    assert hbm == mlsysim.Hardware.H100.memory.bandwidth
