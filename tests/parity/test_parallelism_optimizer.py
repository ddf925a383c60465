"""ParallelismOptimizer under the original's assumptions, against its recorded calls."""

import math

from fleets import fleet
from parity import compare, number, registry, rows

import mlsysim

NAMES = ("objective_value", "best_mfu", "best_throughput", "best_step_time", "total_searched", "search_space_size")


def same(have, want):
    have = have.to_base_units().magnitude if hasattr(have, "to_base_units") else have
    return math.isclose(have, number(want), rel_tol=1e-6)


def test_every_recorded_call_agrees():
    counts = {"agree": 0, "nothing fits: an answer here, an error there": 0}
    for row in rows("ParallelismOptimizer.solve"):
        i = {name: value for name, value in row["inputs"].items() if value is not None}
        i["model"], i["fleet"] = registry(i["model"]), fleet(i["fleet"])
        found = mlsysim.ParallelismOptimizer().solve(**i, assumptions="mlsysim-0.1")
        out = row["outputs"]
        if "error" in out:
            assert not found.feasible, row["id"]
            counts["nothing fits: an answer here, an error there"] += 1
            continue
        assert compare({name: out[name] for name in NAMES}, found) == [], row["id"]
        assert {name: found.best_config[name] for name in out["best_config"]} == out["best_config"]
        assert len(found.top_candidates) == len(out["top_candidates"])
        for have, want in zip(found.top_candidates, out["top_candidates"]):
            assert {name: have["config"][name] for name in want["config"]} == want["config"]
            assert all(same(have[name], want[name]) for name in ("mfu", "throughput", "step_time")), row["id"]
        counts["agree"] += 1
    assert counts == {"agree": 26, "nothing fits: an answer here, an error there": 2}
