"""Engine: its arguments, what it refuses, what it warns of. Never the arithmetic again."""

import inspect
import math
import warnings
from pathlib import Path

import pytest

from mlsysim import (
    DataError,
    Engine,
    Hardware,
    InputError,
    MLSysError,
    Models,
    OOMError,
    PerformanceProfile,
    errors,
)
from mlsysim.units import Q_

llama, h100 = Models.Llama3_8B, Hardware.H100


@pytest.mark.parametrize(
    "model", [llama, "llama-3-8b", "Llama3_8B", "Models.Llama3_8B", "LLAMA 3 8B", "Models.Language.Llama3_8B"]
)
@pytest.mark.parametrize(
    "hardware", [h100, "h100", "H100", "H100-SXM", "Hardware.Cloud.H100", "h100_sxm_80gb"]
)
def test_6_spellings_of_a_model_and_of_a_device_give_the_same_answer(model, hardware):
    assert Engine.solve(model, hardware, batch_size=32) == Engine.solve(llama, h100, batch_size=32)


def test_the_first_five_arguments_go_by_position_or_by_name():
    by_position = Engine.solve(llama, h100, 32, "int8", 0.4)
    assert by_position == Engine.solve(
        model=llama, hardware=h100, batch_size=32, precision="int8", efficiency=0.4
    )
    assert by_position != Engine.solve(llama, h100, 32, "int8")


def test_the_signature_is_that_of_the_original_with_its_defaults():
    parameters = list(inspect.signature(Engine.solve).parameters.values())
    assert {p.name: p.default for p in parameters[2:12]} == {
        "batch_size": 1,
        "precision": "fp16",
        "efficiency": 0.5,
        "raise_errors": False,
        "is_training": False,
        "seq_len": None,
        "zero_stage": 0,
        "dp_size": 1,
        "is_lora": False,
        "activation_recomputation": False,
    }
    assert [p.name for p in parameters[:2]] == ["model", "hardware"]


def test_the_answer_is_a_profile_with_the_results_of_the_original_in_their_units():
    p = Engine.solve(llama, h100, batch_size=32)
    assert type(p) is PerformanceProfile
    assert p.bottleneck == "Memory" and p.feasible is True
    assert p.latency.to("ms").magnitude == pytest.approx(5.13, abs=0.01)
    assert p.throughput.to("1/s").magnitude == pytest.approx(32 / p.latency.to("s").magnitude)
    assert p.memory_footprint.to("GB").magnitude == pytest.approx(16.08, abs=0.01)
    assert p.energy.to("J").magnitude == pytest.approx(
        p.power.to("W").magnitude * p.latency.to("s").magnitude
    )
    assert 0 < p.mfu < 1 and isinstance(p.mfu, float)


def test_energy_per_inference_is_that_of_one_of_32_sequences():
    p = Engine.solve(llama, h100, batch_size=32)
    assert p.energy_per_inference.to("J").magnitude == pytest.approx(p.energy.to("J").magnitude / 32)


def test_the_summary_has_latency_bottleneck_and_memory():
    lines = Engine.solve(llama, h100, batch_size=32).summary().splitlines()
    assert lines[0] == "Bottleneck: Memory (4.62x), latency 5.13 ms"
    assert lines[2] == "memory 16.08 GB of 85.9 GB: fits"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size = 0 is out of range: a whole number, at least 1"),
        ({"batch_size": -3}, "batch_size = -3 is out of range: a whole number, at least 1"),
        ({"batch_size": 1.5}, "batch_size = 1.5 is out of range: a whole number, at least 1"),
        ({"batch_size": math.nan}, "batch_size = nan is out of range: a whole number, at least 1"),
        ({"batch_size": math.inf}, "batch_size = inf is out of range: a whole number, at least 1"),
        ({"batch_size": 10**400}, "batch_size = inf is out of range: a whole number, at least 1"),
        ({"batch_size": True}, "batch_size must be a whole number, at least 1, not True"),
        ({"batch_size": "many"}, 'batch_size: "many" is not a number, expected a plain number'),
        ({"batch_size": [1, 2]}, "batch_size: [1, 2] is neither a number nor a quantity"),
        ({"batch_size": Q_("1 GB")}, "batch_size is in byte, expected a plain number"),
        ({"efficiency": 0}, "efficiency = 0 is out of range: 1e-09 to 1"),
        ({"efficiency": 1.7}, "efficiency = 1.7 is out of range: 1e-09 to 1"),
        ({"seq_len": 0}, "seq_len = 0 token is out of range: a whole number, at least 1 token"),
        ({"seq_len": Q_("2 s")}, "seq_len is in s, expected token"),
        ({"is_training": True, "zero_stage": 7}, 'zero_stage: "7" is not one of 0, 1, 2, 3'),
        ({"is_training": True, "dp_size": 0}, "dp_size = 0 is out of range: a whole number, at least 1"),
    ],
)
def test_a_wrong_value_is_refused_with_argument_value_and_range(arguments, message):
    with pytest.raises(InputError) as raised:
        Engine.solve(llama, h100, **arguments)
    assert str(raised.value).startswith(message)
    assert raised.value.argument == list(arguments)[-1]
    assert isinstance(raised.value, ValueError) and isinstance(raised.value, MLSysError)


def test_an_unknown_format_is_refused_with_the_nearest():
    with pytest.raises(
        InputError, match='precision: "fp17" is not one of fp64, fp32, tf32, fp16, .* did you mean fp16'
    ) as raised:
        Engine.solve(llama, h100, precision="fp17")
    assert (raised.value.argument, raised.value.nearest) == ("precision", "fp16")


@pytest.mark.parametrize(
    "precision", ["fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "int4", "FP16", "Int8"]
)
def test_formats_are_known_in_either_case(precision):
    assert Engine.solve(llama, h100, precision=precision).latency > 0


def test_a_misspelt_device_is_a_lookup_error_with_the_nearest():
    with pytest.raises(
        errors.LookupError, match='no accelerator is called "h1OO"; did you mean H100'
    ) as raised:
        Engine.solve(llama, "h1OO")
    assert raised.value.nearest.lower() == "h100"
    assert isinstance(raised.value, LookupError) and isinstance(raised.value, MLSysError)


def test_a_misspelt_argument_is_refused_with_the_nearest():
    with pytest.raises(
        InputError, match="batch_sise is not an argument of single-node; did you mean batch_size"
    ) as raised:
        Engine.solve(llama, h100, batch_sise=4)
    assert (raised.value.argument, raised.value.nearest) == ("batch_sise", "batch_size")


def test_a_device_in_the_place_of_the_model_is_refused_by_its_name():
    with pytest.raises(InputError, match="model must be a model, not the accelerator NVIDIA H100"):
        Engine.solve(h100, llama)


@pytest.mark.parametrize(
    ("model", "why"),
    [(None, "model is missing"), (5, "model must be a model of the catalog, its name, or a file")],
)
def test_what_is_no_model_is_refused(model, why):
    with pytest.raises(InputError, match=why):
        Engine.solve(model, h100)


def test_a_file_that_is_not_there_is_a_data_error_with_its_name():
    with pytest.raises(DataError, match="nowhere/config.json: can't be read: No such file") as raised:
        Engine.solve("nowhere/config.json", h100)
    assert raised.value.place == "nowhere/config.json"


def test_two_spellings_of_one_argument_are_refused():
    with pytest.raises(InputError, match="seq_len and context are one argument, given twice"):
        Engine.solve(llama, h100, seq_len=512, context=1024)


def test_context_is_another_word_for_seq_len():
    assert Engine.solve(llama, h100, context=512) == Engine.solve(llama, h100, seq_len=512)


@pytest.mark.parametrize("bandwidth", ["8 TB/s", 8, Q_("8 TB/s"), Q_("8000 GB/s")])
def test_any_figure_can_be_given_by_its_path_as_text_number_or_quantity(bandwidth):
    p = Engine.solve(llama, h100, **{"hardware.memory.bandwidth": bandwidth})
    assert p.peak_bw_actual.to("TB/s").magnitude == 8.0


def test_a_figure_in_another_dimension_is_refused():
    for given in ("8 TB", Q_("8 TB")):
        with pytest.raises(InputError, match="hardware.memory.bandwidth.* is in byte, expected .*TB/s"):
            Engine.solve(llama, h100, **{"hardware.memory.bandwidth": given})


def test_a_figure_that_the_device_does_not_state_is_refused_with_those_it_states():
    with pytest.raises(
        InputError, match="has no unit for fp64 or a wider format; it states fp32_dense, int8_dense"
    ):
        Engine.solve(Models.Tiny.DS_CNN, Hardware.nRF52840, precision="fp64")


def test_what_does_not_fit_is_an_answer():
    p = Engine.solve(Models.Llama3_70B, h100)
    assert p.feasible is False
    assert p.offload_spill_bytes.to("GB").magnitude == pytest.approx(141.1 - 85.9, abs=0.1)


def test_raise_errors_turns_it_into_an_oom_error_with_both_figures():
    with pytest.raises(OOMError, match="needs 141.1 GB, there are 85.9 GB") as raised:
        Engine.solve(Models.Llama3_70B, h100, raise_errors=True)
    assert raised.value.required_bytes.to("GB").magnitude == pytest.approx(141.1, abs=0.05)
    assert raised.value.available_bytes.to("GiB").magnitude == pytest.approx(80)
    assert isinstance(raised.value, MLSysError) and not isinstance(raised.value, InputError)


def test_raise_errors_changes_nothing_where_it_fits():
    assert Engine.solve(llama, h100, raise_errors=True) == Engine.solve(llama, h100)


@pytest.mark.parametrize(
    ("arguments", "ignored"),
    [
        ({"dp_size": 4}, "dp_size"),
        ({"lora_rank": 8}, "lora_rank"),
        ({"zero_stage": 2}, "zero_stage"),
        ({"is_lora": True}, "is_lora"),
        ({"activation_recomputation": True}, "activation_recomputation"),
    ],
)
def test_an_argument_of_training_alone_is_warned_of_in_inference(arguments, ignored):
    with pytest.warns(
        errors.IgnoredArgument, match=f"{ignored}: given, and not part of this answer"
    ) as caught:
        p = Engine.solve(llama, h100, **arguments)
    assert p == Engine.solve(llama, h100)
    assert caught[0].filename == __file__


def test_in_training_none_of_them_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Engine.solve(
            llama,
            h100,
            is_training=True,
            zero_stage=2,
            dp_size=4,
            is_lora=True,
            lora_rank=8,
            activation_recomputation=True,
        )


def test_a_sweep_has_a_row_for_each_of_2_devices_2_batches_and_2_formats():
    rows = Engine.sweep(llama, [h100, "a100"], [1, 32], ["fp16", "int8"])
    assert [(row["hardware"], row["batch_size"], row["precision"]) for row in rows] == [
        (name, batch, precision)
        for name in (h100.name, "a100")
        for batch in (1, 32)
        for precision in ("fp16", "int8")
    ]
    assert rows[1]["profile"] == Engine.solve(llama, h100, 1, "int8")


def test_a_sweep_keeps_what_does_not_fit():
    (row,) = Engine.sweep(Models.Llama3_70B, [h100])
    assert not row["profile"].feasible


examples = Path(__file__).parents[2] / "examples" / "models"


def test_a_model_is_also_the_path_of_its_config():
    p = Engine.solve(str(examples / "llama-3-8b" / "config.json"), "h100", batch_size=32)
    assert p.latency.m_as("ms") == pytest.approx(
        Engine.solve(llama, h100, batch_size=32).latency.m_as("ms"), rel=1e-3
    )


def test_weights_of_a_file_are_taken_as_stored_unless_a_format_is_given():
    awq = str(examples / "llama-3-8b-awq" / "config.json")
    stored = Engine.solve(awq, "h100")
    assert stored == Engine.solve(awq, "h100", precision="int4")
    assert "precision int4: the file stores its weights so" in stored.notes
    assert Engine.solve(awq, "h100", precision="fp16").memory_weights > 3 * stored.memory_weights
