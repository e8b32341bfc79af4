"""How often does the real program pass for itself, and another program for it?  The two figures beside which a score means something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mailsim.validation.agreement import differences
from mailsim.validation.cases import Case

__all__ = ["LEAST_SHARED", "Count", "Impostor", "against_itself", "impostors", "same_world"]

#: an impostor must have been recorded in at least this share of a program's cases; a handful of easy ones proves nothing
LEAST_SHARED = 0.5

#: what makes the world of a case, without the program in it
_WORLD: dict[str, tuple[tuple[str, ...], ...]] = {
    "mta": (("world", "zones"), ("world", "zone_changes"), ("world", "hosts"), ("world", "faults"), ("workload",)),
    "dns": (("zones",), ("servers",), ("changes",), ("faults",), ("queries",)),
}


class Count(NamedTuple):
    """How many of how many repeats agree."""

    agreed: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is nothing to agree."""
        return self.agreed / self.of if self.of else None

    def plus(self, other: Count) -> Count:
        """Both together."""
        return Count(self.agreed + other.agreed, self.of + other.of)


class Impostor(NamedTuple):
    """The other program that passes most often for this one."""

    program: str
    score: Count


def against_itself(case: Case) -> Count:
    """Each recorded repeat judged against the others of its case."""
    if len(case.recorded) < 2:
        return Count()
    others = ([*case.recorded[:k], *case.recorded[k + 1 :]] for k in range(len(case.recorded)))
    agreed = [not differences(case, mine, rest) for mine, rest in zip(case.recorded, others, strict=True)]
    return Count(sum(agreed), len(agreed))


def impostors(cases: Sequence[Case]) -> Mapping[str, Impostor]:
    """For each program the one that passes best for it: its recorded repeats judged as those of the program.

    Only cases of the same name in the same world are compared, and only programs that share enough of them
    (:data:`LEAST_SHARED`); a program without such another is left out.
    """
    named: dict[tuple[str, str], list[Case]] = defaultdict(list)
    number: dict[str, int] = defaultdict(int)
    for case in cases:
        if case.recorded:
            named[case.kind, case.name].append(case)
            number[case.software] += 1
    shared: dict[tuple[str, str], list[Count]] = defaultdict(list)
    for together in named.values():
        for case in together:
            for other in together:
                if other.software != case.software and same_world(case, other):
                    shared[case.software, other.software].append(_posing(case, other))
    best: dict[str, Impostor] = {}
    for (program, poser), counts in sorted(shared.items()):
        found = Impostor(poser, _total(counts))
        if len(counts) >= LEAST_SHARED * number[program] and _share(found) > _share(best.get(program)):
            best[program] = found
    return best


def same_world(case: Case, other: Case) -> bool:
    """Whether two cases differ in nothing but the program and its parameters."""
    return case.kind == other.kind and all(_part(case, path) == _part(other, path) for path in _WORLD.get(case.kind, ()))


def _part(case: Case, path: tuple[str, ...]) -> object:
    found: object = case.body
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found or None


def _posing(case: Case, other: Case) -> Count:
    return Count(sum(not differences(case, repeat) for repeat in other.recorded), len(other.recorded))


def _total(counts: Iterable[Count]) -> Count:
    total = Count()
    for count in counts:
        total = total.plus(count)
    return total


def _share(found: Impostor | None) -> float:
    return -1.0 if found is None or found.score.share is None else found.score.share
