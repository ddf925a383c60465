"""The walls and pipelines against the original's recorded calls."""

import pytest
from mlsysim.core.pipeline import Pipeline
from mlsysim.core.walls import wall
from parity import rows


def test_every_recorded_wall_agrees():
    errors = 0
    for row in rows("walls.wall"):
        want = row["outputs"]
        if "error" in want:
            errors += 1
            with pytest.raises(KeyError):
                wall(row["inputs"]["number"])
            continue
        one = wall(row["inputs"]["number"])
        have = {"number": one.number, "name": one.name, "domain": one.domain.value, "resolver": one.resolver_name, "equation": one.equation}
        assert have == want, row["id"]
    assert (errors, len(rows("walls.wall"))) == (1, 15)


def test_a_pipeline_of_nothing_is_refused_as_recorded():
    (row,) = rows("Pipeline.__init__")
    assert row["outputs"] == {"error": {"type": "ValueError"}}
    with pytest.raises(ValueError, match="at least one"):
        Pipeline(row["inputs"]["resolvers"])
