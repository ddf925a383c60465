"""Wall 15 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim
from mlsysim import _core


def fleet(recorded):
    """A fleet of the registry, or one that the call built: the original counts one interface a node where none is stated."""
    if isinstance(recorded, str):
        return registry(recorded)
    node = recorded["node"]
    figures = {
        "nodes": recorded["count"],
        "node.accelerators": node["accelerators_per_node"],
        "node.nics": node.get("nics_per_node", 1),
    }
    return _core.make("fleet", recorded["name"], figures)


def test_every_recorded_call_agrees():
    agreed, refused = 0, 0
    for row in rows("ReliabilityModel.solve"):
        arguments = {**row["inputs"], "fleet": fleet(row["inputs"]["fleet"])}
        if any(type(v) in (int, float) and v < 0 for v in arguments.values()):  # the original answers for a negative duration
            with pytest.raises(mlsysim.errors.InputError):
                mlsysim.ReliabilityModel().solve(**arguments, assumptions="mlsysim-0.1")
            refused += 1
            continue
        answer = mlsysim.ReliabilityModel().solve(**arguments, assumptions="mlsysim-0.1")
        assert compare(row["outputs"], answer) == [], row["id"]
        agreed += 1
    assert (agreed, refused) == (26, 2)
