"""Resolvers, pipelines and the taxonomy of walls."""

import pytest
from mlsysim.core import walls

import mlsysim
from mlsysim import (
    CompositionError,
    EconomicsModel,
    ForwardModel,
    Pipeline,
    ResolverFactory,
    SingleNodeModel,
    SustainabilityModel,
)


class BusyHours(ForwardModel):
    """From the time of one step to the hours that a million of them take."""

    requires = ("latency",)
    produces = ("hours",)

    def solve(self, latency, steps=1e6):
        return {"hours": latency.m_as("s") * steps / 3600}


class Bill(ForwardModel):
    produces = ("bill",)

    def solve(self, hours, usd_per_hour):
        return {"bill": hours * usd_per_hour}


def test_item_055_the_22_walls_are_in_their_order():
    names = ("Compute Memory Software Serving Batching Streaming Tail-Latency Ingestion Transformation Locality Complexity Reasoning Fidelity "
             "Communication Fragility Multi-tenant Capital Sustainability Checkpoint Safety Sensitivity Synthesis")
    assert [wall.name.replace(" ", "-") for wall in walls.ALL_WALLS] == names.split()
    assert [wall.number for wall in walls.ALL_WALLS] == list(range(1, 23))
    assert [len(walls.walls_in_domain(domain)) for domain in walls.Domain] == [7, 3, 3, 3, 4, 2]
    assert len(walls.taxonomy().splitlines()) == 22 + 6 + 5 and "Domain 6: Analysis" in walls.taxonomy()
    assert walls.COMPUTE is walls.wall(1) and walls.ETHICS is walls.SAFETY
    assert all(wall.constraint.endswith(".") and wall.equation for wall in walls.ALL_WALLS)


def test_item_055_a_class_that_there_is_answers_for_the_walls_that_name_it():
    for wall in walls.ALL_WALLS:
        if made := mlsysim.walls.classes.get(wall.resolver_name):
            assert wall.number in made.numbers, wall
    assert [wall.number for wall in walls.walls_for_resolver("SingleNodeModel")] == [1, 2]
    assert walls.walls_for_resolver("SystemModel") == []
    chain = Pipeline([mlsysim.SingleNodeModel(), mlsysim.ServingModel()])
    assert (len(chain), repr(chain)) == (2, "Pipeline(SingleNodeModel, ServingModel)")
    with pytest.raises(KeyError):
        walls.wall(23)
    with pytest.raises(ValueError, match="nowhere"):
        walls.walls_in_domain("nowhere")


def test_item_012_the_names_of_every_tier_exist():
    for name in ("Engine", "Hardware", "Models", "PerformanceProfile", "Pipeline", "SystemEvaluator"):
        assert getattr(mlsysim, name)
    profile = mlsysim.Engine.solve(mlsysim.Models.Llama3_8B, mlsysim.Hardware.H100)
    for name in ("latency", "throughput", "bottleneck", "mfu", "feasible", "energy"):
        assert getattr(profile, name) is not None


def test_the_schema_of_a_wall_says_what_it_takes_and_gives():
    schema = SingleNodeModel.schema()
    assert schema["walls"] == [{"number": 1, "name": "Compute", "domain": "node"}, {"number": 2, "name": "Memory", "domain": "node"}]
    assert (schema["resolver"], schema["type"], schema["requires"]) == ("SingleNodeModel", "model", ["model", "hardware"])
    assert {"latency", "throughput", "feasible"} <= set(schema["produces"])
    assert mlsysim.ParallelismOptimizer.resolver_type() == "optimizer"
    assert isinstance(mlsysim.ParallelismOptimizer(), mlsysim.BaseOptimizer) and isinstance(SingleNodeModel(), ForwardModel)


def test_three_walls_have_fallacies_of_their_own():
    assert [len(made.fallacies()) for made in (SingleNodeModel, mlsysim.DistributedModel, EconomicsModel, SustainabilityModel)] == [3, 3, 3, 0]


def test_a_pipeline_hands_results_on_by_name():
    # One step of 5.124 ms, a million of them: 1.4234 h, at 2 USD an hour 2.8469 USD.
    run = Pipeline([SingleNodeModel, BusyHours(), Bill()]).run(model="llama-3-8b", hardware="h100", usd_per_hour=2)
    assert list(run) == ["SingleNodeModel", "BusyHours", "Bill"]
    assert run["BusyHours"]["hours"] == pytest.approx(run["SingleNodeModel"].value("latency") * 1e6 / 3600)
    assert run["Bill"]["bill"] == pytest.approx(2.8469, rel=1e-4)


def test_walls_hand_results_to_walls():
    # The step's MFU decides the power that the month is paid for.
    run = Pipeline([mlsysim.DistributedModel, EconomicsModel]).run(
        model="llama-3-8b", fleet="h100:64", batch_size=64, tp_size=8, duration_days=30)
    mfu = run["DistributedModel"].mfu
    alone = EconomicsModel().solve(fleet="h100:64", duration_days=30, mfu=mfu)
    assert run["EconomicsModel"].tco_usd == pytest.approx(alone.tco_usd)
    assert run["EconomicsModel"].tco_usd < EconomicsModel().solve(fleet="h100:64", duration_days=30).tco_usd


def test_what_is_given_comes_before_what_a_stage_produced():
    run = Pipeline([mlsysim.DistributedModel, EconomicsModel]).run(
        model="llama-3-8b", fleet="h100:64", batch_size=64, tp_size=8, duration_days=30, mfu=1.0)
    assert run["EconomicsModel"].tco_usd == EconomicsModel().solve(fleet="h100:64", duration_days=30).tco_usd


def test_callbacks_see_each_stage_in_order():
    class Listener:
        def __init__(self):
            self.seen = []

        def on_stage_end(self, name, result):
            self.seen.append(name)

    listener, called = Listener(), []
    pipeline = Pipeline([SingleNodeModel, BusyHours], name="hours")
    pipeline.register_callback(listener)
    pipeline.register_callback(lambda name, result: called.append((name, result)))
    results = pipeline.run(model="llama-3-8b", hardware="h100")
    assert listener.seen == ["SingleNodeModel", "BusyHours"]
    assert called[1] == ("BusyHours", results["BusyHours"])
    with pytest.raises(TypeError, match="callback"):
        pipeline.register_callback(3)


def test_explain_says_who_hands_what_to_whom():
    text = Pipeline([SingleNodeModel, BusyHours], name="hours").explain()
    assert text.splitlines()[0] == "hours: SingleNodeModel -> BusyHours"
    assert "1. SingleNodeModel (wall 1 Compute, 2 Memory)" in text
    assert "takes     latency from SingleNodeModel" in text


def test_a_stage_that_is_not_served_is_a_composition_error_before_anything_runs():
    ran = []

    class First(ForwardModel):
        def solve(self):
            ran.append(1)
            return {"watts": 1}

    pipeline = Pipeline([First, BusyHours])
    assert pipeline.requires == ("latency",)
    with pytest.raises(CompositionError, match="BusyHours requires latency: it is not given, and no earlier stage produces it") as wrong:
        pipeline.run()
    assert wrong.value.argument == "latency" and ran == []
    with pytest.raises(CompositionError, match="only SingleNodeModel, a later stage, produces it"):
        Pipeline([BusyHours, SingleNodeModel]).run(model="llama-3-8b", hardware="h100")


def test_an_argument_that_no_stage_takes_is_refused_with_the_nearest():
    with pytest.raises(CompositionError, match="no stage of pipeline takes batch_sise; did you mean batch_size?"):
        Pipeline([SingleNodeModel]).run(model="llama-3-8b", hardware="h100", batch_sise=3)


def test_two_quantities_that_share_a_name_are_not_mixed_up():
    # Tokens accepted in a speculative step are a plain number; those of a reasoning step are tokens.
    pipeline = Pipeline([mlsysim.ServingModel, mlsysim.InferenceScalingModel])
    question = {"model": "llama-3-8b", "hardware": "h100"}
    with pytest.raises(CompositionError, match="InferenceScalingModel takes tokens_per_step in token, and ServingModel produces it in plain numbers"):
        pipeline.run(**question)
    assert pipeline.run(**question, seq_len=2048, tokens_per_step=50)["InferenceScalingModel"].feasible


def test_what_is_no_resolver_is_no_stage():
    with pytest.raises(CompositionError, match="int is no resolver"):
        Pipeline([SingleNodeModel, 3])


def test_requires_are_read_from_solve_where_a_class_states_none():
    assert Bill.requires == ("hours", "usd_per_hour")
    assert Bill.schema() == {"resolver": "Bill", "type": "model", "walls": [], "requires": ["hours", "usd_per_hour"], "produces": ["bill"]}


def test_the_factory_finds_walls_by_class_and_by_name():
    assert ResolverFactory.get("ServingModel") is mlsysim.ServingModel is ResolverFactory.get("serving")
    assert "SystemModel" in ResolverFactory.list_available()
    with pytest.raises(mlsysim.errors.LookupError, match="did you mean ServingModel?"):
        ResolverFactory.get("ServingModle")
