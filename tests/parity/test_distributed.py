"""Wall 14 under the original's assumptions, against its recorded calls."""

import pytest
from fleets import fleet
from parity import compare, registry, rows

import mlsysim

NAMES = ("dp_communication_latency", "tp_communication_latency", "ep_communication_latency", "communication_latency", "pipeline_bubble_latency",
         "bubble_fraction", "step_latency_total", "scaling_efficiency", "effective_throughput")


def refused(i):
    """Rows that part: the original answers for what can't be, or ignores what it was given."""
    if i["topology_override"]:
        return "a topology that the original takes and ignores, and whose name (tree) is that of an algorithm"
    if i["straggler_factor"] < 1:
        return "a slowest device that is faster than the others"
    if i["v_stages"] < 1 or i["microbatch_count"] < 1:
        return "no stage or no microbatch"
    return None


@pytest.mark.filterwarnings("ignore::mlsysim.errors.IgnoredArgument")
def test_every_recorded_call_agrees():
    counts = {}
    for row in rows("DistributedModel.solve"):
        i = dict(row["inputs"])
        i["model"], i["fleet"] = registry(i["model"]), fleet(i["fleet"])
        why = refused(i)
        i = {name: value for name, value in i.items() if value is not None}
        if why or "error" in row["outputs"]:
            with pytest.raises(mlsysim.errors.InputError):
                mlsysim.DistributedModel().solve(**i, assumptions="mlsysim-0.1")
            counts[why or "both refuse"] = counts.get(why or "both refuse", 0) + 1
            continue
        answer = mlsysim.DistributedModel().solve(**i, assumptions="mlsysim-0.1")
        out = row["outputs"]
        parted = compare({name: out[name] for name in NAMES}, answer)
        assert {name: answer.value(f"parallelism.{name}") for name in out["parallelism"]} == out["parallelism"]
        node = {f"node_profile.{name}": value for name, value in out["node_profile"].items()
                if name != "offload_effective_bw" and value is not None}
        parted += compare(node, answer)
        assert parted == [], row["id"]
        counts["agree"] = counts.get("agree", 0) + 1
    assert counts == {
        "agree": 83,
        "both refuse": 13,
        "a topology that the original takes and ignores, and whose name (tree) is that of an algorithm": 2,
        "a slowest device that is faster than the others": 1,
        "no stage or no microbatch": 2,
    }


def test_the_roofline_of_a_fleet_answers_where_the_original_always_raises():
    calls = rows("NetworkRooflineModel.solve")
    assert [row["outputs"] for row in calls] == [{"error": {"type": "ValidationError"}}]
    i = calls[0]["inputs"]
    answer = mlsysim.NetworkRooflineModel().solve(registry(i["model"]), fleet(i["fleet"]), i["precision"], i["efficiency"])
    assert answer.bottleneck == "Network"
