"""Pictures of answers, by matplotlib: ``pip install 'mlsysim[viz]'``."""

from mlsysim.viz.plots import plot_roofline

__all__ = ["plot_roofline"]
