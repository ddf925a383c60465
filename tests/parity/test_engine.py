"""Every recorded call of the original's walls 1 and 2, under its own assumptions.

Where we differ on purpose, the row belongs to a class in `exceptions`, with its reason and the exact number
of rows: a row that differs and is in none of them, or a class of another size, fails.
"""

from __future__ import annotations

import pytest
from parity import registry, rows

from mlsysim import Engine, InputError, OOMError, SingleNodeModel, assumptions

asked = rows("Engine.solve") + rows("SingleNodeModel.solve")

# Class: (which rows, how many, why).
exceptions = {
    "unknown format": (
        lambda q, error: q["precision"] == "bogus", 7,
        "the original warns and takes 2 bytes and the fp16 rate; an unknown name is refused",
    ),
    "fp4 in half a byte": (
        lambda q, error: q["precision"] == "fp4" and not error, 7,
        "the original does not know fp4 and takes 2 bytes; traffic and footprint are a quarter",
    ),
    "seq_len out of range": (
        lambda q, error: q.get("seq_len", 1) < 1, 1,
        "the original takes seq_len -5; a sequence has at least 1 token",
    ),
    "DLRM": (
        lambda q, error: error == "NotImplementedError", 21,
        "neither answers: the original raises NotImplementedError, we name the figure that is missing",
    ),
    "refused by both": (
        lambda q, error: error in ("ValueError", "ZeroDivisionError"), 3,
        "an efficiency above 1 and 0 data-parallel devices: an InputError that names the argument",
    ),
    "raise_errors": (
        lambda q, error: error == "OOMError", 3,
        "OOMError is asked for and raised by both",
    ),
}  # fmt: skip


def class_of(row) -> str:
    error = row["outputs"].get("error", {}).get("type")
    found = [name for name, (belongs, _, _) in exceptions.items() if belongs(row["inputs"], error)]
    assert len(found) <= 1, f"{row['id']} is in {found}"
    return found[0] if found else ""


def of(name: str) -> list:
    return [pytest.param(row, id=row["id"]) for row in asked if class_of(row) == name]


def solve(row):
    arguments = dict(row["inputs"])
    model, hardware = registry(arguments.pop("model")), registry(arguments.pop("hardware"))
    ask = Engine.solve if row["api"] == "Engine.solve" else SingleNodeModel().solve
    return ask(model, hardware, **arguments)


@pytest.fixture(autouse=True)
def original():
    with assumptions.using("mlsysim-0.1"):
        yield


# An argument that does not count is worth a warning to a person; the recorded calls state every argument.
pytestmark = pytest.mark.filterwarnings("ignore::mlsysim.errors.IgnoredArgument")


def figures(row, profile):
    """(field, theirs, ours) of every output that the original gives."""
    for field, theirs in row["outputs"].items():
        if theirs is None:
            continue
        if isinstance(theirs, dict):  # recorded in the core's base units
            name = "peak_bw_actual" if field == "offload_effective_bw" else field
            yield field, theirs["value"], profile.value(name)
        else:
            yield field, theirs, getattr(profile, field)


def test_of_622_recorded_calls_580_must_agree():
    assert (len(rows("Engine.solve")), len(rows("SingleNodeModel.solve"))) == (602, 20)
    assert sum(class_of(row) == "" for row in asked) == 580


@pytest.mark.parametrize("name", exceptions)
def test_a_class_of_exceptions_has_exactly_its_count(name):
    assert len(of(name)) == exceptions[name][1]


@pytest.mark.parametrize("row", of(""))
def test_every_output_field_agrees_to_a_millionth(row):
    wrong = {}
    for field, theirs, ours in figures(row, solve(row)):
        same = (
            ours == theirs
            if isinstance(theirs, (str, bool))
            else ours == pytest.approx(theirs, rel=1e-6, abs=1e-300)
        )
        if not same:
            wrong[field] = (theirs, ours)
    assert wrong == {}


@pytest.mark.parametrize("row", of("unknown format"))
def test_an_unknown_format_is_refused_by_name(row):
    with pytest.raises(InputError, match='"bogus" is not one of fp64, fp32') as raised:
        solve(row)
    assert raised.value.argument == "precision"


@pytest.mark.parametrize("row", of("fp4 in half a byte"))
def test_fp4_weights_take_a_quarter_of_the_2_bytes_of_the_original(row):
    found = {field: (theirs, ours) for field, theirs, ours in figures(row, solve(row))}
    for field in ("memory_footprint", "latency_memory"):
        theirs, ours = found[field]
        assert ours == pytest.approx(theirs / 4, rel=1e-6)
    for field in ("latency_compute", "latency_overhead", "peak_flops_actual", "peak_bw_actual", "feasible"):
        theirs, ours = found[field]
        assert ours == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("row", of("seq_len out of range"))
def test_a_sequence_of_minus_5_tokens_is_refused(row):
    with pytest.raises(InputError, match="seq_len = -5 token is out of range: a whole number, at least 1"):
        solve(row)


@pytest.mark.parametrize("row", of("DLRM"))
def test_dlrm_without_work_is_refused_by_both(row):
    with pytest.raises(InputError, match="DLRM states no inference_flops"):
        solve(row)


@pytest.mark.parametrize("row", of("refused by both"))
def test_what_the_original_refuses_is_refused_with_the_argument_and_its_range(row):
    with pytest.raises(InputError, match="is out of range: ") as raised:
        solve(row)
    assert raised.value.argument in ("efficiency", "dp_size")


@pytest.mark.parametrize("row", of("raise_errors"))
def test_raise_errors_raises_the_same_error_with_the_bytes_at_hand(row):
    with pytest.raises(OOMError) as raised:
        solve(row)
    assert raised.value.required_bytes > raised.value.available_bytes


ridges = rows("HardwareNode.ridge_point")


def test_18_ridge_points_are_recorded():
    assert len(ridges) == 18


@pytest.mark.parametrize("row", [pytest.param(row, id=row["inputs"]["hardware"]) for row in ridges])
def test_a_ridge_point_agrees_to_a_millionth(row):
    ours = registry(row["inputs"]["hardware"]).ridge_point()
    assert ours.m_as("flop/byte") == pytest.approx(row["outputs"]["result"]["value"], rel=1e-6)
