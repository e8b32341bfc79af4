"""The memo of an outage study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.language import printable, say, speaking
from mailsim.markup import tag
from mailsim.memo.sheet import figure, plain_table, section, sentence, sheet
from mailsim.plots.picture import describe, png, title_of

if TYPE_CHECKING:
    from mailsim.study import Study

__all__ = ["study_memo"]


def study_memo(study: Study, *, language: str | None = None, title: str = "") -> str:
    """The memo of a study as an HTML page: its answer, its table with intervals, its picture, its method, and how to repeat it.

    Parameters
    ----------
    study : Study
        What was found.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    title : str
        What stands above the headline; by default what failed.
    """
    with speaking(language):
        ax = study.plot.impact()
        headline, described = title_of(ax), describe(ax)
        ax.set_title("")  # it is the headline of the page
        named = title or say("memo.study_title", target=study.setting.target, how=study.setting.how)
        parts = [
            tag("p", printable(named), class_="kicker"),
            tag("h1", sentence(headline)),
            tag("p", sentence(study.headline), class_="lead"),
            section("study", figure(png(ax), described, say("memo.study_picture"))),
            section("study small", plain_table(study.rows())),
            section("small", tag("h2", say("memo.how")), tag("p", printable(study.method))),
            section("small", tag("h2", say("memo.again")), tag("p", tag("code", printable(study.replay)))),
        ]
        return sheet(named, parts)
