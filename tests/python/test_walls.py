"""Walls as classes and functions: made from what the core declares."""

import inspect
import warnings

import pytest

import mlsysim
from mlsysim import Engine, Hardware, InputError, Models, PerformanceProfile, SingleNodeModel, errors, walls
from mlsysim.units import Q_

every = pytest.mark.parametrize("wall", walls.classes.values(), ids=list(walls.classes))


def test_walls_1_and_2_are_one_class():
    assert SingleNodeModel is walls.classes["SingleNodeModel"]
    assert (SingleNodeModel.wall, SingleNodeModel.numbers) == ("single-node", (1, 2))
    assert {"SingleNodeModel", "ServingModel", "TailLatencyModel"} <= set(walls.classes)


def test_no_number_belongs_to_two_walls_and_all_are_of_the_22():
    numbers = [number for wall in walls.classes.values() for number in wall.numbers]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(range(1, 23))


@every
def test_a_wall_is_public_under_its_class_name_and_tells_its_arguments_and_results(wall):
    assert getattr(mlsysim, wall.__name__) is wall
    assert wall.__module__ == "mlsysim"
    assert wall.__doc__.endswith(".")
    doc = wall.solve.__doc__
    for name in inspect.signature(wall.solve).parameters:
        if name not in ("self", "assumptions"):
            assert f"\n{name}: " in doc or f"also {name}" in doc, name
    assert "\nResults:\n" in doc


@every
def test_required_arguments_come_first_and_assumptions_by_name_only(wall):
    parameters = list(inspect.signature(wall.solve).parameters.values())
    assert parameters[0].name == "self"
    defaults = [
        p.default is not inspect.Parameter.empty
        for p in parameters
        if p.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert defaults == sorted(defaults)
    assert parameters[-1].name == "assumptions" and parameters[-1].kind is inspect.Parameter.KEYWORD_ONLY


@every
def test_a_wall_without_what_it_needs_says_what_is_missing(wall):
    with pytest.raises(InputError, match="is missing"):
        wall().solve()


@every
def test_a_misspelt_argument_is_refused_by_every_wall(wall):
    with pytest.raises(InputError, match=f"effishiency is not an argument of {wall.wall}"):
        wall().solve(effishiency=0.5)


def test_the_signature_of_single_node_is_that_of_the_original_and_more():
    signature = inspect.signature(SingleNodeModel.solve)
    assert list(signature.parameters)[:6] == [
        "self",
        "model",
        "hardware",
        "batch_size",
        "precision",
        "efficiency",
    ]
    defaults = {name: p.default for name, p in signature.parameters.items()}
    assert (defaults["batch_size"], defaults["precision"], defaults["efficiency"]) == (1, "fp16", 0.5)
    assert (defaults["is_training"], defaults["seq_len"], defaults["lora_rank"]) == (False, None, 16)
    assert type(defaults["batch_size"]) is int


def test_single_node_answers_a_profile_by_position_name_or_function():
    by_engine = Engine.solve("llama-3-8b", "h100", 32, "int8", 0.4)
    by_position = SingleNodeModel().solve("llama-3-8b", "h100", 32, "int8", 0.4)
    by_name = mlsysim.solve(
        "single-node", model="llama-3-8b", hardware="h100", batch_size=32, precision="int8", efficiency=0.4
    )
    assert type(by_position) is PerformanceProfile
    assert by_engine == by_position == by_name


def test_single_node_answers_a_profile_where_nothing_else_was_imported(program):
    source = "from mlsysim import SingleNodeModel; print(repr(SingleNodeModel().solve('llama-3-8b', 'h100')))"
    assert program(source)[0].startswith("PerformanceProfile(")


def test_too_many_arguments_are_a_type_error():
    with pytest.raises(TypeError, match="SingleNodeModel.solve takes"):
        SingleNodeModel().solve("llama-3-8b", "h100", *range(40))


def test_an_unknown_wall_is_a_lookup_error_with_the_nearest():
    with pytest.raises(errors.LookupError, match='no wall is called "singl-node" .*did you mean single-node'):
        mlsysim.solve("singl-node", model="llama-3-8b", hardware="h100")


def sweep(axes, results=("latency",), **arguments):
    return mlsysim.sweep("single-node", axes, list(results), **arguments)


def test_columns_of_a_sweep_equal_single_calls_bit_for_bit():
    results = [
        "latency",
        "throughput",
        "memory_footprint",
        "energy",
        "mfu",
        "margin",
        "power",
        "arithmetic_intensity",
    ]
    hardware, precisions, batches = (
        ["h100", "a100", "mi300x", "jetson-orin-nx"],
        ["fp16", "int8"],
        [1, 3, 32, 77, 78, 1000, 4096, 5001],
    )
    for context in ({}, {"seq_len": 2048}):
        swept = sweep(
            {"hardware": hardware, "precision": precisions, "batch_size": batches},
            results,
            model="llama-3-8b",
            **context,
        )
        assert swept["rows"] == 4 * 2 * 8 and swept["refused"] == []
        at = 0
        for device in hardware:
            for precision in precisions:
                for batch in batches:
                    single = Engine.solve("llama-3-8b", device, batch, precision, **context)
                    for result in results:
                        assert swept["columns"][result][at] == single.value(result), (
                            device,
                            precision,
                            batch,
                            result,
                        )
                    at += 1


def test_an_axis_of_10000_batches_equals_single_calls_bit_for_bit_at_its_ends_and_between():
    column = sweep({"batch_size": "1..10000"}, model="llama-3-8b", hardware="h100")["columns"]["latency"]
    for batch in (1, 2, 148, 149, 4096, 4097, 8192, 9999, 10_000):
        assert column[batch - 1] == Engine.solve("llama-3-8b", "h100", batch).value("latency")


def test_words_and_bools_are_numbers_in_a_column():
    columns = sweep(
        {"batch_size": [1, 4096]}, ["bottleneck", "feasible"], model="llama-3-8b", hardware="h100"
    )["columns"]
    assert columns["bottleneck"].tolist() == [1, 0]  # Memory, Compute
    assert columns["feasible"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("axis", "rows"),
    [
        ({"batch_size": [1, 2, 4]}, 3),
        ({"batch_size": (1, 2)}, 2),
        ({"batch_size": range(1, 6)}, 5),
        ({"batch_size": 7}, 1),
        ({"batch_size": "1..64:x2"}, 7),
        (["batch_size=1..64:x2", "precision=fp16,int8"], 14),
        ({}, 1),
        ({"hardware.memory.bandwidth": [Q_("1 TB/s"), "2 TB/s", 3]}, 3),
        ({"hardware": ["a100", Hardware.H100]}, 2),
        ({"is_training": [False, True]}, 2),
    ],
)
def test_axes_are_lists_ranges_texts_quantities_and_entries(axis, rows):
    given = {"model": "llama-3-8b"} | ({} if "hardware" in axis else {"hardware": "h100"})
    swept = sweep(axis, **given)
    assert swept["rows"] == rows == len(swept["columns"]["latency"])


def test_all_results_are_columns_where_none_is_named():
    swept = mlsysim.sweep("single-node", {"batch_size": [1, 2]}, model="llama-3-8b", hardware="h100")
    assert set(swept["columns"]) == set(key for key in Engine.solve("llama-3-8b", "h100")._result.names)


def test_a_combination_without_an_answer_is_nan_with_its_reason():
    swept = sweep(
        {"hardware": ["h100", "nrf52840"], "batch_size": [1, 2]}, model="llama-3-8b", precision="fp64"
    )
    latency = swept["columns"]["latency"]
    assert (latency[:2] > 0).all() and (latency[2:] != latency[2:]).all()
    ((first, count, why),) = swept["refused"]
    assert (first, count) == (2, 2)
    assert why.startswith("Nordic nRF52840 (Cortex-M4F) has no unit for fp64 or a wider format")


@pytest.mark.parametrize(
    ("axes", "why"),
    [
        ({"batch_sise": [1]}, "batch_sise is not an argument of single-node; did you mean batch_size"),
        ({"batch_size": []}, "batch_size"),
        ({"batch_size": [0]}, "batch_size = 0 is out of range"),
        ({"batch_size": "64..1"}, "the range 64..1 is empty"),
        ({"precision": ["fp17"]}, '"fp17" is not one of'),
        (["batch_size=1", "batch_size=2"], "batch_size is an axis twice"),
        ({"hardware": [Hardware.H100.model_copy(update={"name": "h100"})]}, "is not in the catalog"),
    ],
)
def test_a_bad_axis_is_refused(axes, why):
    given = {"model": "llama-3-8b"} | ({} if "hardware" in axes else {"hardware": "h100"})
    swept = None
    try:
        swept = sweep(axes, **given)
    except InputError as error:
        assert why in str(error)
    else:  # a value out of range refuses its rows
        assert why in swept["refused"][0][2]


def test_a_sweep_without_a_model_is_one_error():
    with pytest.raises(InputError, match="model is missing"):
        sweep({"batch_size": [1, 2]}, hardware="h100")


def test_a_sweep_of_an_unknown_result_or_device_is_a_lookup_error():
    with pytest.raises(
        errors.LookupError, match="latncy is not a result of single-node; did you mean latency"
    ):
        sweep({"batch_size": [1]}, ["latncy"], model="llama-3-8b", hardware="h100")
    with pytest.raises(errors.LookupError, match='no accelerator is called "h1OO"'):
        sweep({"hardware": ["h1OO"]}, model="llama-3-8b")


def test_a_sweep_warns_of_what_does_not_count():
    with pytest.warns(errors.IgnoredArgument, match="dp_size: given, and not part of these answers"):
        sweep({"batch_size": [1]}, model=Models.Llama3_8B, hardware="h100", dp_size=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sweep({"batch_size": [1]}, model=Models.Llama3_8B, hardware="h100")
