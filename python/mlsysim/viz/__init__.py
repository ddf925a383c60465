"""Pictures of answers, by matplotlib: ``pip install 'mlsysim[viz]'``."""

from mlsysim.viz.plots import plot_roofline
from mlsysim.viz.scorecards import COLORS, plot_distributed_roofline, plot_evaluation_scorecard, set_book_style, setup_plot

__all__ = ["COLORS", "plot_distributed_roofline", "plot_evaluation_scorecard", "plot_roofline", "set_book_style", "setup_plot"]
