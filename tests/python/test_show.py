"""Tables in plain text."""

import math

import pytest
from mlsysim.show import banner, format_value, info, table

from mlsysim.units import Q_


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Q_(8.999051, "ms"), "8.999 ms"),
        (Q_(0.008999051, "s"), "8.999 ms"),
        (Q_(5.603433, "ms"), "5.603 ms"),
        (Q_(19.968889, "ms"), "19.97 ms"),
        (Q_(111.1228, "1/s"), "111.1 1/s"),
        (Q_(1842.9056, "1/s"), "1,843 1/s"),
        (Q_(2.039e12, "B/s"), "2.039 TB/s"),
        (Q_(2039.0, "GB/s"), "2,039 GB/s"),
        (Q_(16.06e9, "B"), "16.06 GB"),
        (Q_(999.996, "B"), "1.0 KB"),
        (Q_(80, "GiB"), "80 GiB"),
        (Q_(494.5e12, "flop/s"), "494.5 Tflop/s"),
        (Q_(153.016, "flop/byte"), "153.0 flop/B"),
        (Q_(3600.0, "s"), "3,600 s"),
        (Q_(0.5, "B"), "0.5 B"),
        (Q_(1.184678, "J"), "1.185 J"),
        (Q_(10_000, "USD"), "10,000 USD"),
        (Q_(0.0, "ms"), "0 ms"),
        (Q_(3.0, ""), "3.0"),
    ],
)
def test_a_quantity_prints_in_four_digits_with_a_readable_unit(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (312.0, "312.0"), (2.039, "2.039"), (3.35, "3.35"), (153.01618, "153.0"), (138.888, "138.9"),
        (0.9, "0.9"), (1234.56, "1,235"), (999.96, "1,000"), (0.0028980, "0.002898"), (1.2e-5, "1.2e-05"),
        (4.2e22, "4.2e+22"), (0.0, "0"), (-3.2, "-3.2"), (math.inf, "inf"), (1, "1"), (2017, "2017"),
        (True, "True"), ("1.6x", "1.6x"), (None, "-"),
    ],
)  # fmt: skip
def test_a_number_prints_tidy_and_everything_else_as_it_is(value, text):
    assert format_value(value) == text


def test_item_062_a_table_of_two_gpus_aligns_words_left_and_numbers_right(capsys):
    table(
        ["Spec", "A100", "H100", "Ratio"],
        [
            ["Peak FP16 (TFLOP/s)", 312.0, 989.0, "3.2x"],
            ["HBM BW (TB/s)", 2.039, 3.35, "1.6x"],
            ["Ridge (FLOP/byte)", 312 / 2.039, 989 / 3.35, ""],
        ],
    )
    assert capsys.readouterr().out.splitlines() == [
        "Spec                  A100   H100  Ratio",
        "-------------------  -----  -----  -----",
        "Peak FP16 (TFLOP/s)  312.0  989.0   3.2x",
        "HBM BW (TB/s)        2.039   3.35   1.6x",
        "Ridge (FLOP/byte)    153.0  295.2",
    ]


def test_a_column_of_words_and_quantities_is_set_right(capsys):
    table(["", "A100"], [["Bottleneck", "Memory"], ["Latency", Q_(8.999051, "ms")]])
    assert capsys.readouterr().out.splitlines() == [
        "                A100",
        "----------  --------",
        "Bottleneck    Memory",
        "Latency     8.999 ms",
    ]


def test_alignments_can_be_chosen_as_text_or_list_for_the_first_columns(capsys):
    for alignments in ("><", [">", "<"]):
        table(["name", "n"], [["a", 10], ["bc", 5]], alignments)
        assert capsys.readouterr().out.splitlines() == ["name  n", "----  --", "   a  10", "  bc  5"]


def test_a_short_row_is_filled_up_and_an_empty_table_has_its_head(capsys):
    table(["a", "b"], [["x"]])
    table(["a", "b"], [])
    assert capsys.readouterr().out.splitlines() == ["a  b", "-  -", "x", "a  b", "-  -"]


def test_3_cells_under_2_headers_are_refused():
    with pytest.raises(ValueError, match="row 2 has 3 cells under 2 headers"):
        table(["a", "b"], [[1, 2], [1, 2, 3]])


@pytest.mark.parametrize("alignments", ["<<<", "lr"])
def test_other_alignments_are_refused(alignments):
    with pytest.raises(ValueError, match="alignments must be at most 2 of"):
        table(["a", "b"], [], alignments)


def test_info_prints_a_title_and_a_line_per_field(capsys):
    info("Llama-3-8B", latency=Q_(8.999051, "ms"), peak_bw=Q_(2.039e12, "B/s"), feasible=True)
    assert capsys.readouterr().out.splitlines() == [
        "-- Llama-3-8B --",
        "latency:   8.999 ms",
        "peak bw:   2.039 TB/s",
        "feasible:  True",
    ]


def test_info_needs_no_title_and_a_banner_stands_apart(capsys):
    info(a=1)
    banner("Results")
    assert capsys.readouterr().out == "a:  1\n\n=== Results ===\n"
