"""What the checks found, as a list that people can look at: how bad, where, what, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mailsim.findings.view import SEVERITIES, Finding
from mailsim.language import counted, listed, printable, say
from mailsim.markup import Markup, card, joined, tag

__all__ = ["Findings"]

#: beside the word, so that nothing hangs on a colour
_MARKS = {"error": "✗", "warning": "⚠", "note": "ℹ"}


class Findings(list[Finding]):
    """A list of findings that shows itself: a line each in a terminal, blocks in a notebook."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        super().__init__(found)

    @property
    def headline(self) -> str:
        """How many of which severity."""
        grades = Counter(one.severity for one in self)
        told = [say(f"findings.{grade}", count=grades[grade], number=counted(grades[grade])) for grade in SEVERITIES if grades[grade]]
        return listed(told) if told else say("findings.none")

    def __repr__(self) -> str:
        told = (f"{say(f'findings.grade_{one.severity}')}: {one.where}: {one.what}; {one.mend} ({one.source})" for one in self)
        return "\n".join([self.headline, *(printable(line) for line in told)])

    __str__ = __repr__

    def html(self) -> Markup:
        """The findings one below the other, every text escaped."""
        return joined(map(_block, self))

    def _repr_html_(self) -> str:
        return str(card([self.html()], kind=say("findings.kind"), name=self.headline))


def _block(one: Finding) -> Markup:
    grade = f"{_MARKS[one.severity]} {say(f'findings.grade_{one.severity}')}"
    top = joined((tag("span", grade, class_="kind"), " ", tag("b", one.where)))
    mend = f"{say('findings.mend')}: {one.mend}"
    source = f"{say('findings.source')}: {one.source}"
    lines = (top, tag("div", one.what), tag("div", mend), tag("div", source, class_="foot"))
    return tag("div", joined(lines), class_=f"finding {one.severity}")
