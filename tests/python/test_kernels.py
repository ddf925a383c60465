"""The constants that ship predict the published kernel times that they were fitted to."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from mlsysim.quantity import from_python

import mlsysim
from mlsysim import _core

MEASUREMENTS = Path(__file__).parents[2] / "data" / "measurements"


def rows(table, **wanted):
    with gzip.open(MEASUREMENTS / f"kernels_{table}.csv.gz", "rt") as file:
        return [r for r in csv.DictReader(file) if all(r[k] == v for k, v in wanted.items())]


def error(wall, arguments, columns, some):
    measured = np.array([float(r["latency_ms"]) for r in some]) / 1e3
    filled = {name: np.array([float(r[of] or 0) for r in some]) for name, of in columns.items()}
    predicted = _core.rows(wall, arguments, filled, ["latency"], "first-principles", from_python)["latency"]
    assert np.all(predicted > 0)
    return np.median(np.abs(predicted / measured - 1))


@pytest.mark.parametrize(
    ("system", "hardware", "most"),
    [("a100_sxm", "a100", 0.09), ("h100_sxm", "h100", 0.06), ("h200_sxm", "h200", 0.06), ("b200_sxm", "b200", 0.08), ("gb200", "gb200", 0.09)],
)
def test_bf16_products_are_within_a_tenth_of_the_published_times_at_the_median(system, hardware, most):
    some = rows("gemm", system=system, gemm_dtype="bfloat16")
    assert len(some) >= 1500
    assert error("gemm", {"hardware": hardware}, {"rows": "m", "columns": "n", "inner": "k"}, some) < most


def test_nccl_all_reduce_on_h100_is_within_a_tenth_at_the_median():
    some = rows("collective", system="h100_sxm", op_name="all_reduce", kernel_source="NCCL", nccl_dtype="int8")
    for r in some:
        r["megabytes"] = str(float(r["message_size"]) / 1e6)
    assert error("all-reduce", {"hardware": "h100", "by": "library"}, {"message": "megabytes", "devices": "num_gpus"}, some) < 0.1


@pytest.mark.parametrize(
    ("system", "hardware", "most"),
    [("a100_sxm", "a100", 0.06), ("h100_sxm", "h100", 0.1), ("h200_sxm", "h200", 0.12), ("b200_sxm", "b200", 0.15), ("gb200", "gb200", 0.14)],
)
def test_decoding_over_deepseek_latents_is_within_a_seventh_of_the_published_times_at_the_median(system, hardware, most):
    some = rows("mla_decode", system=system, framework="TRTLLM", kv_cache_dtype="bfloat16")
    assert len(some) == 300
    for r in some:
        r["context"] = str(int(r["step"]) + 1)
    arguments = {"hardware": hardware, "cached": "latent", "head_dim": 576, "value_dim": 512}
    columns = {"sequences": "batch_size", "heads": "num_heads", "context": "context"}
    assert error("attention", arguments, columns, some) < most


def test_prompts_of_deepseek_heads_are_within_a_quarter_by_constants_that_were_fitted_to_other_heads():
    some = [r for r in rows("mla_prefill", system="h100_sxm", framework="TRTLLM", kv_cache_dtype="bfloat16") if int(r["isl"]) > 8]
    arguments = {"hardware": "h100", "phase": "prefill", "cached": "latent", "library": "trtllm", "head_dim": 192, "value_dim": 128}
    columns = {"sequences": "batch_size", "heads": "num_heads", "kv_heads": "num_heads", "tokens": "isl"}
    assert 0.05 < error("attention", arguments, columns, some) < 0.25


def test_a_fitted_constant_says_what_it_was_fitted_to_and_its_interval():
    found = mlsysim.solve("gemm", hardware="h100", rows=16, columns=4096, inner=4096).explain()
    assert "fitted, " in str(found) and "tools/fit_kernels.py" in str(found)


def test_a_device_whose_kernels_nobody_measured_is_refused_by_the_figure_that_is_missing():
    with pytest.raises(mlsysim.InputError, match="kernels.gemm"):
        mlsysim.solve("gemm", hardware="cerebras-cs3", precision="fp16", rows=16, columns=4096, inner=4096)


def test_rows_out_of_range_are_refused_with_their_number():
    with pytest.raises(mlsysim.InputError, match="rows = 0 in row 1 is out of range"):
        _core.rows("gemm", {"hardware": "h100", "columns": 64, "inner": 64}, {"rows": np.array([1.0, 0.0])}, ["latency"], "first-principles", from_python)
