"""data/measurements/training.csv: every row that may be used names a device and a model that are known."""

import csv
from collections import Counter
from pathlib import Path

import pytest

import mlsysim

FILE = Path(__file__).parents[2] / "data/measurements/training.csv"

#: Models that neither a name nor the columns describe: how many rows, and why.
UNKNOWN = {
    "gemma4-2b": (3, "layers share caches and widths differ between layers: not described by one shape"),
    "gemma4-4b": (3, "layers share caches: not described by one shape"),
    "GPT-22B": (2, "its shape is in no script of the source"),
    "GPT-24B": (4, "its shape is in no script of the source"),
    "GPT-50B": (2, "its shape is in no script of the source"),
    "GPT-78B": (2, "its shape is in no script of the source"),
    **{f"{size}B GPT decoder": (1, "read from a plot that states no shape") for size in (16, 32, 128, 256, 512, 1024)},
}


@pytest.fixture(scope="module")
def rows():
    with FILE.open(newline="") as file:
        cells = list(csv.DictReader(file))
    answers = mlsysim.validate(FILE).rows
    assert len(cells) == len(answers) == 1608
    return list(zip(cells, answers))


def test_every_row_has_a_source_a_run_and_a_figure(rows):
    for cells, _ in rows:
        assert all(cells[column] for column in ("id", "source_id", "source_title", "source_ref", "date", "experiment"))
        assert cells["id"].startswith(cells["source_id"] + "-")
        assert float(cells["measured_value"]) > 0
    assert max(Counter(cells["id"] for cells, _ in rows).values()) == 1


def test_rows_that_may_not_be_used_say_why_and_no_others_are_refused_for_it(rows):
    flagged = [cells["flag"] for cells, _ in rows if cells["flag"]]
    assert len(flagged) == 35
    for cells, row in rows:
        assert bool(cells["flag"]) == (row.reason or "").startswith("flagged in its source")


def test_every_device_is_known(rows):
    known = {file.stem for file in (FILE.parents[1] / "accelerators").glob("*.yaml")}
    for cells, row in rows:
        before = ("no model is called", "weights and states are kept in the host")  # refused for this before the device is looked at
        assert cells["flag"] or (row.reason or "").startswith(before) or row.chip in known, cells["id"]


def test_every_model_is_known_by_name_or_by_shape_but_for_a_list(rows):
    unknown = Counter(
        cells["model_name"] for cells, row in rows if not cells["flag"] and (row.reason or "").startswith("no model is called")
    )
    assert unknown == {name: count for name, (count, _) in UNKNOWN.items()}


def test_a_row_of_adapters_is_named_after_its_model_and_still_says_that_it_is_one(rows):
    tuned = {(cells["model_name"], row.model) for cells, row in rows if "LoRA" in cells["model_name"]}
    assert tuned == {
        ("Llama-2 70B LoRA fine-tune (MLPerf)", "llama-2-70b"),
        ("LLAMA2-70B LoRA", "llama-2-70b"),
        ("LLAMA2-7B LoRA", "llama-2-7b"),
        ("Llama3 8B LoRA", "llama-3-8b"),
        ("Llama3 70B LoRA", "llama-3-70b"),
        ("Llama3 70B 2-node LoRA", "llama-3-70b"),
        ("Qwen2.5 7B LoRA", "qwen2.5-7b"),
        ("Qwen2.5 32B LoRA", "qwen2.5-32b"),
    }


def test_degrees_of_parallelism_count_the_devices_of_the_row(rows):
    for cells, _ in rows:
        if cells["flag"] or not (cells["n_devices"] and cells["dp"]):
            continue
        cores = 2 if cells["source_id"] == "TRN1" else 1  # that source counts cores, two to a chip
        degrees = [float(cells[column] or 1) for column in ("tp", "pp", "cp", "dp")]
        product = degrees[0] * degrees[1] * degrees[2] * degrees[3]
        if all(cells[column] for column in ("tp", "pp")):
            assert product == float(cells["n_devices"]) * cores, cells["id"]
