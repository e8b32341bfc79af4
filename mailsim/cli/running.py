"""The commands that run a scenario: ``demo``, ``run`` and ``explain``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailsim.cli.failing import parse_condition
from mailsim.cli.show import complain, show, show_json
from mailsim.language import say

if TYPE_CHECKING:
    from mailsim.results import Result
    from mailsim.stories import Story
    from mailsim.stories.sentences import Words

__all__ = ["demo", "explain", "run"]

SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of all draws; by default the scenario's own.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
DIRECTORY = click.Path(file_okay=False, path_type=Path)
PAGE = click.Path(dir_okay=False, path_type=Path)
#: forms in which a story can be printed
FORMS = ("text", "html", "mermaid", "transcript")
LEVELS = click.Choice(["events", "messages", "counts"])


@click.command()
@click.option("--out", type=DIRECTORY, default=Path("mailsim-demo"), show_default=True, help="Folder for the picture.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@SEED
def demo(out: Path, seed: int | None, quiet: bool) -> None:
    """Run the shipped scenario primary-outage: headline and timeline picture."""
    from mailsim.results.files import write_whole
    from mailsim.scenario import load

    scenario = load("primary-outage")
    result = scenario.run(seed=seed)
    out.mkdir(parents=True, exist_ok=True)
    picture = write_whole(out / "timeline.png", result.plot.png("timeline"))
    if quiet:
        return
    show(f"{scenario.name}: {scenario.lesson}\n")
    show(repr(result.summary()))
    show("\n" + say("cli.picture", path=picture))
    show(say("cli.next_explain"))
    show(say("cli.next_scenarios"))


@click.command()
@click.argument("scenario", metavar="FILE|NAME")
@SEED
@click.option("--out", type=DIRECTORY, help="Folder for tables (CSV), summary, manifest and picture.")
@AS_JSON
@click.option("--quiet", is_flag=True, help="Print nothing but errors (and --json).")
@click.option("--level", type=LEVELS, help="How much is recorded; by default as much as the size of the run allows.")
@click.option("--report", "page", type=PAGE, help="Write a memo to this file: one HTML page to print on A4.")
@click.option("--film", type=click.Path(dir_okay=False, path_type=Path), help="Write the run as a film: NAME.gif or NAME.html.")
@click.option("--language", help="Of headline, pictures and memo: en (default) or de.")
@click.option("--fail-if", "conditions", multiple=True, metavar="CONDITION", help="Exit with 1 if a figure compares so: 'bounced>0'.")
@click.pass_context
def run(
    context: click.Context,
    scenario: str,
    seed: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    level: str | None,
    page: Path | None,
    film: Path | None,
    language: str | None,
    conditions: tuple[str, ...],
) -> None:
    """Run a scenario (a file or the name of a shipped one) and print the headline."""
    from mailsim.language import speaking
    from mailsim.scenario import load

    context.with_resource(speaking(language))
    if film is not None:
        from mailsim.plots.film import film_file

        film_file(film)
    wanted = [parse_condition(text) for text in conditions]
    result = load(scenario).run(seed=seed, level=level, progress=False if quiet or as_json else None)
    figures = result.summary().as_dict()
    met = [condition for condition in wanted if condition.holds(figures)]
    if as_json:
        show_json(figures)
    elif not quiet:
        show(repr(result.summary()))
    if out is not None:
        _save(result, out, quiet=quiet)
    if page is not None:
        written = result.report(page)
        if not quiet:
            complain(say("cli.wrote", path=written))
    if film is not None:
        place = result.plot.animation().save(film)
        if not quiet:
            complain(say("cli.wrote", path=place))
    for condition in met:
        complain(f"--fail-if {condition.text}: {condition.name} is {condition.value(figures):g}")
    context.exit(1 if met else 0)


def _save(result: Result, out: Path, *, quiet: bool) -> None:
    from mailsim.errors import UnsupportedError

    try:
        place = result.save(out)
    except UnsupportedError:  # a picture that this recording level can't draw
        place = result.save(out, plots=False)
    if not quiet:
        complain(say("cli.wrote", path=place))


@click.command()
@click.argument("scenario", metavar="FILE|NAME")
@click.argument("which", metavar="NUMBER|KIND", default="slowest")
@SEED
@click.option("--as", "form", type=click.Choice(FORMS), default="text", show_default=True, help="Form of the story that is printed.")
@click.option(
    "--words", type=click.Choice(["field", "pupil"]), default="field", show_default=True, help="The field's words, or plain ones."
)
@click.option("--html", "html", type=click.Path(dir_okay=False, path_type=Path), help="Write the story as an HTML page.")
@click.option("--png", "png", type=click.Path(dir_okay=False, path_type=Path), help="Write the sequence diagram as a picture.")
@click.option("--report", is_flag=True, help="Print the delivery report (RFC 3464) that the sender got.")
@AS_JSON
def explain(
    scenario: str,
    which: str,
    seed: int | None,
    form: str,
    words: Words,
    html: Path | None,
    png: Path | None,
    report: bool,
    as_json: bool,
) -> None:
    """Tell the story of one message: what was asked and answered, why each next step, and what it cost.

    KIND is one of bounced, delayed, duplicate, fallback, rejected, slowest: the first such message of the run.  As text or HTML, as a
    sequence diagram for Mermaid, or as a transcript in the manner of swaks and dig; in English or German; with --words pupil in plain
    words with the field's in brackets.
    """
    from mailsim.scenario import load

    result = load(scenario).run(seed=seed, level="events", progress=False if as_json else None)
    number = int(which) if which.isascii() and which.isdigit() and len(which) < 19 else result.example(which).number
    story = result.explain(number, words=words)
    if as_json:
        show_json(story.as_dict())
    else:
        show(story.report() if report else _told(story, form).removesuffix("\n"))
    _write(story, html, png)


def _told(story: Story, form: str) -> str:
    """The story in one of :data:`FORMS`."""
    told: dict[str, Callable[[], str]] = {
        "text": lambda: str(story),
        "html": story.html,
        "mermaid": story.mermaid,
        "transcript": story.transcript,
    }
    return told[form]()


def _write(story: Story, html: Path | None, png: Path | None) -> None:
    from mailsim.results.files import write_whole

    if html is not None:
        complain(say("cli.wrote", path=write_whole(html, story.html())))
    if png is not None:
        from mailsim.plots.picture import png as as_png

        complain(say("cli.wrote", path=write_whole(png, as_png(story.plot()))))
