"""The command ``conform``: how often a simulated run could be one more recorded run of the real program."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailsim.cli.show import complain, show, show_json, show_table

if TYPE_CHECKING:
    from mailsim.validation import Conformance
    from mailsim.validation.conformance import Verdict

__all__ = ["conform"]

#: so many cases that differ are listed for each program; ``--json`` and ``--report`` have all
LISTED = 12
#: so many cases that can't be simulated for the same reason share a line
ALIKE = 4

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("cases", metavar="[CASES.jsonl|FOLDER]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--seeds", type=click.IntRange(1, 10_000), default=3, show_default=True, help="Runs of each case.")
@click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True, help="Seed of the first run; the next ones count on.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes at the same time.")
@click.option("--emit", type=FILE, help="File for the simulated repeats, one JSON line each.")
@click.option("--report", "report_file", type=FILE, help="File for a page (HTML) to show.")
@click.option(
    "--floor", "floor_file", type=click.Path(dir_okay=False, path_type=Path), help="File of floors; exit code 1 if one is missed."
)
@click.option("--raise-floor", is_flag=True, help="Write floors that this run exceeds into the --floor file.")
@click.option("--table", "as_table", is_flag=True, help="Print the agreement as a table in Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors (and --json, --table).")
@click.pass_context
def conform(
    context: click.Context,
    /,
    cases: tuple[Path, ...],
    emit: Path | None,
    report_file: Path | None,
    floor_file: Path | None,
    raise_floor: bool,
    **how: Any,
) -> None:
    """Rebuild recorded cases as scenarios, run them, and compare with what the real program did.

    CASES are files of recorded cases (JSON lines, plain or packed) or folders of them; without any, the recordings
    that come with mailsim. A program reaches its goal when its repeats agree as often as those of the real program
    agree with each other.
    """
    from mailsim.results.files import write_whole
    from mailsim.validation.floors import raised, read_floors, written

    if raise_floor and floor_file is None:
        raise click.UsageError("--raise-floor needs --floor FILE")
    floors = {} if floor_file is None or (raise_floor and not floor_file.exists()) else read_floors(floor_file)
    talk = not (how["as_json"] or how["as_table"] or how["quiet"])
    found = _run(cases, how["seeds"], how["seed"], how["jobs"], talk=talk)
    if emit is not None:
        write_whole(emit, "".join(found.lines()))
        _warn_of_one_name(found)
    if report_file is not None:
        from mailsim.validation.page import page

        write_whole(report_file, page(found))
    _print(found, how)
    if floor_file is not None:
        if raise_floor:
            write_whole(floor_file, written(raised(found, floors)))
        else:
            context.exit(_judge_floors(found, floors))


def _run(cases: tuple[Path, ...], seeds: int, seed: int, jobs: int, *, talk: bool) -> Conformance:
    """Run the cases, with a bar on a terminal."""
    from mailsim.validation.cases import read_cases, shipped_recordings
    from mailsim.validation.conformance import conform_cases

    read = read_cases(cases or shipped_recordings())
    numbers = range(seed, seed + seeds)
    if not (talk and sys.stderr.isatty()):
        return conform_cases(read, numbers, jobs=jobs)
    with click.progressbar(length=len(read), label="cases", file=sys.stderr) as bar:
        watch: Callable[[int], object] = bar.update
        return conform_cases(read, numbers, jobs=jobs, watch=watch)


def _warn_of_one_name(found: Conformance) -> None:
    """Emitted lines carry nothing but the name of the case; two programs' cases of one name can't be told apart there."""
    programs: dict[str, set[str]] = {}
    for one in found.verdicts:
        programs.setdefault(one.name, set()).add(one.software)
    shared = sorted(name for name, used in programs.items() if len(used) > 1)
    if shared:
        some = f"{len(shared)} names of cases, such as {shared[0]!r}"
        complain(f"{some}, are used by several programs; emit one program at a time to tell them apart")


def _print(found: Conformance, how: dict[str, Any]) -> None:
    from mailsim.validation.table import HEADER, markdown, rows

    if how["as_json"]:
        show_json(_plain(found))
    elif how["as_table"]:
        show(markdown(found).rstrip("\n"))
    elif not how["quiet"]:
        show_table(rows(found), header=HEADER)
        for one in found.agreements:
            _list_differing([verdict for verdict in found.verdicts if verdict.software == one.software])


def _list_differing(verdicts: list[Verdict]) -> None:
    """The cases of a program in which some run differs, each with the first thing that does; one reason of many cases once."""
    wrong = [one for one in verdicts if not all(run.agrees for run in one.runs)]
    if not wrong:
        return
    show(f"\n{wrong[0].software}: {len(wrong)} of {len(verdicts)} cases differ in some run")
    reasons = Counter(one.words[0] for one in wrong if one.runs[0].failed)
    often = [reason for reason, number in reasons.items() if number >= ALIKE]
    for reason in often:
        show(f"  {reasons[reason]} cases  {_cut(reason)}")
    rest = [one for one in wrong if one.words[0] not in often]
    for one in rest[:LISTED]:
        show(f"  {one.name}  {sum(run.agrees for run in one.runs)} of {len(one.runs)}  {_cut(one.words[0])}")
    if len(rest) > LISTED:
        show(f"  ... and {len(rest) - LISTED} more; --json or --report shows all")


def _cut(words: str) -> str:
    return words if len(words) <= 160 else words[:157] + "..."


def _judge_floors(found: Conformance, floors: Any) -> int:
    from mailsim.cli.app import FOUND
    from mailsim.validation.floors import below

    told = below(found, floors)
    for words in told:
        complain(words)
    return FOUND if told else 0


def _plain(found: Conformance) -> dict[str, object]:
    """The outcome as plain values."""
    return {
        "seeds": list(found.seeds),
        "programs": [
            {
                "program": one.software,
                "kind": one.kind,
                "cases": one.cases,
                "agreed": one.count.agreed,
                "repeats": one.count.of,
                "share": one.count.share,
                "itself": one.itself.share,
                "impostor": None if one.impostor is None else {"program": one.impostor.program, "share": one.impostor.score.share},
            }
            for one in found.agreements
        ],
        "cases": [
            {
                "case": one.name,
                "program": one.software,
                "place": one.place,
                "runs": [
                    {"seed": run.seed, "agrees": run.agrees, "differences": list(run.differences), "failed": run.failed} for run in one.runs
                ],
            }
            for one in found.verdicts
        ],
    }
