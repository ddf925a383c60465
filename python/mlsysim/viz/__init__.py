"""Pictures of answers, by matplotlib: ``pip install 'mlsysim[viz]'``."""

from mlsysim.viz.distributed import plot_distributed_roofline
from mlsysim.viz.plots import plot_roofline
from mlsysim.viz.scorecard import plot_evaluation_scorecard
from mlsysim.viz.style import COLORS, set_book_style, setup_plot

__all__ = [
    "COLORS",
    "plot_distributed_roofline",
    "plot_evaluation_scorecard",
    "plot_roofline",
    "set_book_style",
    "setup_plot",
]
