"""The gallery: each kind of picture once, all on one sheet and on a page; the README shows nothing else."""

from __future__ import annotations

import inspect
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from mailsim import gallery
from mailsim.cli.app import app
from mailsim.errors import UnknownNameError
from mailsim.plots.contact import contact_sheet
from mailsim.plots.style import COLOURS
from mailsim.results.result import Plots
from mailsim.study.study import StudyPlots

ROOT = Path(__file__).resolve().parents[1]
QUICK = ["mx-share", "schedules"]


def names() -> list[str]:
    return [one.name for one in gallery.EXHIBITS]


def test_every_picture_of_a_run_and_of_a_study_hangs_in_the_gallery_once() -> None:
    methods = [name for of in (Plots, StudyPlots) for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")]
    wanted = {name.replace("_", "-") for name in methods if name not in ("png", "animation")}  # a film is no sheet
    assert len(names()) == len(set(names()))
    assert wanted - set(names()) == set()


def test_readme_shows_only_pictures_that_the_gallery_makes() -> None:
    shown = re.findall(r"\]\(notebooks/pictures/([\w.-]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert shown
    assert set(shown) <= {*(f"{name}.png" for name in names()), "contact-sheet.png", "film.gif"}
    there = {path.name for path in (ROOT / "notebooks" / "pictures").iterdir()} - {"index.html"}
    assert set(shown) <= there
    assert there == {*(f"{name}.png" for name in names()), "contact-sheet.png", "film.gif"}


def test_the_gallery_writes_the_pictures_asked_for_a_sheet_and_a_page(tmp_path: Path) -> None:
    files = gallery.gallery(tmp_path / "deep" / "gallery", names=QUICK, language="de")
    assert [path.name for path in files] == ["mx-share.png", "schedules.png", "contact-sheet.png", "index.html"]
    page = files[-1].read_text("utf-8")
    assert '<html lang="de">' in page
    for one in gallery.EXHIBITS:
        assert (f'<h2 id="{one.name}">' in page) == (one.name in QUICK)
    assert "Welcher Server nimmt die Mail an?" in page
    assert page.count('<img src="data:image/png;base64,') == 2
    assert not re.search("<script|http", page)
    heights = {path.name: imread(BytesIO(path.read_bytes())).shape for path in files[:-1]}
    assert heights["contact-sheet.png"][1] > 1500


def test_a_picture_that_is_not_there_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'timeline'"):
        gallery.gallery(tmp_path / "none", names=["timelin"])
    assert not (tmp_path / "none").exists()


def test_the_sheet_shows_each_picture_in_its_place_with_its_shape() -> None:
    def plain(colour: float, height: int) -> bytes:
        from matplotlib.image import imsave

        stream = BytesIO()
        imsave(stream, np.full((height, 100, 3), colour))
        return stream.getvalue()

    # black, grey and a high light one in two columns: the third begins the second row
    sheet = imread(BytesIO(contact_sheet([("a", plain(0.0, 50)), ("b", plain(0.5, 50)), ("c", plain(0.25, 100))], columns=2)))[..., 0]
    high, wide = sheet.shape
    left, right = sheet[: high // 3, : wide // 2], sheet[: high // 3, wide // 2 :]
    below = sheet[high // 2 :, : wide // 2]
    shares = [(np.abs(part - colour) < 0.01).mean() for part, colour in ((left, 0.0), (right, 0.5), (below, 0.25))]
    assert all(share > 0.5 for share in shares), shares
    assert (np.abs(sheet - 0.25) < 0.01).sum() == pytest.approx(2 * (np.abs(right - 0.5) < 0.01).sum(), rel=0.06)  # letters have greys too
    assert COLOURS["faint"] == "#E6E6E6"


def test_the_command_lists_what_each_picture_answers_in_either_language() -> None:
    listed = CliRunner().invoke(app, ["gallery", "--list", "--language", "de"])
    assert [line.split()[0] for line in listed.output.splitlines()] == names()
    assert "Wohin geht die Zeit?" in listed.output


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("style", ["print", "slide"])
def test_the_whole_gallery_can_be_drawn(style: str, language: str, tmp_path: Path) -> None:
    files = gallery.gallery(tmp_path, style=style, language=language)  # type: ignore[arg-type]
    assert [path.stem for path in files] == [*names(), "contact-sheet", "index", "film"]
