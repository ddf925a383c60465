"""The laws by name from Python: what goes in, what comes out, what is refused."""

import inspect
import pickle

import numpy as np
import pytest
from mlsysim.errors import InputError, LookupError

import mlsysim
from mlsysim import formulas
from mlsysim.units import Q_, ureg


def test_text_quantities_and_plain_numbers_in_base_units_say_the_same():
    want = pytest.approx(0.035007, rel=1e-12)
    assert formulas.ring_all_reduce_time("1 GB", 8, "50 GB/s", "500 ns").m_as("s") == want
    assert formulas.ring_all_reduce_time(1e9, 8, 50e9, 500e-9).m_as("s") == want
    given = dict(message=1 * ureg.GB, devices=8, bandwidth=Q_(400, "Gbit/s"), latency=500 * ureg.ns)
    assert formulas.ring_all_reduce_time(**given).m_as("s") == want


def test_a_result_without_a_dimension_is_a_float_and_others_are_quantities_of_the_package():
    assert formulas.amdahl_speedup(0.05, 8) == pytest.approx(5.925925926)
    assert isinstance(formulas.amdahl_speedup(0.05, 8), float)
    ridge = formulas.ridge_point("989 Tflop/s", "3.35 TB/s")
    assert ridge.m_as("flop/byte") == pytest.approx(295.2238806)
    assert ridge + Q_(1, "flop/byte") > ridge and ridge.to("Tflop/GB").magnitude == pytest.approx(0.2952238806)


def test_arrays_broadcast():
    speedups = formulas.amdahl_speedup(0.05, np.array([1, 8, 1e12]))
    assert speedups == pytest.approx([1, 5.925925926, 20])
    times = formulas.ring_all_reduce_time(np.array([[1.0], [2.0]]) * ureg.GB, np.array([2, 8]), "50 GB/s", 0.0)
    assert times.m_as("ms") == pytest.approx(np.array([[20, 35], [40, 70]]))


def test_a_formula_shows_its_numbers_its_validity_and_its_source():
    text = formulas.gustafson_speedup.explain(0.05, 1000)
    assert "S = n - s (n - 1)" in text and "= 1000 - 0.05 × (1000 - 1)" in text and "= 950" in text
    assert "Reevaluating Amdahl's law" in text and "the serial time stays the same" in text
    assert formulas.gustafson_speedup.valid == "the serial time stays the same as the problem grows."
    assert [s["name"] for s in formulas.ridge_point.symbols] == ["peak", "bandwidth"]
    assert str(inspect.signature(formulas.ridge_point)) == "(peak, bandwidth)"
    assert pickle.loads(pickle.dumps(formulas.ridge_point)) is formulas.ridge_point


def test_every_formula_but_one_can_be_called_and_its_example_has_a_value():
    everything = list(formulas.everything())
    assert len(everything) > 100
    assert [f.__name__ for f in everything if f.cpp_only] == ["compression_between_rows"]
    for formula in everything:
        if not formula.cpp_only:
            given = dict(one.split("=") for one in formula.example.split())
            assert formula(**given) is not None, formula.__name__


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: formulas.amdahl_speedup(2, 8), "serial = 2 is out of range: from 0 to 1"),
        (lambda: formulas.amdahl_speedup(0.5), "processors is missing"),
        (lambda: formulas.amdahl_speedup(0.5, 8, 9), "takes 2 arguments, 3 were given"),
        (lambda: formulas.amdahl_speedup(0.5, serial=0.5, processors=8), "serial is given twice"),
        (lambda: formulas.amdahl_speedup(0.5, procesors=8), "did you mean processors?"),
        (lambda: formulas.amdahl_speedup(True, 8), "serial must be a number, not True"),
        (lambda: formulas.amdahl_speedup(float("nan"), 8), "serial = nan is out of range"),
        (lambda: formulas.amdahl_speedup(None, 8), "None is neither a number nor a quantity"),
        (lambda: formulas.ridge_point("3 GB", 1), "peak: \"3 GB\" is in byte, expected a quantity in flop/s"),
        (lambda: formulas.ridge_point(3 * ureg.GB, 1), "peak is in byte, expected flop/s"),
        (lambda: formulas.ridge_point(1e12, 0), "bandwidth = 0 B/s is out of range: above 0 B/s"),
        (lambda: formulas.zero_share(1.5, 1, 8), "stage = 1.5 is out of range: a whole number, from 0 to 3"),
        (lambda: formulas.asymmetric_code(1, 2, 2, 8), "asymmetric_code has no value for these arguments"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_name(wrong, says):
    with pytest.raises(InputError) as refused:
        wrong()
    assert says in str(refused.value)


def test_a_name_that_nothing_has_gets_the_nearest():
    with pytest.raises(AttributeError, match="did you mean ridge_point"):
        formulas.rigde_point
    with pytest.raises(LookupError, match="did you mean ridge_point"):
        formulas.find("rigde-point")
    assert formulas.find("Ring-All-Reduce") is mlsysim.formulas.ring_all_reduce_time
