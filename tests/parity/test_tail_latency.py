"""Wall 7 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, rows

import mlsysim

#: Rows that part, by reason: the original answers for what can't be.
PARTS = {
    "a negative time, rate or count is refused": lambda i: i["service_latency_ms"] <= 0 or i["arrival_rate_qps"] < 0 or i["num_replicas"] < 1,
}


def test_every_recorded_call_agrees():
    agreed, refused = 0, 0
    for row in rows("TailLatencyModel.solve"):
        if any(part(row["inputs"]) for part in PARTS.values()):
            with pytest.raises(mlsysim.errors.InputError):
                mlsysim.TailLatencyModel().solve(**row["inputs"], assumptions="mlsysim-0.1")
            refused += 1
            continue
        answer = mlsysim.TailLatencyModel().solve(**row["inputs"], assumptions="mlsysim-0.1")
        assert compare(row["outputs"], answer) == [], row["id"]
        agreed += 1
    assert (agreed, refused) == (28, 3)
