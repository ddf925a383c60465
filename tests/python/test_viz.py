"""Pictures: what is drawn stands where the answers say."""

import pytest
from mlsysim.system import SystemEvaluator

from mlsysim import Engine, Hardware, Models, NetworkRooflineModel, Systems, plot_roofline, viz

matplotlib = pytest.importorskip("matplotlib")
near = pytest.approx
cluster = Systems.Clusters.Research_256


@pytest.fixture(autouse=True)
def _no_window():
    matplotlib.use("Agg")
    with matplotlib.rc_context():
        yield
    matplotlib.pyplot.close("all")


def marks(ax):
    """(x, y) of each round mark that is a workload."""
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o" and line.get_markersize() == 9]


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_item_066_a_roofline_is_a_figure_and_axes_with_the_model_at_its_intensity_and_rate():
    fig, ax = plot_roofline(Hardware.H100, workloads=[Models.Llama3_8B])
    p = Engine.solve(Models.Llama3_8B, Hardware.H100)
    assert fig is ax.figure
    assert marks(ax) == [(near(p.value("arithmetic_intensity")), near(p.value("work") / p.value("latency")))]


def test_the_book_style_is_ours_and_a_plot_comes_with_its_colours_and_pyplot():
    fig, ax, colors, plt = viz.setup_plot(figsize=(6, 3))
    assert (tuple(fig.get_size_inches()), ax.figure, plt) == ((6, 3), fig, matplotlib.pyplot)
    assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0] == colors["BlueLine"]
    assert not matplotlib.rcParams["axes.spines.top"] and set(colors) >= {"primary", "grid", "RedFill", "VioletL"}


def test_a_workload_on_a_fleet_stands_at_the_rate_and_the_intensities_of_its_answer():
    _, ax = viz.plot_distributed_roofline(cluster, [Models.Llama3_8B], batch_size=1)
    answer = NetworkRooflineModel().solve(Models.Llama3_8B, cluster, batch_size=1)
    height = answer.value("achievable_flops") / 256
    assert marks(ax) == [
        (near(answer.value("arithmetic_intensity")), near(height)),
        (near(answer.value("scale_up_intensity")), near(height)),
    ]
    # The fabric binds: the mark lies on the slope that meets 494.7 Tflop/s, half of the peak, at the ridge.
    assert height == near(494.7e12 * answer.value("arithmetic_intensity") / answer.value("ridge_point"))
    assert "Llama 3 8B: network binds" in [line.get_label() for line in ax.lines]


def test_a_batch_that_hides_its_exchange_stands_on_the_flat_roof():
    _, ax = viz.plot_distributed_roofline(cluster, [Models.Llama3_8B], batch_size=64)
    assert [y for _, y in marks(ax)] == near([494.7e12] * 2)


@pytest.mark.parametrize("workloads", [None, []])
def test_without_workloads_the_roofs_of_a_fleet_are_drawn_alone(workloads):
    _, ax = viz.plot_distributed_roofline(cluster, workloads)
    # 450 GB/s of NVLink one way and one port of 100 Gbit/s
    assert [line.get_label() for line in ax.lines if "B/s" in str(line.get_label())] == [
        "fabric, 12.5 GB/s",
        "links inside a node, 450.0 GB/s",
    ]
    assert marks(ax) == []


def test_the_originals_module_has_them_all():
    from mlsysim.viz import plots

    assert plots.setup_plot is viz.setup_plot and plots.COLORS is viz.COLORS
    with pytest.raises(AttributeError, match="no attribute 'plot_nonsense'"):
        plots.plot_nonsense


def test_a_scorecard_draws_memory_step_and_money_as_shares_of_one():
    evaluation = SystemEvaluator.evaluate(
        "a month", Models.Llama3_8B, Hardware.H100, batch_size=256, nodes=8, duration_days=30
    )
    _, ax = viz.plot_evaluation_scorecard(evaluation)
    rows = {}
    for bar in ax.patches:
        if bar.get_facecolor()[3]:
            rows.setdefault(round(bar.get_y(), 3), []).append(bar.get_width())
    assert [sum(row) for row in rows.values()] == near([1, 1, 1])
    assert next(iter(rows.values()))[0] == near(
        evaluation.answer.value("feasibility.memory_used") / evaluation.answer.value("feasibility.memory_available")
    )
    assert words(ax).count("PASS") == 3 and any(text.startswith("capital ") for text in words(ax))


def test_what_does_not_fit_runs_past_the_end_of_its_bar_and_nothing_else_is_drawn():
    evaluation = SystemEvaluator.evaluate("too much", Models.Llama3_70B, Hardware.H100)
    _, ax = viz.plot_evaluation_scorecard(evaluation)
    filled = [bar for bar in ax.patches if bar.get_facecolor()[3]]
    # 141.1 GB of 85.9 GB
    assert sum(bar.get_width() for bar in filled) == near(1.643, abs=5e-3)
    assert "FAIL" in words(ax) and {bar.get_y() for bar in filled} == {-0.25}


def test_a_scenario_is_drawn_against_its_limits():
    from mlsysim import Scenarios

    evaluation = Scenarios.AutonomousVehicle.evaluate()
    _, ax = viz.plot_evaluation_scorecard(evaluation)
    speed = evaluation.performance.metrics
    assert [bar.get_width() for bar in ax.patches][1] == near((speed["latency"] / speed["sla_latency"]).m_as(""))
