"""What all pictures have in common: sentence, description, caption, no global state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from mailsim.errors import UnknownNameError
from mailsim.plots.picture import Picture, describe, png
from mailsim.plots.style import COLOURS, SIZES
from mailsim.results import Result
from small_logs import outage_log, small_result, small_scenario

NAMES = ["timeline", "latency", "sawtooth", "queues", "topology", "budget", "mx_share", "outcomes", "raster", "dns_cache"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", SIZES)
def test_every_picture_has_a_sentence_for_a_title_a_description_and_its_origin(name: str, style: str) -> None:
    result = small_result()
    ax = getattr(result.plot, name)(style=style)
    assert ax.get_title().endswith(".")
    assert len(describe(ax)) > len(ax.get_title())
    assert ax.get_title().replace("\n", " ") in describe(ax)
    caption = ax.figure.get_supxlabel()
    for part in ("mailsim ", "small", f"digest {result.scenario.digest()[:8]}", "seed 7"):
        assert part in caption


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_draws_on_the_axes_it_is_given_and_leaves_the_figure_alone(name: str) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert getattr(small_result().plot, name)(ax=left) is left
    assert right.get_title() == ""
    assert not right.has_data()
    assert figure.get_supxlabel() == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_changes_no_global_setting(name: str) -> None:
    before = dict(matplotlib.rcParams)
    small_result().plot.png(name, style="slide")  # type: ignore[arg-type]
    assert dict(matplotlib.rcParams) == before


def test_no_picture_imports_pyplot() -> None:
    code = (
        f"import sys\nfrom small_logs import small_result\nfor name in {NAMES}:\n"
        "    small_result().plot.png(name)\nprint('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": _path()})
    assert done.stdout.strip() == "False"


def _path() -> str:
    root = Path(__file__).parents[2]
    return f"{root}:{root / 'tests'}"


def test_a_notebook_shows_a_picture_with_its_description() -> None:
    ax = small_result().plot.queues()
    assert isinstance(ax, Picture)
    page = ax._repr_html_()
    assert page.startswith("<figure><img src=")
    assert f'alt="{describe(ax)}"' in page


def test_a_png_is_the_same_each_time_and_carries_the_description() -> None:
    one, other = (png(small_result().plot.queues()) for _ in range(2))
    assert one == other
    assert describe(small_result().plot.queues()).encode() in one


def test_a_name_with_signs_of_mathematics_is_written_as_it_is() -> None:
    assert Result(small_scenario(name="a $x_1$ \\frac b"), 7, outage_log()).plot.png("topology")


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown style 'wall'"):
        small_result().plot.latency(style="wall")  # type: ignore[arg-type]


def test_colours_with_a_meaning_are_all_different() -> None:
    assert len(set(COLOURS.values())) == len(COLOURS)
