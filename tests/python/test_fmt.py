"""Numbers in prose. The rows called "original" are recorded calls of mlsysim 0.1.1."""

import math

import pint
import pytest
from mlsysim.fmt import (
    check,
    display_fraction,
    display_percent,
    display_value,
    fmt,
    fmt_full,
    fmt_percent,
    fmt_split,
    md,
    md_frac,
    md_math,
    md_sci,
    sci,
    sci_latex,
)

from mlsysim.units import Q_

peak = Q_(312, "TFLOPs/s")
bandwidth = Q_(2039, "GB/s")
hbm3 = Q_(3.35, "TB/s")
moment = Q_(1e-05, "s")


@pytest.mark.parametrize(
    ("call", "result"),
    [
        pytest.param(lambda: fmt(1234.567, precision=1), "1,234.6", id="fmt#0001"),
        pytest.param(lambda: fmt(1234.567, precision=0, commas=False), "1235", id="fmt#0002"),
        pytest.param(lambda: fmt(0.0004, precision=2), ValueError, id="fmt#0003"),
        pytest.param(lambda: fmt(0.0004, precision=2, allow_zero=True), "0.00", id="fmt#0004"),
        pytest.param(lambda: fmt(hbm3, unit="GB/s", precision=0), "3,350", id="fmt#0005"),
        pytest.param(lambda: fmt(peak, precision=1), "312.0", id="fmt#0006"),
        pytest.param(lambda: fmt(-5.55, precision=1), "-5.5", id="fmt#0008"),
        pytest.param(lambda: fmt_percent(ratio=1e-06, precision=1), ValueError, id="fmt_percent#0003"),
        pytest.param(lambda: sci_latex(val=4.1e9, precision=2), r"4.10 \times 10^{9}", id="sci_latex#0001"),
        pytest.param(lambda: sci(val=1e-07, precision=2), "1.00 × 10⁻⁷", id="sci#0002"),
        pytest.param(lambda: sci_latex(val=0, precision=2), r"0.00 \times 10^{0}", id="sci_latex#0003"),
        pytest.param(lambda: sci_latex(val=123456, precision=2), r"1.23 \times 10^{5}", id="sci_latex#0004"),
        pytest.param(lambda: sci_latex(val=peak, precision=2), r"3.12 \times 10^{2}", id="sci_latex#0005"),
        pytest.param(lambda: fmt_full(quantity=bandwidth, precision=1), "2,039.0 GB/s", id="fmt_full#0001"),
        pytest.param(lambda: fmt_full(quantity=peak, precision=1), "312.0 TFLOPs/s", id="fmt_full#0002"),
        pytest.param(lambda: fmt_split(peak, precision=1), ("312.0", "TFLOPs/s"), id="fmt_split#0002"),
        pytest.param(lambda: fmt_split(moment, precision=1), ValueError, id="fmt_split#0003"),
        pytest.param(lambda: fmt_full(quantity=5.0, precision=1), TypeError, id="fmt_full#0004"),
    ],
)
def test_it_formats_as_the_original_did(call, result):
    if isinstance(result, type):
        with pytest.raises(result):
            call()
    else:
        assert call() == result


def test_a_figure_that_would_print_as_zero_says_what_to_do():
    with pytest.raises(ValueError, match=r"Formatting Precision Error: 0\.04 would print as 0\.0; raise"):
        fmt(0.04)
    with pytest.raises(ValueError, match=r"-0\.04"):
        fmt(-0.04)


def test_zero_itself_prints_as_zero():
    assert fmt(0) == "0.0"
    assert fmt(Q_("0 ms"), precision=0) == "0"


def test_a_plain_number_is_already_in_the_unit_that_is_asked_for():
    assert fmt(3.35, "TB/s", 2) == "3.35"


def test_item_040_312_tflop_per_second_are_the_312_of_the_appendix():
    assert fmt(peak, "TFLOP/s", precision=0) == "312"
    assert fmt(bandwidth, "TB/s", precision=1) == "2.0"


def test_a_bandwidth_can_not_be_printed_in_seconds():
    with pytest.raises(pint.DimensionalityError):
        fmt(hbm3, "s")


@pytest.mark.parametrize("value", [None, "abc", [1.0, 2.0], 1j])
def test_what_is_not_one_number_is_refused(value):
    with pytest.raises(TypeError, match="expected one number or quantity"):
        fmt(value)


@pytest.mark.parametrize(
    ("ratio", "precision", "text"),
    [(0.4567, 1, "45.7"), (0.4567, 2, "45.67"), (12.345, 1, "1234.5"), (0, 1, "0.0")],
)
def test_a_ratio_in_per_cent(ratio, precision, text):
    assert fmt_percent(ratio, precision) == text


def test_half_as_a_quantity_of_gb_per_tb_is_50_per_cent():
    assert fmt_percent(Q_("500 GB") / Q_("1 TB")) == "50.0"


def test_a_dimensionless_quantity_prints_without_a_space_behind_it():
    assert fmt_full(Q_(3.0, "")) == "3.0"
    assert fmt_split(Q_(3.0, "")) == ("3.0", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.1e9, "4.10 × 10⁹"), (-1.5e-7, "-1.50 × 10⁻⁷"), (9.996e9, "1.00 × 10¹⁰"),
        (0, "0.00 × 10⁰"), (math.inf, "inf"),
    ],
)  # fmt: skip
def test_scientific_notation_in_text(value, text):
    assert sci(value) == text


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (1e9, 0, r"1 \times 10^{9}"),
        (1.2e20, 1, r"1.2 \times 10^{20}"),
        (1.248e14, 2, r"1.25 \times 10^{14}"),
        (9.999e9, 2, r"1.00 \times 10^{10}"),
        (-2.5e-3, 2, r"-2.50 \times 10^{-3}"),
    ],
)
def test_scientific_notation_in_latex(value, precision, text):
    assert sci_latex(value, precision) == text


def test_item_040_markdown_is_a_plain_string_that_a_notebook_renders():
    equation = md_math(r"T = \frac{a}{b}")
    assert isinstance(equation, str) and equation == r"$T = \frac{a}{b}$"
    assert f"so {equation}" == r"so $T = \frac{a}{b}$"
    assert equation._repr_markdown_() == equation and type(equation._repr_markdown_()) is str


def test_a_scale_a_fraction_and_its_result_are_equations():
    assert md("**bold**") == "**bold**"
    assert md_sci(1.5e9) == r"$1.50 \times 10^{9}$"
    assert md_frac("a", "b") == r"$\frac{a}{b}$"
    assert md_frac("a", "b", "c") == r"$\frac{a}{b}$ = c"
    assert md_frac(1, 2, 0.5, "s") == r"$\frac{1}{2}$ = 0.5 s"
    assert md_frac("a", "b", "c")._repr_markdown_() == r"$\frac{a}{b}$ = c"


def test_a_unit_without_a_result_is_refused():
    with pytest.raises(ValueError, match="a unit needs a result"):
        md_frac("a", "b", unit="s")


def test_display_value_gives_the_figure_and_its_digits():
    assert display_value(bandwidth, "TB/s") == {"value": bandwidth, "str": "2.0"}
    assert display_value(1234.5) == {"value": 1234.5, "str": "1,234.5"}


def test_display_percent_gives_46_and_its_equation():
    assert display_percent(0.456) == {"value": 0.456, "str": "46", "math": r"$46\%$"}
    with pytest.raises(ValueError, match="would print as 0"):
        display_percent(0.001)


def test_display_fraction_of_1_and_3_is_0_33():
    frac = r"$\frac{1.00 \times 10^{0}}{3.00 \times 10^{0}}$ = 0.33"
    assert display_fraction(1, 3) == {"value": 1 / 3, "str": "0.33", "frac": frac}
    assert display_fraction(1, 3, "a third", "of it")["frac"].endswith("= a third of it")


def test_display_fraction_of_quantities_carries_the_unit_it_prints_in():
    time = display_fraction(Q_("16.06 GB"), Q_("3.35 TB/s"), unit="ms")
    assert time["str"] == "4.79" and time["frac"].endswith("= 4.79 ms")
    assert display_fraction(Q_("312 TFLOPs"), Q_("2 TB"))["frac"].endswith("= 156.00 TFLOPs/TB")


def test_check_stops_a_document_whose_figures_moved():
    check(True, "never seen")
    with pytest.raises(ValueError, match="Narrative broken: training time must be positive"):
        check(-1 > 0, "training time must be positive")
