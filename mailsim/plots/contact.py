"""Many pictures on one sheet, small, each with its name: to see at a glance whether they belong together."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from mailsim.plots.style import COLOURS, settings

__all__ = ["contact_sheet"]

#: width of a picture on the sheet in inches, gap between two, letters of the names in points, dots per inch
_WIDTH, _GAP, _FONT, _DPI = 5.2, 0.25, 12.0, 80


def contact_sheet(pictures: Sequence[tuple[str, bytes]], *, columns: int = 4) -> bytes:
    """One PNG with all pictures in rows, each as wide as a column and as high as its shape wants.

    Parameters
    ----------
    pictures : sequence of (str, bytes)
        Name and PNG of each.
    columns : int
        So many side by side.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    with rc_context(settings("print")):
        arrays: list[Any] = [imread(BytesIO(png)) for _, png in pictures]
        heights = [_WIDTH * array.shape[0] / array.shape[1] for array in arrays]
        label = _FONT * 1.8 / 72
        rows = [max(heights[k : k + columns]) + label + _GAP for k in range(0, len(arrays), columns)]
        width, height = columns * (_WIDTH + _GAP) + _GAP, sum(rows) + _GAP
        figure = Figure(figsize=(width, height), dpi=_DPI)
        FigureCanvasAgg(figure)
        for k, (name, _) in enumerate(pictures):
            left = _GAP + k % columns * (_WIDTH + _GAP)
            top = height - _GAP - sum(rows[: k // columns])
            axes = figure.add_axes((left / width, (top - label - heights[k]) / height, _WIDTH / width, heights[k] / height))
            axes.imshow(arrays[k], aspect="auto", interpolation="lanczos")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(True)
            axes.spines[:].set_color(COLOURS["faint"])
            axes.set_title(name, loc="left", fontsize=_FONT)
        stream = BytesIO()
        figure.savefig(stream, format="png", dpi=_DPI, metadata={"Software": "mailsim"})
    return stream.getvalue()
