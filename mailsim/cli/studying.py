"""The command ``study``: how much an outage of each length costs, for one layout or several beside each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailsim.cli.show import complain, show, show_json
from mailsim.errors import Problem, ScenarioError, did_you_mean
from mailsim.language import say

if TYPE_CHECKING:
    from mailsim.scenario import Scenario
    from mailsim.study import Study

__all__ = ["study"]

#: what the ``study:`` part of a scenario may say: ``layouts``, and what :func:`mailsim.study.outage_study` takes
_KEYS = ("layouts", "target", "lengths", "senders", "runs", "messages", "seed", "how", "to")


@click.command()
@click.argument("scenario", metavar="FILE|NAME")
@click.option("--target", help="What fails: a node, an address or site:x.")
@click.option("--lengths", help="Outage lengths, such as 1h,6h,2d.")
@click.option("--how", help="How it fails: silent, refused, unreachable, 4xx or 5xx.")
@click.option("--runs", type=click.IntRange(1, 100_000), help="Runs of each cell, each with draws of its own.")
@click.option("--messages", type=click.IntRange(1, 10_000_000), help="Messages of each run.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the first run.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for tables (CSV), manifest and picture.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors (and --json).")
def study(scenario: str, out: Path | None, as_json: bool, quiet: bool, lengths: str | None, **given: Any) -> None:
    """Let one target fail for several lengths and compare what becomes of the mail sent while it is down.

    The scenario's `study:` part may name layouts (shipped names or files) to compare, and defaults for the options.
    """
    from mailsim.scenario import load
    from mailsim.study import outage_study

    world = load(scenario)
    options = {**_declared(world, scenario), **{key: value for key, value in given.items() if value is not None}}
    if lengths is not None:
        options["lengths"] = [part.strip() for part in lengths.split(",")]
    layouts = _layouts(options.pop("layouts", None), world, scenario)
    if "target" not in options:
        mtas = ", ".join(name for name, node in world.nodes.items() if node.kind == "mta")
        raise ScenarioError([Problem(scenario, 0, 0, "study.target", f"say what fails with --target; the MTAs are {mtas}")])
    options.setdefault("seed", world.seed)
    found = outage_study(layouts, **options, progress=False if as_json or quiet else None)
    if as_json:
        show_json({**found.manifest(), "cells": json.loads(found.table.to_json(orient="records"))})
    elif not quiet:
        show(repr(found))
    if out is not None:
        _save(found, out, quiet=quiet)


def _declared(world: Scenario, source: str) -> dict[str, Any]:
    """The ``study:`` part, its keys checked."""
    part = dict(world.study or {})
    problems = [
        Problem(source, 0, 0, f"study.{key}", f"unknown key{did_you_mean(key, _KEYS) or '; there is: ' + ', '.join(_KEYS)}")
        for key in part
        if key not in _KEYS
    ]
    if problems:
        raise ScenarioError(problems)
    return part


def _layouts(declared: Any, world: Scenario, source: str) -> dict[str, Scenario]:
    """The layouts by title: shipped names, or files beside the scenario; by default the scenario itself."""
    from mailsim.scenario import load, scenario_names

    if declared is None:
        return {world.name: world}
    if isinstance(declared, list):
        declared = {str(name): name for name in declared}
    if not isinstance(declared, Mapping) or not declared or not all(isinstance(name, str) for name in declared.values()):
        what = "layouts are a mapping of titles to shipped names or files, such as {no backup: single-mx, backup MX: backup-mx}"
        raise ScenarioError([Problem(source, 0, 0, "study.layouts", what)])
    beside = Path(source).parent
    return {str(title): load(name if name in scenario_names() else beside / name) for title, name in declared.items()}


def _save(found: Study, out: Path, *, quiet: bool) -> None:
    from mailsim.plots.picture import png
    from mailsim.results.files import csv_text, write_whole

    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, str | bytes] = {
        "study.csv": csv_text(found.table),
        "runs.csv": csv_text(found.runs),
        "impact.png": png(found.plot.impact()),
        "manifest.json": json.dumps(found.manifest(), indent=2) + "\n",
    }
    for name, content in files.items():
        write_whole(out / name, content)
    if not quiet:
        complain(say("cli.wrote", path=out))
