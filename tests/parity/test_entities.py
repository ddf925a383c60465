"""Recorded calls of the original's entries: what a network holds and computes, by itself."""

from __future__ import annotations

import pytest
from parity import registry, rows

from mlsysim import InputError, assumptions

CALLS = {
    "Workload.lower": "lower",
    "TransformerWorkload.get_kv_cache_size": "get_kv_cache_size",
    "TransformerWorkload.training_memory": "training_memory",
    "SSMWorkload.get_state_cache_size": "get_state_cache_size",
}
COUNTS = {"Workload.lower": 41, "TransformerWorkload.get_kv_cache_size": 11, "TransformerWorkload.training_memory": 37,
          "SSMWorkload.get_state_cache_size": 1}
SPELLED = {"bytes_per_elem": "precision", "bytes_per_param": "precision"}


@pytest.fixture(autouse=True)
def original():
    with assumptions.using("mlsysim-0.1"):
        yield


def called(row):
    arguments = dict(row["inputs"])
    model = registry(arguments.pop("model"))
    given = {SPELLED.get(name, name): value["value"] if isinstance(value, dict) else value for name, value in arguments.items()}
    return getattr(model, CALLS[row["api"]])(**given)


def base(value):
    return value.to_base_units().magnitude if hasattr(value, "to_base_units") else value


def figures(row, answer):
    """(name, theirs, ours), both in base units."""
    for name, theirs in row["outputs"].items():
        if name == "name":
            continue
        theirs = theirs["value"] if isinstance(theirs, dict) else theirs
        yield name, theirs, base(answer if name == "result" else getattr(answer, name))


@pytest.mark.parametrize("api", CALLS)
def test_so_many_calls_are_recorded(api):
    assert len(rows(api)) == COUNTS[api]


def fails(row):
    return "error" in row["outputs"]


asked = [pytest.param(row, id=row["id"]) for api in CALLS for row in rows(api)]


@pytest.mark.parametrize("row", [param for param in asked if not fails(param.values[0])])
def test_every_recorded_call_agrees_to_a_millionth(row):
    wrong = {name: (theirs, ours) for name, theirs, ours in figures(row, called(row)) if theirs is not None and ours != pytest.approx(theirs, rel=1e-6)}
    assert wrong == {}


@pytest.mark.parametrize("row", [param for param in asked if fails(param.values[0])])
def test_what_the_original_can_not_answer_is_refused_by_the_name_of_the_figure(row):
    with pytest.raises(InputError, match="states no"):
        called(row)


def test_a_sweep_of_the_original_keeps_its_order_and_its_figures():
    (row,) = rows("Engine.sweep")
    from mlsysim import Engine

    given = dict(row["inputs"])
    model, devices = registry(given.pop("model")), [registry(path) for path in given.pop("hardware_list")]
    swept = Engine.sweep(model, devices, **given)
    assert len(swept) == len(row["outputs"]["result"]) == 8
    for ours, theirs in zip(swept, row["outputs"]["result"], strict=True):
        assert (ours["hardware"], ours["batch_size"], ours["precision"]) == (
            theirs["hardware"], theirs["batch_size"], theirs["precision"],
        )  # fmt: skip
        assert ours["profile"].value("latency") == pytest.approx(theirs["latency"]["value"], rel=1e-6)
        assert ours["profile"].feasible == theirs["feasible"]
