"""`audit` measures this machine: the figures must be those of a computer, and predictions follow from them by the roofline."""

import json
import re
import subprocess
import sys
import time

import pytest

near = pytest.approx
# Without a BLAS, so that the tests measure the same thing everywhere.
alone = {"MLSYSIM_BLAS": ""}


@pytest.fixture(scope="module")
def audit(executable):
    import os

    start = time.monotonic()
    ran = subprocess.run([executable, "audit", "-o", "json"], capture_output=True, env={**os.environ, **alone})
    assert (ran.returncode, ran.stderr) == (0, b"")
    return {**json.loads(ran.stdout), "seconds": time.monotonic() - start}


def test_the_figures_are_those_of_a_computer_and_take_seconds(audit):
    # Between a phone's core and the largest server of the catalog's years.
    assert 1e8 < audit["fp32_rate_flop_per_s"] < 1e14
    assert 1e8 < audit["memory_bandwidth_bytes_per_s"] < 1e13
    assert audit["memory_capacity_bytes"] > 1e8 and audit["threads"] >= 1
    assert 0 < audit["dispatch_tax_s"] < 0.1
    assert audit["products_by"].startswith("our own kernel, vectors of ")
    assert audit["seconds"] < 60  # about 3 on a machine that does nothing else


def test_each_prediction_is_the_roofline_of_the_measured_figures(audit):
    rate, bandwidth, start = (
        audit[key] for key in ("fp32_rate_flop_per_s", "memory_bandwidth_bytes_per_s", "dispatch_tax_s")
    )
    assert len(audit["checks"]) in (4, 8)
    for check in audit["checks"]:
        n = int(re.search(r"(\d+) x", check["kernel"])[1])
        product = check["kernel"].startswith("product")
        # 2 n^3 operations on three matrices of 4-byte elements, or 2 n^2 on one
        work, traffic = (2 * n**3, 12 * n**2) if product else (2 * n**2, 4 * n**2)
        share = check["threads"] / audit["threads"]
        assert check["predicted_s"] == near(max(work / (rate * share), traffic / bandwidth) + start)
        assert check["error"] == near(check["predicted_s"] / check["measured_s"] - 1)
        assert check["runs"] >= 3 and check["spread"] >= 0


def test_the_median_error_and_the_noise_are_said(audit):
    errors = sorted(abs(check["error"]) for check in audit["checks"])
    assert audit["median_error"] == errors[len(errors) // 2]
    spreads = [check["spread"] for check in audit["checks"]]
    assert audit["noise"] == max([audit["fp32_rate_spread"], audit["memory_bandwidth_spread"], *spreads])


def test_this_machine_is_saved_as_an_accelerator_that_any_verb_takes(command, tmp_path):
    ran = command("audit --save here.yaml -w gpt2-xl", **alone)
    assert (ran.code, ran.stderr) == (0, "")
    assert "GPT-2 XL 1.5B here, batch 1, fp16 weights" in ran.stdout
    assert command("zoo check here.yaml").code == 0
    figures = command("zoo ./here.yaml -o json").json["figures"]
    rate = figures["compute.fp32_dense"]
    assert (rate["kind"], rate["source"]) == ("measured", "mlsysim audit")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rate["read"])
    assert figures["memory.bandwidth"]["kind"] == "measured" and figures["power.tdp"]["kind"] == "estimated"
    answer = command("eval resnet-50 here.yaml --efficiency 1 -o json").json["result"]
    assert answer["peak_flops_actual_flop_per_s"] == rate["value"]


def test_what_the_model_would_do_is_the_answer_of_wall_1_at_the_measured_rates(command):
    ran = command("audit -w resnet-50 -o json", **alone)
    assert ran.code == 0
    assert ran.json["result"]["peak_flops_actual_flop_per_s"] == near(ran.json["fp32_rate_flop_per_s"], rel=1e-3)


def test_a_model_that_does_not_exist_is_said_before_anything_is_measured(command):
    start = time.monotonic()
    ran = command("audit -w resnet-5O")
    assert (ran.code, ran.stdout) == (2, "")
    assert "did you mean resnet-50?" in ran.stderr
    assert time.monotonic() - start < 1.5


def test_a_file_that_is_no_yaml_is_refused(command, tmp_path):
    ran = command("audit --save here.json")
    assert (ran.code, ran.stderr) == (2, "error: --save here.json: an accelerator is a .yaml file\n")
    assert list(tmp_path.iterdir()) == []


def test_python_brings_the_library_of_numpy_where_its_wheel_has_one():
    from pathlib import Path

    import numpy

    library = list(Path(numpy.__file__).parent.parent.glob("numpy.libs/libscipy_openblas*"))
    if not library:
        pytest.skip("this NumPy brings no library of its own")
    ran = subprocess.run([sys.executable, "-m", "mlsysim", "audit", "-o", "json"], capture_output=True)
    assert json.loads(ran.stdout)["products_by"] == library[0].name
