"""What the pictures share: colours that colour-blind readers can tell apart, type, and an empty figure in that style."""

from __future__ import annotations

from typing import Any

__all__ = ["COLORS", "set_book_style", "setup_plot"]

# Okabe and Ito's hues as lines, and tints of them as areas. The keys are the original's.
COLORS = {
    "crimson": "#A3263B",
    "primary": "#222222",
    "grid": "#D0D0D0",
    "BlueLine": "#0072B2",
    "BlueL": "#CCE3F0",
    "BlueFill": "#E0EEF6",
    "RedLine": "#D55E00",
    "RedL": "#F7DFCC",
    "RedFill": "#FAEBE0",
    "GreenLine": "#009E73",
    "GreenL": "#CCECE3",
    "GreenFill": "#E0F3EE",
    "OrangeLine": "#E69F00",
    "OrangeL": "#FAECCC",
    "VioletLine": "#8A5A9E",
    "VioletL": "#E8DEEC",
    "BrownLine": "#7A5230",
    "BrownL": "#E4DCD6",
    "YellowFill": "#FCF8DC",
}


def pyplot() -> Any:
    """matplotlib.pyplot, or an ImportError that says what to install."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'mlsysim[viz]'") from error
    return matplotlib.pyplot


def set_book_style() -> None:
    """Sets matplotlib's defaults for the rest of the process: our colours in turn, a light grid, no box, legible type."""
    plt = pyplot()
    lines = [COLORS[name + "Line"] for name in ("Blue", "Red", "Green", "Orange", "Violet", "Brown")]
    plt.rcParams.update(
        {
            "figure.figsize": (8, 5),
            "figure.constrained_layout.use": True,
            "savefig.dpi": 150,
            "font.size": 10,
            "axes.prop_cycle": plt.cycler(color=lines),
            "axes.edgecolor": COLORS["primary"],
            "axes.labelcolor": COLORS["primary"],
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": True,
            "grid.color": COLORS["grid"],
            "grid.linewidth": 0.6,
            "lines.linewidth": 2,
            "legend.frameon": False,
        }
    )


def setup_plot(figsize: tuple[float, float] | None = None) -> tuple[Any, Any, dict[str, str], Any]:
    """An empty figure in our style: ``(figure, axes, COLORS, pyplot)``.

    figsize  width and height in inches; (8, 5) when left out
    """
    set_book_style()
    plt = pyplot()
    fig, ax = plt.subplots(figsize=figsize)
    return fig, ax, COLORS, plt
