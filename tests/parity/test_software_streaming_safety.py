"""Walls 3, 6 and 20 under the original's assumptions, against their recorded calls."""

import math

import pytest
from parity import compare, number, registry, rows

import mlsysim

SET = "mlsysim-0.1"
pytestmark = pytest.mark.filterwarnings("ignore::mlsysim.errors.IgnoredArgument")
GIB = 2**30 / 1e9


def flat(outputs):
    """Nested results by their paths."""
    paths = {}
    for name, figure in outputs.items():
        if isinstance(figure, dict) and "value" not in figure:
            paths |= {f"{name}.{inner}": value for inner, value in figure.items()}
        else:
            paths[name] = figure
    return paths


def asked(inputs):
    found = {name: registry(inputs[name]) for name in ("model", "hardware") if name in inputs}
    time = inputs.get("base_training_time")
    return {**inputs, **found, **({"base_training_time": f"{time['value']} h"} if time else {})}


def settle(model, refused_for, allowed=lambda row, answer, parted: parted):
    counts = {"agree": 0}
    for row in rows(f"{type(model).__name__}.solve"):
        reason = next((why for why, part in refused_for.items() if part(row["inputs"])), None)
        if reason:
            with pytest.raises(mlsysim.errors.InputError):
                model.solve(**asked(row["inputs"]), assumptions=SET)
            counts[reason] = counts.get(reason, 0) + 1
            continue
        answer = model.solve(**asked(row["inputs"]), assumptions=SET)
        parted = compare(flat(row["outputs"]), answer)
        assert allowed(row, answer, parted) == [], row["id"]
        counts["agree"] += 1
    return counts


def test_efficiency():
    refused = {
        "an efficiency outside (0, 1]": lambda i: not 0 < i["efficiency"] <= 1,
        "a kind of kernel that nobody knows": lambda i: i["workload_type"] == "bogus",
    }
    assert settle(mlsysim.EfficiencyModel(), refused) == {
        "agree": 18,
        "an efficiency outside (0, 1]": 11,
        "a kind of kernel that nobody knows": 5,
    }


def test_weight_streaming():
    """The original divides a cache in GB by a capacity in GiB; that slip is reproduced by no set."""
    slips = []

    def slip(row, answer, parted):
        want, have = number(row["outputs"]["wafer_memory_utilization"]), answer.value("wafer_memory_utilization")
        if parted and math.isclose(want / have, GIB, rel_tol=1e-9):
            slips.append(row["inputs"]["hardware"])
            return [difference for difference in parted if not difference.startswith("wafer_memory_utilization")]
        return parted

    refused = {"a phase that is neither": lambda i: i["phase"] == "bogus"}
    assert settle(mlsysim.WeightStreamingModel(), refused, slip) == {"agree": 25, "a phase that is neither": 1}
    assert {hardware.split(".")[-1] for hardware in slips} == {"H100", "MI300X"} and len(slips) == 10


def test_responsible_engineering():
    refused = {
        "a budget of nothing or less": lambda i: i["epsilon"] <= 0,
        "a group that nobody is in": lambda i: i["min_subgroup_prevalence"] <= 0,
    }
    counts = settle(mlsysim.ResponsibleEngineeringModel(), refused)
    assert counts == {"agree": 24, "a budget of nothing or less": 8, "a group that nobody is in": 6}
