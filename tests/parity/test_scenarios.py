"""Scenarios, exercises and formatting under the original's assumptions, against its recorded calls."""

import pytest
from parity import rows
from replay import outcome


@pytest.mark.filterwarnings("ignore::mlsysim.errors.IgnoredArgument")
@pytest.mark.parametrize(("api", "count"), [
    ("Scenario.evaluate", 17), ("Scenario.validate_scenario", 13), ("fmt.fmt", 7), ("fmt.fmt_percent", 1), ("fmt.fmt_full", 3),
    ("fmt.fmt_split", 2), ("fmt.sci", 1), ("fmt.sci_latex", 4),
])  # fmt: skip
def test_every_recorded_call_agrees_or_both_refuse(api, count):
    said = [outcome(row) for row in rows(api)]
    assert said == [""] * count


def test_an_exercise_agrees_but_for_a_region_that_is_nowhere():
    parted = {True: 0, False: 0}
    for row in rows("ResourceSimulation.evaluate"):
        nowhere = row["inputs"]["choice"]["region"] == "Nowhere"
        said = outcome(row)
        assert said == "" if not nowhere else "no grid is called" in said, (row["id"], said)
        parted[nowhere] += 1
    assert parted == {True: 5, False: 4}  # the original takes the US average for it
