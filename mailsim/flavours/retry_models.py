"""The retry schedules that a flavour can name, told apart by ``kind``: validated figures that give a pure policy."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mailsim.declared import Declared, Duration
from mailsim.rules.retry import (
    AgeClampedPolicy,
    AgeStepsPolicy,
    BurstPolicy,
    EveryRunPolicy,
    ExponentialPolicy,
    GivingUp,
    HostRecordPolicy,
    LadderPolicy,
    ListedPolicy,
    QuadraticPolicy,
    RootPolicy,
    RuleStep,
)

__all__ = [
    "AgeClamped",
    "AgeStep",
    "AgeSteps",
    "Bursts",
    "Evenly",
    "EveryRun",
    "Exponential",
    "GiveUp",
    "HostRecords",
    "Ladder",
    "Listed",
    "Quadratic",
    "Retry",
    "RetryStep",
    "Root",
]

Positive = Annotated[Duration, Field(gt=0)]


class _Schedule(Declared):
    """Base of the schedules: most have no grid, and one schedule for all mail."""

    def local_policy(self) -> QuadraticPolicy | None:
        """The schedule of final delivery into a mail store, where that is another one."""
        return None

    @property
    def grid_us(self) -> int:
        """The interval of queue runs, 0 for a schedule that needs none."""
        return 0

    @property
    def jittered(self) -> bool:
        """Whether each wait needs a draw."""
        return False


class AgeClamped(_Schedule):
    """Postfix: wait for the message's age, clamped, then for the next queue scan."""

    kind: Literal["age_clamped"]
    minimum: Duration
    maximum: Duration
    scan: Positive

    @property
    def grid_us(self) -> int:
        """The interval of queue scans."""
        return self.scan

    def policy(self) -> AgeClampedPolicy:
        """The schedule as a pure rule."""
        return AgeClampedPolicy(self.minimum, self.maximum, self.scan)


class RetryStep(Declared):
    """One step of an Exim retry rule: ``F,until,interval`` or ``G,until,interval,factor``."""

    kind: Literal["F", "G"]
    until: Duration
    interval: Positive
    factor: Annotated[float, Field(ge=1)] = 1.0


class HostRecords(_Schedule):
    """Exim: retry times per host since the host's first failure, looked at in queue runs."""

    kind: Literal["host_records"]
    steps: tuple[RetryStep, ...] = Field(min_length=1)
    interval_max: Duration
    scan: Positive
    runners: Annotated[int, Field(ge=1)] = 5

    @property
    def grid_us(self) -> int:
        """The interval of queue runs."""
        return self.scan

    def policy(self) -> HostRecordPolicy:
        """The schedule as a pure rule."""
        steps = tuple(RuleStep(s.kind, s.until, s.interval, s.factor) for s in self.steps)
        return HostRecordPolicy(steps, self.interval_max)


class EveryRun(_Schedule):
    """sendmail: every queue run tries every message whose last attempt began ``minimum_age`` ago."""

    kind: Literal["every_run"]
    scan: Positive
    minimum_age: Duration = 0

    @property
    def grid_us(self) -> int:
        """The interval of queue runs."""
        return self.scan

    def policy(self) -> EveryRunPolicy:
        """The schedule as a pure rule."""
        return EveryRunPolicy(self.scan, self.minimum_age)


class Quadratic(_Schedule):
    """OpenSMTPD: retries when the message is ``base`` (``local_base`` for mailboxes of its own) times 1, 4, 9, 16 ... old."""

    kind: Literal["quadratic"]
    base: Positive
    local_base: Positive | None = None

    def policy(self) -> QuadraticPolicy:
        """The schedule as a pure rule."""
        return QuadraticPolicy(self.base)

    def local_policy(self) -> QuadraticPolicy | None:
        """The schedule of final delivery."""
        return None if self.local_base is None else QuadraticPolicy(self.local_base)


class Root(_Schedule):
    """qmail: the root of the age in seconds, plus ``skip``, squared."""

    kind: Literal["root"]
    skip: Annotated[int, Field(ge=1, le=10_000)]

    def policy(self) -> RootPolicy:
        """The schedule as a pure rule."""
        return RootPolicy(self.skip)


class Ladder(_Schedule):
    """Waits one by one; the last one repeats."""

    kind: Literal["ladder"]
    waits: tuple[Positive, ...] = Field(min_length=1)

    def policy(self) -> LadderPolicy:
        """The schedule as a pure rule."""
        return LadderPolicy(self.waits)


class AgeStep(Declared):
    """The wait of messages younger than ``below``."""

    below: Positive
    wait: Positive


class AgeSteps(_Schedule):
    """chasquid: waits by the message's age, with up to ``jitter`` on top."""

    kind: Literal["age_steps"]
    steps: tuple[AgeStep, ...]
    last: Positive
    jitter: Duration = 0

    @property
    def jittered(self) -> bool:
        """Whether each wait needs a draw."""
        return self.jitter > 0

    def policy(self) -> AgeStepsPolicy:
        """The schedule as a pure rule."""
        return AgeStepsPolicy(tuple((step.below, step.wait) for step in self.steps), self.last, self.jitter)


class Exponential(_Schedule):
    """Each wait is ``factor`` times the one before; the jitter is drawn from ``base`` less ``early`` to ``base`` plus ``late``."""

    kind: Literal["exponential"]
    base: Positive
    factor: Annotated[float, Field(ge=1, le=100)]
    cap: Duration | None = None
    early: Duration = 0
    late: Duration = 0
    jitter_grows: bool = False
    whole: bool = False
    from_start: bool = False

    @property
    def jittered(self) -> bool:
        """Whether each wait needs a draw."""
        return self.early + self.late > 0

    def policy(self) -> ExponentialPolicy:
        """The schedule as a pure rule."""
        figures = (self.base, self.factor, self.cap or 0, -self.early, self.late)
        return ExponentialPolicy(*figures, whole=self.whole, jitter_grows=self.jitter_grows, from_start=self.from_start)


class Bursts(_Schedule):
    """Courier: ``beta`` attempts ``alpha`` apart, then ``gamma`` doubled up to ``maxdelta`` times."""

    kind: Literal["bursts"]
    alpha: Positive
    beta: Annotated[int, Field(ge=1)]
    gamma: Positive
    maxdelta: Annotated[int, Field(ge=0, le=30)]
    as_manual: bool = False

    def policy(self) -> BurstPolicy:
        """The schedule as a pure rule."""
        return BurstPolicy(self.alpha, self.beta, self.gamma, self.maxdelta, self.as_manual)


class Evenly(Declared):
    """A stretch of a list that its source leaves out: ``evenly`` so many retries, evenly spaced, the last of them at ``until``."""

    evenly: Annotated[int, Field(ge=1, le=100_000)]
    until: Positive


class Listed(_Schedule):
    """Measured retries by the message's age; what comes after the last one nobody knows."""

    kind: Literal["listed"]
    ages: tuple[Positive | Evenly, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Listed:
        ends = [age.until if isinstance(age, Evenly) else age for age in self.ages]
        if any(later <= earlier for earlier, later in pairwise(ends)):
            raise ValueError("the ages of a listed schedule ascend")
        return self

    def instants(self) -> tuple[tuple[int, bool], ...]:
        """Every age with whether it is interpolated (microseconds)."""
        found: list[tuple[int, bool]] = []
        for entry in self.ages:
            if isinstance(entry, Evenly):
                start = found[-1][0] if found else 0
                gap = entry.until - start
                found += [(start + gap * k // entry.evenly, k < entry.evenly) for k in range(1, entry.evenly + 1)]
            else:
                found.append((entry, False))
        return tuple(found)

    def policy(self) -> ListedPolicy:
        """The schedule as a pure rule."""
        return ListedPolicy(tuple(age for age, _ in self.instants()))


#: any schedule, told apart by ``kind``
Retry = Annotated[
    AgeClamped | AgeSteps | Bursts | EveryRun | Exponential | HostRecords | Ladder | Listed | Quadratic | Root,
    Field(discriminator="kind"),
]


class GiveUp(Declared):
    """How a message is given up: see :mod:`mailsim.rules.retry.giving_up`; ``attempts`` limits their number."""

    way: Literal["after_attempt", "begun_too_late", "timer", "before_wait", "at_wake"] = "after_attempt"
    attempts: Annotated[int, Field(ge=1)] | None = None
    whole_seconds: bool = False

    def rule(self) -> GivingUp:
        """As a pure rule."""
        return GivingUp(self.way, self.attempts or 0, self.whole_seconds)
