"""Walls 4, 5 and 12 under the original's assumptions, against its recorded calls."""

import pytest
from parity import compare, registry, rows

import mlsysim

SET = "mlsysim-0.1"
pytestmark = pytest.mark.filterwarnings("ignore::mlsysim.errors.IgnoredArgument")
ENTITIES = ("model", "hardware", "decode_hardware", "draft_model")


def asked(row):
    """The recorded arguments as objects and base units."""
    arguments = {k: v for k, v in row["inputs"].items() if v is not None}
    for name in ENTITIES:
        if name in arguments:
            arguments[name] = registry(arguments[name])
    if isinstance(arguments.get("network_bandwidth"), dict):
        arguments["network_bandwidth"] = f"{arguments['network_bandwidth']['value']} {arguments['network_bandwidth']['unit']}"
    return arguments


def recorded(outputs):
    """Nested results by their paths."""
    flat = {}
    for name, figure in outputs.items():
        if isinstance(figure, dict) and "value" not in figure:
            flat |= {f"{name}.{inner}": value for inner, value in figure.items()}
        else:
            flat[name] = figure
    return flat


def settle(model, api, refused_for):
    """How many calls agree, and how many are refused for each reason."""
    counts = {"agree": 0}
    for row in rows(api):
        reason = next((why for why, part in refused_for.items() if part(row["inputs"])), None)
        if reason:
            with pytest.raises(mlsysim.errors.InputError):
                model.solve(**asked(row), assumptions=SET)
            counts[reason] = counts.get(reason, 0) + 1
            continue
        assert "error" not in row["outputs"], row["id"]
        assert compare(recorded(row["outputs"]), model.solve(**asked(row), assumptions=SET)) == [], row["id"]
        counts["agree"] += 1
    return counts


def language_model(path):
    return path is None or path.startswith("Models.Language.")


def test_serving():
    refused = {
        "a cached prefix that is no part of the prompt": lambda i: not 0 <= i["cached_prefix_len"] < i["seq_len"],
        "an efficiency outside (0, 1]": lambda i: not 0 < i["efficiency"] <= 1,
        "an acceptance above 1": lambda i: i["draft_acceptance_rate"] > 1,
        "a model that emits no tokens": lambda i: not language_model(i["model"]) or not language_model(i["draft_model"]),
        "a format that is none": lambda i: i["precision"] not in ("fp32", "tf32", "fp16", "bf16", "fp8", "int8", "int4"),
    }
    assert settle(mlsysim.ServingModel(), "ServingModel.solve", refused) == {
        "agree": 85,
        "a cached prefix that is no part of the prompt": 3,
        "an efficiency outside (0, 1]": 3,
        "an acceptance above 1": 1,
        "a model that emits no tokens": 1,
        "a format that is none": 1,
    }


def test_continuous_batching():
    refused = {
        "no page, or no prompt": lambda i: i["page_size"] < 1 or i["seq_len"] < 1,
    }
    assert settle(mlsysim.ContinuousBatchingModel(), "ContinuousBatchingModel.solve", refused) == {
        "agree": 31,
        "no page, or no prompt": 2,
    }


def test_inference_scaling():
    refused = {"steps or a context below 1": lambda i: i["reasoning_steps"] < 1 or i["context_length"] < 1}
    assert settle(mlsysim.InferenceScalingModel(), "InferenceScalingModel.solve", refused) == {
        "agree": 27,
        "steps or a context below 1": 1,
    }
