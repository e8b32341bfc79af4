"""The agreement with the recordings as one page to show: figures first, then how they were made, then every case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mailsim.language import printable
from mailsim.markup import Markup, details, joined, tag
from mailsim.results.files import write_whole
from mailsim.validation.cases import Paths
from mailsim.validation.conformance import Agreement, Conformance, Verdict, conform
from mailsim.validation.control import Count
from mailsim.validation.style import STYLE
from mailsim.validation.table import percent, with_count

__all__ = ["page", "report"]

#: the groups of programs and what was compared in them, by the kind of their cases
_GROUPS: Mapping[str, str] = {"mta": "Mail servers", "path": "Whole paths", "dns": "Resolvers and stubs"}

_KEYS = (("ours", "mailsim"), ("itself", "the program against itself"), ("other", "the best impostor"))

_COLUMNS = ("mailsim", "itself", "impostor")
#: the style of each column of bars
_WIDTHS = ("name", "wide", "figure", "figure", "words")

_READING = (
    "A bar that reaches the line can't be told from one more recording. The line stays below 100 % where the real program differs from "
    "itself: races, phases of clocks, chance. The ring is another program's recordings in its place."
)

_METHOD: tuple[tuple[str, str], ...] = (
    (
        "Recorded",
        "Real programs ran in network namespaces with a programmable name server and scripted peers that fail on schedule. "
        "Every case was recorded several times.",
    ),
    (
        "Simulated",
        "Each world is rebuilt from what was set up: zones, hosts, faults, workload, the program's parameters. "
        "The rebuilding never sees a case's name, its description or what was observed. Phases of queue scans and seconds are drawn.",
    ),
    (
        "Mail servers",
        "Per message and recipient: how it ended and where; the hosts tried, in order, with outcome and reply code (hosts of equal "
        "preference may swap); number of tries (one or 15 % more or less); when each try began and when it was over (one scan, "
        "and a third of it more with every try); copies stored; reports sent. With many messages also the share of each host.",
    ),
    (
        "Resolvers and stubs",
        "Per question of the client: code, records (order aside), waiting time (60 ms or 15 % more or less); 95 % of the questions "
        "must agree. The number of questions asked upstream (two or 20 % more or less).",
    ),
    (
        "Whole paths",
        "Route and end of each message, replies to log-ins and fetches; instants with room for two queue scans and one poll.",
    ),
    (
        "Two figures to compare with",
        "The program itself: each recorded repeat judged against the others of its case. Another in its place: the recorded repeats "
        "of the program that passes best for this one, in the same worlds. The first is the score to reach; the second shows that "
        "the comparison tells programs apart.",
    ),
)


def report(
    path: str | Path,
    found: Conformance | None = None,
    *,
    cases: Paths | None = None,
    seeds: int = 3,
    jobs: int = 1,
) -> Path:
    """Write the agreement with the recordings as an HTML page that needs nothing else.

    Parameters
    ----------
    path : path
        Of the page.
    found : Conformance, optional
        What to show; by default :func:`mailsim.validation.conform` runs first, which takes some minutes.
    cases : path or list of paths, optional
        The recorded cases to run; by default those that come with mailsim.
    seeds, jobs : int
        Runs of each case, and processes at the same time.

    Returns
    -------
    Path
        The page.
    """
    return write_whole(Path(path), page(conform(cases, seeds=seeds, jobs=jobs) if found is None else found))


def page(found: Conformance) -> str:
    """The text of the page; every name and word from a case is escaped."""
    body = joined((tag("section", joined(_slide(found)), class_="slide"), tag("section", joined(_method())), joined(_cases(found))))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width"><title>mailsim: agreement with recorded software</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _slide(found: Conformance) -> Iterator[Markup]:
    """What fits on one screen: a sentence, the key, and a bar for each program."""
    yield tag("h1", "Would you take the simulation for the real program?")
    judged = [one for one in found.verdicts if one.judged]
    total = Count(sum(one.count.agreed for one in judged), sum(one.count.of for one in judged))
    seeds = f"{len(found.seeds)} runs each" if len(found.seeds) > 1 else "one run each"
    yield tag(
        "p",
        f"{len(judged)} recorded cases of {len(found.agreements)} programs, {seeds}: {with_count(total)} of the simulated repeats "
        "could be one more recording.",
        class_="lead",
    )
    yield tag("p", joined(tag("span", joined((tag("i", "", class_=key), words))) for key, words in _KEYS), class_="keys")
    groups = [(kind, [one for one in found.agreements if one.kind == kind]) for kind in _GROUPS]
    tables = [_group(_GROUPS[kind], rows) for kind, rows in groups if rows]
    note = tag("p", _READING, class_="note")
    yield tag("div", joined((*tables[:-1], note, *tables[-1:])), class_="groups")


def _group(title: str, rows: Sequence[Agreement]) -> Markup:
    head = tag("tr", joined(tag("th", cell, scope="col", class_=name) for cell, name in zip((title, "", *_COLUMNS), _WIDTHS, strict=True)))
    return tag("table", joined((tag("thead", head), tag("tbody", joined(map(_bar, rows))))), class_="bars")


def _bar(one: Agreement) -> Markup:
    """A row: the bar is ours, the line the program itself, the ring the impostor; the figures stand beside it."""
    marks = [tag("span", "", class_="ours", style=f"width:{_share(one.count)}%")]
    if one.impostor is not None:
        marks.append(tag("span", "", class_="other", style=f"left:{_share(one.impostor.score)}%"))
    if one.itself.of:
        marks.append(tag("span", "", class_="itself", style=f"left:{_share(one.itself)}%"))
    impostor = "-" if one.impostor is None else f"{percent(one.impostor.score)} {printable(one.impostor.program)}"
    reached = one.count.share is not None and one.itself.share is not None and one.count.share >= one.itself.share
    ours = joined((percent(one.count), tag("span", " ✓" if reached else "", class_="reached")))
    return tag(
        "tr",
        joined(
            (
                tag("th", printable(one.software), scope="row"),
                tag("td", tag("div", joined(marks), class_="scale")),
                tag("td", ours, class_="strong"),
                tag("td", percent(one.itself)),
                tag("td", impostor, class_="quiet"),
            )
        ),
    )


def _share(count: Count) -> str:
    return f"{100 * (count.share or 0.0):.2f}"


def _method() -> Iterator[Markup]:
    yield tag("h2", "What is compared, and how")
    yield tag("dl", joined(joined((tag("dt", title), tag("dd", words))) for title, words in _METHOD))


def _cases(found: Conformance) -> Iterator[Markup]:
    """Program by program, every case: what differs is open to see, what agrees folds out."""
    yield tag("h2", "Case by case")
    for one in found.agreements:
        rows = [verdict for verdict in found.verdicts if verdict.software == one.software]
        wrong = [verdict for verdict in rows if verdict.count.agreed < verdict.count.of]
        right = [verdict for verdict in rows if verdict not in wrong]
        title = f"{printable(one.software)}: {len(rows) - len(wrong)} of {len(rows)} cases agree in every run"
        parts = [_verdicts(wrong)] if wrong else []
        if right:
            names = joined(tag("li", _agreeing(verdict)) for verdict in right)
            parts.append(joined((tag("p", "Agreeing:"), tag("ul", names, class_="names"))))
        yield details(title, joined(parts))


def _agreeing(one: Verdict) -> str:
    return printable(one.name) if one.judged else f"{printable(one.name)} (nothing recorded to compare with)"


def _verdicts(rows: Sequence[Verdict]) -> Markup:
    head = tag("tr", joined(tag("th", cell, scope="col") for cell in ("case", "mailsim", "itself", "what differs")))
    body = joined(
        tag(
            "tr",
            joined(
                (
                    tag("th", printable(one.name), scope="row"),
                    tag("td", _of(one.count)),
                    tag("td", _of(one.itself)),
                    tag("td", joined(tag("div", printable(words)) for words in _few(one.words))),
                )
            ),
        )
        for one in rows
    )
    return tag("table", joined((tag("thead", head), tag("tbody", body))), class_="cases")


def _of(count: Count) -> str:
    return f"{count.agreed} of {count.of}" if count.of else "-"


def _few(words: Sequence[str], most: int = 4) -> list[str]:
    """The first differences, each cut to a length that fits."""
    cut = [one if len(one) <= 300 else one[:297] + "..." for one in words[:most]]
    return [*cut, *([f"and {len(words) - most} more"] if len(words) > most else [])]
