"""Sensitivity, inverse, difference and exhaustive search through Python."""

import math

import pytest
from mlsysim.core.optimization import OptimizationRegistry

import mlsysim
from mlsysim import DSE, DifferentialExplainer, Engine, InputError


def test_sensitivities_are_in_the_units_that_people_read():
    tornado = Engine.solve("llama-3-8b", "h100").sensitivity("latency", step=0.2)
    bandwidth = tornado["hardware.memory.bandwidth"]
    assert tornado[0] is bandwidth
    assert str(bandwidth.value.units) == "TB/s" and bandwidth.value.m_as("TB/s") == pytest.approx(3.35)
    assert bandwidth.high.figure.m_as("TB/s") == pytest.approx(4.02)
    assert bandwidth.elasticity == pytest.approx(-0.9356, abs=1e-4)
    assert bandwidth.high.result < tornado.baseline < bandwidth.low.result
    assert "hardware.memory.bandwidth" in repr(tornado) and "<table>" in tornado._repr_html_()
    with pytest.raises(InputError, match="step"):
        Engine.solve("llama-3-8b", "h100").sensitivity("latency", step=0)


def test_an_inverse_fed_back_meets_its_bound():
    step = Engine.solve("llama-3-8b", "h100")
    found = step.solve_for("hardware.memory.bandwidth", "latency", at_most="4 ms")
    again = Engine.solve("llama-3-8b", "h100", **{"hardware.memory.bandwidth": found.value})
    assert again.latency.m_as("ms") == pytest.approx(4, rel=1e-12) and found.upward and not found.met_now
    assert step.solve_for("batch_size", "latency", at_most=10).value == 297
    assert step.solve_for("hardware.memory.bandwidth", "latency", at_most="0.2 ms") is None
    for wrong in ({}, {"at_most": 1, "at_least": 2}, {"at_most": "4 GB"}):
        with pytest.raises(InputError):
            step.solve_for("batch_size", "latency", **wrong)


def test_a_specification_meets_its_target_through_python():
    need = mlsysim.SynthesisSolver().solve("llama-3-8b", "50 ms")
    assert need.required_bw.m_as("GB/s") == pytest.approx(323.29, abs=0.01)
    assert list(mlsysim.SensitivitySolver().solve("llama-3-8b", "h100").sensitivities)[:3] == ["peak_flops", "memory_bandwidth", "memory_capacity"]


def test_a_difference_sums_and_the_explainer_tells_it():
    a, b = (Engine.solve("llama-3-8b", chip, batch_size=128) for chip in ("a100", "h100"))
    why = a.why(b, "latency")
    assert sum(p.difference.m_as("s") for p in why.parts) == pytest.approx((b.latency - a.latency).m_as("s"), rel=1e-9)
    assert math.prod(p.factor for p in why.parts) == pytest.approx((b.latency / a.latency).to_base_units().magnitude, rel=1e-9)
    text = DifferentialExplainer.compare_performance(a, b)
    assert "Speedup: 2.62x" in text and "Baseline Regime: Compute" in text and "hardware.memory.bandwidth" in text
    assert "decreased performance" in DifferentialExplainer().compare_performance(b, a)
    with pytest.raises(InputError, match="two walls"):
        a.why(mlsysim.solve("scaling", compute_budget="1e21 flop"), "latency")


def test_item_072_the_regime_decides_what_a_speed_up_comes_from():
    """Memory-bound: the ratio of bandwidths. Compute-bound: the ratio of peaks."""
    for batch, roof, ratio in ((1, "latency_memory", 3.35 / 2.039), (2048, "latency_compute", 989.4 / 312)):
        old, new = (Engine.solve("llama-3-8b", chip, batch_size=batch) for chip in ("a100", "h100"))
        assert old.value(roof) / new.value(roof) == pytest.approx(ratio, rel=1e-9)
        part = old.why(new, roof).parts
        assert len(part) == 1 and part[0].factor == pytest.approx(1 / ratio, rel=1e-9)


def test_item_010_a_faster_chip_with_the_same_fixed_time_has_a_lower_mfu():
    """Raising the peak lowers MFU at every batch: its elasticity is never above 0."""
    for model in ("resnet-50", "llama-3-8b", "bert-base"):
        for batch in (1, 16, 256, 4096):
            tornado = Engine.solve(model, "h100", batch_size=batch).sensitivity("mfu")
            peak = tornado["hardware.compute.fp16_dense"]
            assert peak.elasticity < 0 and peak.high.result < tornado.baseline


SPACE = {"hardware": ["a100", "h100", "b200"], "batch_size": [1, 8, 64, 256]}


def test_a_search_over_a_function_and_over_the_wall_find_the_same():
    def ask(point):
        return Engine.solve("llama-3-8b", **point)

    for objective, constraints in [("maximize: throughput", ["latency < 6 ms"]), ("minimize(latency)", ["mfu >= 0.1", "throughput > 100"])]:
        search = DSE(SPACE, objective, constraints)
        by_function, by_wall = search.search(ask), search.search("single-node", model="llama-3-8b")
        for key in ("best_params", "best_objective", "evaluated", "unmet", "infeasible"):
            assert by_function[key] == by_wall[key]
        assert [c["params"] for c in by_function["top_candidates"]] == [c["params"] for c in by_wall["top_candidates"]]


def test_points_that_are_refused_or_do_not_fit_are_counted():
    found = DSE({"hardware": ["h100", "t4", "b200"], "precision": ["fp16", "fp8"]}, "minimize: latency").search("single-node", model="llama-3-70b")
    assert found["best_params"] == {"hardware": "b200", "precision": "fp8"}
    assert found["infeasible"] + len(found["refused"]) + found["unmet"] + len(found["top_candidates"]) == found["evaluated"] == 6

    def half(point):
        if point["x"] < 0:
            raise ValueError("negative")
        return {"y": point["x"] ** 2}

    found = DSE({"x": [-1, 2, 3]}, "minimize: y").search(half)
    assert found["best_params"] == {"x": 2} and found["refused"] == [({"x": -1}, "negative")]


@pytest.mark.parametrize(
    ("objective", "constraints", "said"),
    [("best: y", [], "minimize"), ("minimize: y", ["y ~ 3"], "constraint"), ("minimize: z", [], "no z"),
     ("minimize: y", ["y < 3 GB"], "no unit"), ("minimize: y", ["y < 0"], "miss a constraint")],
)  # fmt: skip
def test_what_can_not_be_searched_for_is_said(objective, constraints, said):
    with pytest.raises(InputError, match=said):
        DSE({"x": [1, 2]}, objective, constraints).search(lambda point: {"y": point["x"]})


def test_a_mistake_of_the_function_is_not_swallowed():
    with pytest.raises(TypeError):
        DSE({"x": [1]}, "minimize: y").search(lambda point: None + 1)


def test_backends_find_the_least_of_a_bowl_in_every_dimension():
    def bowl(x):
        return (x[0] - 3) ** 2 + (x[1] - 1) ** 2

    grid = OptimizationRegistry.get_backend("exhaustive").compile(bowl, [(0, 10), (0, 4)], 41).solve()
    assert grid.best_configuration == {"optimal_variable": [3.0, 1.0]} and grid.optimal_value == 0 and grid.metrics["grid_points_evaluated"] == 1681
    line = OptimizationRegistry.get_backend("exhaustive").compile(lambda x: (x[0] - 3) ** 2, [(0, 10)], 11).solve()
    assert line.best_configuration == {"optimal_variable": 3.0}
    words = OptimizationRegistry.get_backend("discrete").compile(lambda p: p["a"] * p["b"], {"a": [2, -1], "b": [3, 5]}).solve()
    assert words.best_configuration == {"a": -1, "b": 5} and words.optimal_value == -5
    nothing = OptimizationRegistry.get_backend("exhaustive").compile(lambda x: math.inf, [(0, 1)], 3).solve()
    assert not nothing.feasible and math.isnan(nothing.optimal_value)
    with pytest.raises(InputError, match="continuous, discrete, exhaustive"):
        OptimizationRegistry.get_backend("bogus")


def test_the_continuous_backend_is_scipy_s_or_says_how_to_install_it():
    try:
        import scipy  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match=r"pip install 'mlsysim\[opt\]'"):
            OptimizationRegistry.get_backend("continuous")
        return
    found = OptimizationRegistry.get_backend("continuous").compile(lambda x: (x[0] - 3) ** 2, [(0, 10)]).solve()
    assert found.best_configuration["optimal_variable"] == pytest.approx(3, abs=1e-5)
