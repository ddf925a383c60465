"""SystemEvaluator under the original's assumptions, against its recorded calls."""

import math

from fleets import SET, fleet
from parity import registry, rows

import mlsysim


def test_every_recorded_evaluation_agrees():
    agreed = 0
    for row in rows("SystemEvaluator.evaluate"):
        i = dict(row["inputs"])
        i["model_obj"], i["hardware_obj"] = registry(i["model_obj"]), registry(i["hardware_obj"])
        i["fleet_obj"] = None if i["fleet_obj"] is None else fleet(i["fleet_obj"])
        card = mlsysim.SystemEvaluator.evaluate(**i, assumptions=SET).to_dict()
        for name, want in row["outputs"].items():
            same = card[name] == want if isinstance(want, str) else math.isclose(card[name], want, rel_tol=1e-6)
            assert same, (row["id"], name, card[name], want)
        agreed += 1
    assert agreed == 6
