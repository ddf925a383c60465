"""The Machine Foundations appendix: the names, figures and helpers that its cells use."""

import pytest
from mlsysim.core import constants as c
from mlsysim.fmt import check, fmt, md_math, sci_latex

from mlsysim import Hardware

near = pytest.approx


def test_item_020_rates_and_powers_of_the_table():
    rates = {
        "H100 FP16": (c.H100_FLOPS_FP16_TENSOR, 989), "H100 INT8": (c.H100_FLOPS_INT8, 1979), "A100 FP16": (c.A100_FLOPS_FP16_TENSOR, 312),
        "A100 INT8": (c.A100_FLOPS_INT8, 624), "mobile INT8": (c.MOBILE_NPU_TOPS_INT8, 50),
    }  # fmt: skip
    for name, (rate, tflops) in rates.items():
        assert rate.m_as("TFLOPs/s") == tflops, name
    assert (c.H100_TDP.m_as("W"), c.A100_TDP.m_as("W")) == (700, 400)
    assert c.MOBILE_TDP_RANGE_W == "3-5"
    assert int(989 / 50) == 19


@pytest.mark.parametrize(
    ("device", "rate", "bandwidth", "capacity"), [("H100", 989.4, 3.35, 80), ("TPUv5p", 459, 2.765, 95), ("A100", 312, 2.039, 80)]
)
def test_item_034_the_sheet_of_devices_is_that_of_the_catalog(device, rate, bandwidth, capacity):
    chip = getattr(Hardware, device)
    assert chip.compute.peak_flops.m_as("TFLOPs/s") == near(rate)
    assert chip.memory.bandwidth.m_as("TB/s") == near(bandwidth)
    assert chip.memory.capacity.m_as("GiB") == near(capacity)


def test_item_034_the_originals_constants_of_the_sheet():
    assert (c.TPUV5P_FLOPS_BF16.m_as("TFLOPs/s"), c.TPUV5P_MEM_BW.m_as("TB/s"), c.TPUV5P_MEM_CAPACITY.m_as("GiB")) == (459, 2.76, 95)
    assert (c.NVLINK_H100_BW.m_as("GB/s"), c.TPUV5P_ICI_BW.m_as("GB/s"), c.H100_MEM_CAPACITY.m_as("GiB")) == (900, 1600, 80)
    assert 2 * Hardware.H100.scale_up.bandwidth_one_way.m_as("GB/s") == 900


def test_item_040_the_cells_import_what_they_import_and_print_what_they_print():
    cell = {}
    exec("from mlsysim.core.constants import *\nfrom mlsysim.fmt import fmt, check, md_math, sci_latex", cell)
    names = ("ENERGY_DRAM_ACCESS_PJ ENERGY_FLOP_FP16_PJ ENERGY_REG_PJ LATENCY_L1_REGISTER LATENCY_NVME_SSD H100_MEM_BW A100_MEM_BW "
             "TPUV5P_ICI_BW NVLINK_H100_BW PCIE_GEN5_BW SYSTEM_MEMORY_BW NVME_SEQUENTIAL_BW MOBILE_NPU_TOPS_INT8 "
             "SPEED_OF_LIGHT_FIBER_KM_S BILLION TRILLION MILLION SECONDS_PER_MINUTE SEC_PER_DAY ureg NS GB TB GiB TFLOPs second")
    assert [name for name in names.split() if name not in cell] == []
    assert cell["INFINIBAND_NDR_BW_GBS"] == 50
    ns, kilometre_per_second = cell["NS"], cell["ureg"].kilometer / cell["second"]
    assert cell["LATENCY_HBM3"].m_as(ns) == 300
    assert int(cell["SPEED_OF_LIGHT_FIBER_KM_S"].m_as(kilometre_per_second) / 1000) == 200
    assert fmt(c.A100_FLOPS_FP16_TENSOR, "TFLOP/s", precision=0) == "312"
    assert fmt(c.A100_MEM_BW, "TB/s", precision=1) == "2.0"
    assert sci_latex(1e9, precision=0) == r"1 \times 10^{9}"
    assert type(str(md_math("T"))) is str


def test_item_040_check_stops_the_document_with_its_words():
    check(True, "nothing")
    with pytest.raises(ValueError, match="Narrative broken: the ridge moved"):
        check(False, "the ridge moved")


def energy_pj(name):
    return getattr(c, f"ENERGY_{name}_PJ").m_as("pJ")


def test_item_015_ratios_of_energies_as_the_cells_truncate_them():
    assert int(energy_pj("DRAM_ACCESS") / energy_pj("FLOP_FP16")) == 581
    assert int(energy_pj("FLOP_FP32") / energy_pj("FLOP_INT8")) == 18
    assert round(energy_pj("FLOP_FP32") / energy_pj("FLOP_FP16"), 1) == 3.4
    assert int(energy_pj("SRAM_L1") / energy_pj("REG")) == 50


LATENCIES = {"L1_REGISTER": 1, "L2_CACHE": 4, "HBM3": 300, "NVLINK": 500, "PCIE_GEN5": 1000, "INFINIBAND": 5000, "NVME_SSD": 100_000}


def test_item_016_ratios_of_latencies_and_bandwidths():
    ns = {name: getattr(c, f"LATENCY_{name}").m_as("ns") for name in LATENCIES}
    assert (int(ns["HBM3"] / ns["L1_REGISTER"]), int(ns["NVME_SSD"] / ns["L1_REGISTER"]), int(ns["INFINIBAND"] / ns["HBM3"])) == (
        300, 100_000, 16,
    )  # fmt: skip
    assert int(c.H100_MEM_BW.m_as("GB/s") / c.PCIE_GEN5_BW.m_as("GB/s")) == 52


@pytest.mark.parametrize(("name", "ns"), LATENCIES.items())
def test_item_017_latencies_of_the_hierarchy(name, ns):
    assert getattr(c, f"LATENCY_{name}").m_as("ns") == ns


# The table prints 1000 for HBM, rounded from 900.
@pytest.mark.parametrize(("name", "cycles"), [("HBM3", 900), ("NVLINK", 1500), ("PCIE_GEN5", 3000), ("INFINIBAND", 15_000), ("NVME_SSD", 300_000)])
def test_item_018_a_nanosecond_is_about_three_cycles(name, cycles):
    assert 3 * getattr(c, f"LATENCY_{name}").m_as("ns") == cycles


def test_item_019_bandwidths_of_the_hierarchy():
    printed = [f"{c.H100_MEM_BW.m_as('TB/s'):.1f}", int(c.PCIE_GEN5_BW.m_as("GB/s")), int(c.SYSTEM_MEMORY_BW.m_as("GB/s")),
               int(c.INFINIBAND_NDR_BW.m_as("GB/s")), f"{c.NVME_SEQUENTIAL_BW.m_as('GB/s'):.1f}"]  # fmt: skip
    assert printed == ["3.4", 64, 50, 50, "7.0"]


def test_item_035_the_table_of_the_hierarchy():
    assert [energy_pj(name) for name in ("REG", "SRAM_L1", "SRAM_L2", "DRAM_ACCESS")] == [0.01, 0.5, 2.0, 640]
    columns = (c.H100_MEM_BW, c.NVLINK_H100_BW, c.PCIE_GEN5_BW, c.SYSTEM_MEMORY_BW)
    assert [f"{bandwidth.m_as('GB/s'):,.0f}" for bandwidth in columns] == ["3,350", "900", "64", "50"]
    assert (f"{c.INFINIBAND_NDR_BW_GBS}", f"{c.NVME_SEQUENTIAL_BW.m_as('GB/s'):.1f}") == ("50", "7.0")
