"""The registry of units: what a word means, what does not mix, how it prints."""

import copy
import pickle
import subprocess
import sys

import pint
import pytest

from mlsysim.units import Q_, ureg

near = pytest.approx


@pytest.mark.parametrize(
    ("text", "value", "base"),
    [
        ("3.35 TB/s", 3.35e12, "byte/second"),
        ("1 KB", 1e3, "byte"),
        ("1 kB", 1e3, "byte"),
        ("1 MB", 1e6, "byte"),
        ("1 GB", 1e9, "byte"),
        ("1 PB", 1e15, "byte"),
        ("1 KiB", 1024, "byte"),
        ("80 GiB", 85_899_345_920, "byte"),
        ("1 TiB", 2**40, "byte"),
        ("8 bit", 1, "byte"),
        ("10 Gbps", 1.25e9, "byte/second"),
        ("1 Gbit", 1.25e8, "byte"),
        ("312 TFLOPs/s", 312e12, "flop/second"),
        ("312 TFLOP/s", 312e12, "flop/second"),
        ("312 Tflop/s", 312e12, "flop/second"),
        ("312 TFLOPS", 312e12, "flop/second"),
        ("50 TOPS", 50e12, "flop/second"),
        ("4.1 GFLOPs", 4.1e9, "flop"),
        ("1 PFLOP", 1e15, "flop"),
        ("1 Kflop", 1e3, "flop"),
        ("1.5 ms", 1.5e-3, "second"),
        ("300 ns", 3e-7, "second"),
        ("7 us", 7e-6, "second"),
        ("7 µs", 7e-6, "second"),
        ("1 year", 31_536_000, "second"),
        ("2 hours", 7200, "second"),
        ("640 pJ", 6.4e-10, "joule"),
        ("1 kWh", 3.6e6, "joule"),
        ("700 W", 700, "joule/second"),
        ("5 dollar", 5, "USD"),
        ("2.50 USD/h", 2.5 / 3600, "USD/second"),
        ("429 gCO2e/kWh", 429 / 3.6e6, "gCO2e/joule"),
        ("1 kg", 1000, "gCO2e"),
        ("1 tCO2e", 1e6, "gCO2e"),
        ("1.8 L/kWh", 1.8 / 3.6e6, "litre/joule"),
        ("3 Mtoken", 3e6, "token"),
        ("20 tokens/s", 20, "token/second"),
        ("200000 km/s", 2e8, "meter/second"),
        ("7 count", 7, ""),
        ("8.03 Bparam", 8.03e9, ""),
        ("3 1/s", 3, "1/second"),
    ],
)
def test_a_unit_means_what_it_says(text, value, base):
    assert Q_(text).m_as(base) == near(value, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "2.039 TB/s", "312.0 TFLOPs/s", "3.0 Tflop/s", "8.999 ms", "80.0 GiB", "1.0 KB", "400.0 Gbps",
        "4.0 USD/h", "640.0 pJ", "0.12 USD/kWh", "429.0 gCO2e/kWh", "178.5 1/s", "20.0 token/s", "1.0 kgCO2e",
        "3.0 flop/B",
    ],
)  # fmt: skip
def test_a_quantity_prints_as_it_was_typed_and_reads_back(text):
    assert str(Q_(text)) == text
    assert Q_(str(Q_(text))) == Q_(text)


def test_a_dollar_prints_as_usd():
    assert str(Q_(5, "dollar")) == "5 USD"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 GB", "1 TFLOP"), ("1 token", "1 B"), ("1 flop", "1 token"), ("5 USD", "5 param"), ("1 L", "1 B"),
        ("1 kgCO2e", "1 GB"), ("1 USD", "1 kgCO2e"), ("1 J", "1 s"), ("1 GB", "3 count"),
        ("1 TFLOP", "1 TFLOPS"),
    ],
)  # fmt: skip
def test_what_has_another_dimension_can_not_be_added(one, other):
    with pytest.raises(pint.DimensionalityError):
        Q_(one) + Q_(other)


def test_a_byte_is_no_plain_number():
    with pytest.raises(pint.DimensionalityError):
        Q_("1 GB") + 1


def test_5_counts_and_2_parameters_are_the_plain_number_7():
    assert (Q_("5 count") + Q_("2 param")).m_as("") == 7


def test_the_terms_of_the_iron_law_come_out_in_seconds():
    data = Q_("16.06 GB") / Q_("3.35 TB/s")
    compute = Q_("16.06 GFLOPs") / (Q_("989 TFLOPs/s") * 0.5)
    assert (data + compute).m_as("ms") == near(4.794 + 0.03248, rel=1e-4)


def test_3000_mah_at_3_7_volt_are_39960_joule():
    assert (Q_("3000 mAh") * Q_("3.7 V")).m_as("J") == near(39_960)


@pytest.mark.parametrize("text", ["1 furlong", "1 TBps", "1 gigabite", "1 kelvin"])
def test_an_unknown_unit_is_refused(text):
    with pytest.raises(pint.UndefinedUnitError):
        Q_(text)


def test_1234567_kb_compact_to_1_23_gb():
    assert f"{Q_(1_234_567.0, 'KB').to_compact():.2f~P}" == "1.23 GB"


def test_a_quantity_survives_pickle_and_copy():
    bandwidth = Q_("3.35 TB/s")
    for twin in (pickle.loads(pickle.dumps(bandwidth)), copy.copy(bandwidth), copy.deepcopy(bandwidth)):
        assert twin == bandwidth
        assert twin + bandwidth == Q_("6.7 TB/s")
    assert pickle.loads(pickle.dumps(ureg.TFLOPs)) == ureg.TFLOPs


def test_a_fresh_process_reads_a_pickled_quantity_without_set_up():
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()))"
    pickled = pickle.dumps(Q_("312 TFLOPs/s"))
    result = subprocess.run([sys.executable, "-c", program], input=pickled, capture_output=True, check=True)
    assert result.stdout.decode().strip() == "312.0 TFLOPs/s"


def test_importing_mlsysim_fmt_and_show_does_not_import_pint():
    program = "import sys, mlsysim, mlsysim.core, mlsysim.fmt, mlsysim.show; print('pint' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert result.stdout.strip() == "False"
