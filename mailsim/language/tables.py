"""The tables of a language as they lie in its folder, each read once, when something is first said from it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["HOME", "SOURCE", "languages", "sentences", "topics"]

#: the language that the others are translated from, and that is spoken where a translation lacks a sentence
SOURCE = "en"

#: where the folders of the languages lie
HOME = Path(__file__).parent


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are, by their folders, in order of the alphabet.

    Examples
    --------
    >>> languages()
    ('de', 'en')
    """
    return tuple(sorted(place.name for place in HOME.iterdir() if any(place.glob("*.toml"))))


def topics(language: str) -> tuple[str, ...]:
    """The topics that a language has a table for."""
    return tuple(sorted(path.stem for path in (HOME / language).glob("*.toml")))


@cache
def sentences(language: str, topic: str) -> Mapping[str, str]:
    """The table of a topic: key to sentence, with the facts in braces; empty where the language has none.

    A list in the file (months, days of the week) becomes one key for each entry: ``months_0``, ``months_1`` ...
    """
    path = HOME / language / f"{topic}.toml"
    if not path.is_file():
        return {}
    table: dict[str, str] = {}
    for key, said in tomllib.loads(path.read_text("utf-8")).items():
        table |= {f"{key}_{k}": each for k, each in enumerate(said)} if isinstance(said, list) else {key: said}
    return table
