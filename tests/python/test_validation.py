"""mlsysim.validate, and the baseline that predictions are held to."""

import json
import math
import sys
from pathlib import Path

import pytest

import mlsysim
from mlsysim import _core

sys.path.append(str(Path(__file__).parents[2] / "tools"))
import baseline  # noqa: E402


@pytest.fixture(scope="module")
def published():
    return mlsysim.validate()


def test_the_records_are_what_the_command_prints(published, command):
    printed = command("validate -o json").json
    found = published.to_dict()
    assert found["counts"] == printed["counts"] and found["rows"] == printed["rows"]
    assert found["training"] == printed["training"]
    assert json.loads(published.to_json()) == json.loads(json.dumps(found))
    assert "<table>" in published._repr_html_() and "measurements predicted" in repr(published)


def test_records_are_frozen(published):
    with pytest.raises(AttributeError):
        published.groups[0].rows = 0


def test_a_file_is_read_by_path_and_one_that_cannot_be_read_raises(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "model_name,chip,n_devices,precision,engine,batch_size,input_len,measured_metric,measured_value\n"
        "llama-3-8b,h100,1,bf16,vLLM,1,512,ttft_ms,40\n"
    )
    (row,) = mlsysim.validate(file).rows
    assert row.measured == 0.04 and row.low < row.predicted < row.high
    with pytest.raises(mlsysim.errors.DataError, match="nowhere.csv"):
        mlsysim.validate("nowhere.csv")


def test_evidence_predicts_what_validate_does_and_again_under_other_constants(published):
    evidence = _core.Evidence()
    values = evidence.predict()
    for case, value, row in zip(evidence.cases(), values, published.rows):
        assert case["line"] == row.line
        assert math.isnan(value) == bool(case["reason"])
        assert case["reason"] or value == row.predicted
    itself = {"server.step": 1.0, "megatron.step": 1.0}
    assert math.isnan(evidence.predict({"server.step": 1.0})[-1])
    slower = evidence.predict(itself)
    itl = [i for i, case in enumerate(evidence.cases()) if case["engine"] == "server" and case["metric"] == "itl"]
    assert itl and all(slower[i] > 1 for i in itl)
    trained = [i for i, c in enumerate(evidence.cases()) if c["engine"] == "megatron" and c["metric"] == "step_time"]
    assert trained and all(slower[i] > 1 for i in trained)
    memory = evidence.predict({"megatron.step": 1.0}, "memory_weights")
    assert all(memory[i] > 1e9 for i in trained)


def test_no_group_is_worse_than_in_the_baseline():
    before = json.loads(baseline.BASELINE.read_text())
    worse = baseline.worse(before, baseline.measured())
    assert not worse, "\n".join(worse)


def test_the_baseline_catches_each_way_of_getting_worse():
    before = {
        "g": {"rows": 200, "predicted": 100, "median_ape": 10.0, "p90_ape": 30.0, "coverage": 0.9, "half_width": 20}
    }

    def now(**figures):
        return baseline.worse(before, {"g": {**before["g"], **figures}})

    assert not now(median_ape=10.4, p90_ape=32.9, predicted=98)
    assert now(median_ape=10.6) == ["g: median_ape was 10 %, is 10.6, and may be 10.5 %"]
    assert "p90_ape was 30 %" in now(p90_ape=33.1)[0]
    assert now(predicted=97) == ["g: 100 rows were predicted, 97 are, and 98 must be"]
    runs = {"training, runs": {"predicted": 700, "fit": 600, "ranking_median": 0.9}}
    assert not baseline.worse(runs, {"training, runs": {"predicted": 690, "fit": 590, "ranking_median": 0.86}})
    fewer = baseline.worse(runs, {"training, runs": {"predicted": 700, "fit": 580, "ranking_median": 0.85}})
    assert [line.split(",")[-1] for line in fewer] == [" and 588 must be", " and 0.855 must be"]
    assert "no row is in this group" in baseline.worse(before, {})[0]


TRAINING = "model_name,chip,n_devices,precision,framework,seq_len,global_batch_seqs,micro_batch,tp,pp,activation_recompute,experiment,measured_metric,measured_value,unit\n"


@pytest.fixture
def trained(tmp_path):
    def rows(*lines: str):
        file = tmp_path / "training.csv"
        file.write_text(TRAINING + "".join(f"{line}\n" for line in lines))
        return mlsysim.validate(file)

    return rows


RUN = "llama-3-8b,h100,64,bf16,NeMo 24.09,8192,128,1,1,1,none"


def test_a_run_of_training_is_compared_once_by_its_tokens_and_its_memory_beside(trained):
    found = trained(
        f"{RUN},a,step_time_s,2,s", f"{RUN},a,tokens_per_s_per_gpu,8000,tokens/s", f"{RUN},a,memory_gb,70,GB"
    )
    step, tokens, memory = found.rows
    assert step.reason == "the same experiment is compared by its tokens a second"
    assert tokens.group == "training, dense, megatron" and tokens.low < tokens.predicted < tokens.high
    assert memory.metric == "memory_reserved" and memory.unit == "B" and memory.measured == 70e9
    assert found.training["runs"] == 1 and found.training["predicted"] == 1 and found.training["repeated"] == 1


def test_a_file_holds_rows_of_both_kinds(tmp_path):
    file = tmp_path / "both.csv"
    file.write_text(
        "model_name,chip,n_devices,precision,engine,batch_size,input_len,framework,seq_len,global_batch_seqs,measured_metric,measured_value\n"
        "llama-3-8b,h100,1,bf16,vLLM,1,512,,,,ttft_ms,40\n"
        "llama-3-8b,h100,8,bf16,,,,torchtitan,4096,16,tokens_per_s_per_gpu,7000\n"
    )
    served, trains = mlsysim.validate(file).rows
    assert served.metric == "ttft" and trains.metric == "throughput_per_device"


def test_arithmetic_a_second_is_compared_by_the_definition_that_is_named(tmp_path):
    # Attention whole, as Megatron-LM counts it, is more for each token than causal attention: fewer tokens at the same figure.
    file = tmp_path / "definitions.csv"
    lines = [f"{RUN},,tflops_per_gpu,400,,{said}\n" for said in ("Megatron formula", "causal attention", "")]
    file.write_text(TRAINING.replace("\n", ",metric_definition\n") + "".join(lines))
    whole, half, unsaid = mlsysim.validate(file).rows
    # Llama 3 8B: 6 x 7.50e9 of products (embedding not counted), 12 x 32 x 4096 x 8192 = 1.29e10 of attention, whole.
    assert whole.measured == pytest.approx(400e12 / (6 * 7.5047e9 + 1.2885e10), rel=1e-3)
    assert half.measured == pytest.approx(400e12 / (6 * 7.5047e9 + 0.5 * 1.2885e10), rel=1e-3)
    assert whole.measured < unsaid.measured < half.measured and unsaid.missing == "metric_definition"


def test_what_a_run_does_not_state_widens_its_band_and_is_named(trained):
    stated, unstated = trained(
        f"{RUN},c,tokens_per_s_per_gpu,8000,", RUN.replace("8192,128,1,1,1", "8192,128,,,") + ",d,tokens_per_s_per_gpu,8000,"
    ).rows
    assert stated.complete and stated.missing == "" and stated.assumed_factor == 1
    assert not unstated.complete and unstated.missing == "tp, pp, micro_batch"
    assert unstated.high / unstated.low > stated.high / stated.low


def test_hours_of_a_run_need_its_tokens(tmp_path):
    file = tmp_path / "hours.csv"
    head = "model_name,hardware,seq_len,training_tokens,measured_metric,measured_value\n"
    file.write_text(
        head + "Llama 3 8B,H100,8192,15e12,total_gpu_hours,1.3e6\n" + "Llama 3 8B,H100,8192,,total_gpu_hours,1.3e6\n"
    )
    stated, unstated = mlsysim.validate(file).rows
    assert stated.metric == "device_time" and stated.unit == "s" and stated.measured == 1.3e6 * 3600
    assert unstated.reason == "device-hours of a run whose training_tokens are not stated"
