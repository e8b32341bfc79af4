"""Every exception that mailsim raises on purpose.

::

    MailsimError                      catch this one to catch them all
    ├── ScenarioError                 the declared world is wrong: all problems at once, each with its place
    │   └── ZoneError                 a line of a zone is wrong
    ├── UnknownNameError              no such scenario, flavour, message, table ...; says what there is
    ├── UnsupportedError              a sound request that this level, engine or installation can't serve
    └── LimitError                    a named limit stopped the run before it could hurt

Mail that fails is not an error: a refused connection, a SERVFAIL or an expired message is a row of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "LimitError",
    "MailsimError",
    "Problem",
    "ScenarioError",
    "UnknownNameError",
    "UnsupportedError",
    "ZoneError",
    "did_you_mean",
]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The tail ``; did you mean 'x'?`` for a misspelt word, or the empty string where nothing is near."""
    near = get_close_matches(str(word), sorted(set(known)), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input.

    Parameters
    ----------
    file : str
        The file's name as the user gave it, or ``""`` for a dict.
    line, column : int
        From 1; 0 where there is no text (a dict).
    path : str
        Where in the document, such as ``nodes.mx2.flavour``.
    what : str
        What is wrong and how to mend it.
    """

    file: str
    line: int
    column: int
    path: str
    what: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.path, self.what) if part)


class MailsimError(Exception):
    """Base of all errors of mailsim."""


class ScenarioError(MailsimError):
    """The declared world is wrong; ``problems`` holds everything that was found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ZoneError(ScenarioError):
    """A zone can't be read; the problem names the line."""


class UnknownNameError(MailsimError, KeyError):
    """There is no such thing; the message lists or suggests what there is."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(set(known))
        hint = did_you_mean(str(name), names)
        some = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
        self.text = f"unknown {kind} {name!r}{hint or (f'; there is: {some}' if some else '')}"
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class UnsupportedError(MailsimError):
    """A sound request that can't be served here; ``reasons`` says why, one sentence each."""

    def __init__(self, reasons: str | Sequence[str]) -> None:
        self.reasons = (reasons,) if isinstance(reasons, str) else tuple(reasons)
        super().__init__("; ".join(self.reasons))


class LimitError(MailsimError):
    """A named limit was reached: too many events, messages or names; says which and how to raise it."""
