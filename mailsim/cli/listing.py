"""The commands that run nothing: ``check``, ``scenarios``, ``incidents`` and ``schema``."""

from __future__ import annotations

from typing import Any

import click

from mailsim.cli.show import complain, show, show_json, show_table
from mailsim.errors import MailsimError, ScenarioError
from mailsim.language import say

__all__ = ["check", "incidents", "scenarios", "schema"]

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")
#: findings of these severities make ``check`` exit with 1
ALARMING = frozenset({"error", "warning"})


@click.command()
@click.argument("files", metavar="FILE|NAME...", nargs=-1, required=True)
@AS_JSON
@click.option("--quiet", is_flag=True, help="Print nothing but errors (and --json).")
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Validate scenarios without running them; list what is risky in them.

    Exit code 2: a file is wrong; 1: there are findings of severity error or warning; 0: neither.
    """
    reports = [_checked(file) for file in files]
    if as_json:
        show_json(reports)
    for report in reports:
        for problem in report["problems"]:
            complain(problem["text"])
        if not as_json and not quiet and not report["problems"]:
            _show_report(report)
    found = [one for report in reports for one in report["findings"] if one["severity"] in ALARMING]
    context.exit(2 if any(report["problems"] for report in reports) else 1 if found else 0)


def _checked(file: str) -> dict[str, Any]:
    """What there is to say about one file."""
    from mailsim.findings import findings
    from mailsim.scenario import load

    report: dict[str, Any] = {"file": file, "name": None, "problems": [], "findings": [], "notes": []}
    try:
        scenario = load(file)
        report["name"] = scenario.name
        report["notes"] = list(scenario.notes())
        report["findings"] = [
            {
                "severity": one.severity,
                "where": one.where,
                "what": one.what,
                "mend": one.mend,
                "source": one.source,
                "number": one.number,
            }
            for one in findings(scenario)
        ]
    except ScenarioError as error:
        report["problems"] = [
            {"file": one.file or file, "line": one.line, "column": one.column, "path": one.path, "what": one.what, "text": str(one)}
            for one in error.problems
        ]
    except MailsimError as error:
        report["problems"] = [{"file": file, "line": 0, "column": 0, "path": "", "what": str(error), "text": str(error)}]
    return report


def _show_report(report: dict[str, Any]) -> None:
    number = len(report["findings"])
    show(say("cli.well_formed", file=report["file"], name=report["name"], count=number, number=number))
    for one in report["findings"]:
        show(f"  {say('findings.grade_' + one['severity'])}: {one['where']}: {one['what']}")
        show(f"    {one['mend']} ({one['source']})")
    for note in report["notes"]:
        show("  " + say("cli.note", note=note))


@click.command()
@AS_JSON
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with mailsim, each with its lesson."""
    from mailsim.scenario import scenario_index

    known = scenario_index()
    if as_json:
        show_json([{"name": one.name, "lesson": one.lesson, "question": one.question} for one in known])
        return
    rows = [(one.name, "" if one.question is None else str(one.question), one.lesson) for one in known]
    show_table(rows, header=("name", "question", "lesson"))


@click.command()
@AS_JSON
def incidents(as_json: bool) -> None:
    """List the incidents and test servers that a fault of kind incident or chaos repeats."""
    from mailsim.scenario.faults import chaos_tools
    from mailsim.scenario.faults import incidents as known_incidents
    from mailsim.units import duration

    known = [("incident", one) for one in known_incidents().values()] + [("chaos", one) for one in chaos_tools().values()]
    if as_json:
        show_json(
            [
                {
                    "kind": kind,
                    "name": one.name,
                    "what": one.what,
                    "windows_s": [[start / 1e6, end / 1e6] for start, end in one.windows],
                    "faults": list(one.faults),
                    "source": one.source,
                    "assumed": one.assumed,
                    "lacks": one.lacks,
                }
                for kind, one in known
            ]
        )
        return
    rows = [(kind, one.name, duration(one.length_us) if one.windows else "", one.what) for kind, one in known]
    show_table(rows, header=("kind", "name", "length", "what happens"))


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and validators."""
    from mailsim.scenario import schema as scenario_schema

    show_json(scenario_schema())
