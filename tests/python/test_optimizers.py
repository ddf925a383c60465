"""A search through Python: its best as a record, the next best as dicts."""

import pytest

import mlsysim
from mlsysim import Models, ParallelismOptimizer, Systems


@pytest.fixture(scope="module")
def found():
    return ParallelismOptimizer().solve(Models.Llama3_70B, Systems.Clusters.Research_256, batch_size=1024, top=8)


def test_the_best_is_the_first_candidate(found):
    best = found.top_candidates[0]
    assert len(found.top_candidates) == 8
    assert {name: best["config"][name] for name in ("tp", "pp", "dp", "ep")} == {name: found.best_config[name] for name in ("tp", "pp", "dp", "ep")}
    assert best["mfu"] == found.best_mfu == found.objective_value
    assert best["step_time"].to("s") == found.best_step_time.to("s")
    assert best["throughput"].check("1/[time]")
    assert best["memory_footprint"].m_as("GB") < 85.9


def test_candidates_come_best_first(found):
    ranked = [candidate["mfu"] for candidate in found.top_candidates]
    assert ranked == sorted(ranked, reverse=True)


def test_what_fell_is_counted(found):
    assert found.fell["settings do not fit a device's memory"] > 0
    assert found.search_space_size >= found.total_searched > 0


def test_nothing_fits_is_an_answer():
    small = Systems.Clusters.Research_256.model_copy(update={"nodes": 1})
    none = ParallelismOptimizer().solve(Models.GPT3, small, batch_size=64)
    assert not none.feasible and none.top_candidates == []


def test_a_batch_must_be_given():
    with pytest.raises(mlsysim.errors.InputError, match="batch_size"):
        ParallelismOptimizer().solve(Models.Llama3_8B, Systems.Clusters.Research_256)
