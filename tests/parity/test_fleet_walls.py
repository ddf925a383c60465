"""Walls 8, 9, 10 and 16 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim

SET = "mlsysim-0.1"
UNITS = {"byte/s": 1.0, "GB/s": 1e9, "MB/s": 1e6, "GiB/s": 2.0**30, "TB/hour": 1e12 / 3600, "KB": 1e3, "MB": 1e6, "MiB": 2.0**20, "ms": 1e-3, "s": 1.0}
#: The wall's own unit of an argument that is recorded as a quantity.
OWN = {"workload_data_rate": 1e9, "sample_size_bytes": 1e3, "cpu_throughput": 1e9, "accelerator_step_time": 1e-3}


def arguments(recorded):
    """Recorded arguments in the wall's units; objects by their path; a quantity of another dimension as text."""
    found = {}
    for name, value in recorded.items():
        if isinstance(value, dict):
            value = value["value"] * UNITS[value["unit"]] / OWN[name] if value["unit"] in UNITS else f"{value['value']} {value['unit']}"
        elif isinstance(value, str) and value.split(".")[0] in ("Hardware", "Systems"):
            value = registry(value)
        found[name] = value
    return found


#: API, class, rows that agree, rows that are refused here and why: the original answers for an empty batch or a negative rate,
#: or raises an error of its own.
APIS = [
    ("DataModel.solve", "DataModel", 18, {"a volume is not a rate": lambda i: i["workload_data_rate"]["unit"] == "GB"}),
    (
        "TransformationModel.solve",
        "TransformationModel",
        19,
        {"samples are counted from 1": lambda i: i["batch_size"] < 1, "no worker is infinitely slow": lambda i: i["cpu_throughput"]["value"] <= 0},
    ),
    ("TopologyModel.solve", "TopologyModel", 41, {}),
    (
        "OrchestrationModel.solve",
        "OrchestrationModel",
        18,
        {"no rate is negative": lambda i: i["arrival_rate_jobs_per_day"] < 0, "no job takes no time": lambda i: i["avg_job_duration_days"] <= 0},
    ),
]


@pytest.mark.parametrize(("api", "model", "agreeing", "parts"), APIS, ids=[row[1] for row in APIS])
def test_every_recorded_call_agrees_or_is_refused(api, model, agreeing, parts):
    agreed = refused = 0
    for row in rows(api):
        inputs = arguments(row["inputs"])
        if any(part(row["inputs"]) for part in parts.values()):
            with pytest.raises(mlsysim.InputError):
                getattr(mlsysim, model)().solve(**inputs, assumptions=SET)
            refused += 1
            continue
        answer = getattr(mlsysim, model)().solve(**inputs, assumptions=SET)
        recorded = {name: float(f) if f == "inf" else f for name, f in row["outputs"].items()}
        for name, figure in recorded.items():
            if isinstance(figure, dict) and figure["value"] == "inf":
                recorded[name] = {**figure, "value": float("inf")}
        assert compare(recorded, answer) == [], row["id"]
        agreed += 1
    assert (agreed, agreed + refused) == (agreeing, len(rows(api)))
