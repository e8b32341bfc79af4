"""Faults that repeat something known: an incident that happened, or a test server that fails on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from mailsim.errors import did_you_mean
from mailsim.scenario.faults.base import FAULT_KINDS, Effect, FaultDeclaration, Ground, fault_kind
from mailsim.scenario.faults.presets import Preset, chaos_tools, incidents
from mailsim.scenario.faults.when import Window

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Chaos", "Incident"]

#: parts of one fault have numbers so far apart: no scenario has so many faults
_APART = 1 << 20


class _Known(FaultDeclaration):
    """A fault by the name of a preset, at ``target``."""

    name: str
    target: str

    _called: ClassVar[str]

    @classmethod
    def presets(cls) -> Mapping[str, Preset]:
        """What it may be, by name."""
        raise NotImplementedError

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in cls.presets():
            near = did_you_mean(name, cls.presets()) or f"; there are {', '.join(cls.presets())}"
            raise ValueError(f"no {cls._called} is called {name[:60]!r}{near}")
        return name

    @property
    def preset(self) -> Preset:
        """What it repeats."""
        return self.presets()[self.name]

    def _one_end(self) -> None:
        several = len(self.preset.windows) > 1
        if several and (self.length is not None or self.until is not None):
            raise ValueError(f"{self.name} holds {len(self.preset.windows)} times; take length and until out")
        if not self.preset.windows or self.length is not None or self.until is not None:
            super()._one_end()

    @model_validator(mode="after")
    def _not_several(self) -> _Known:
        if len(self.preset.windows) > 1 and (self.every or self.drawn or self.log):
            raise ValueError(f"{self.name} holds {len(self.preset.windows)} times itself; say only when it starts")
        return self

    def label(self, member: str = "") -> str:
        """As that of all faults: its name says what it is and is not given to share draws."""
        return f"{self.kind} {self.name} {member or ' '.join(self.where.split())}"

    @property
    def end_us(self) -> int:
        """The first instant at which it is over."""
        given = self.length is not None or self.until is not None
        return super().end_us if given else self.start + self.preset.length_us

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return f"{self.name} ({self.preset.what})"

    def given(self) -> dict[str, Any]:
        """What the fault says for all its parts."""
        return {}

    def parts(self) -> list[FaultDeclaration]:
        """The faults that it is made of."""
        whole = {"target": self.target, "length": "1s", **self.given()}
        return [FAULT_KINDS[part["kind"]].model_validate({**part, **whole}) for part in self.preset.faults]

    def planned(self, starts: str) -> dict[str, Sequence[Window]]:
        """As all faults; by itself as long as what it repeats."""
        once = self.every is None and self.drawn is None and self.log is None
        if once and self.length is None and self.until is None:
            return {"": [Window(self.start + start, self.start + end) for start, end in self.preset.windows]}
        return super().planned(starts)

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """Those of all its parts."""
        for k, part in enumerate(self.parts()):
            yield from part.effects(ground, number + k * _APART)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """What any part asks for; each thing is told once."""
        told = set()
        for part in self.parts():
            for path, what, row in part.check(sight, at):
                if what not in told:
                    told.add(what)
                    yield path if path[-1] == "target" else (*at, "name"), what, row


@fault_kind("incident")
class Incident(_Known):
    """What happened once, happens again: ``{kind: incident, name: gmail-2020a, target: mx1, start: 1d}``.

    It lasts as long as it did, unless ``length`` or ``until`` say otherwise.  ``mailsim incidents`` lists all with their sources.

    Parameters
    ----------
    name : str
        Which incident, such as ``y2k22``.
    target : str
        What it happens to: what failed then, such as an MTA, or a mail store.
    """

    kind: Literal["incident"]
    _called = "incident"

    @classmethod
    def presets(cls) -> Mapping[str, Preset]:
        """The incidents by name."""
        return incidents()


@fault_kind("chaos")
class Chaos(_Known):
    """A server fails as a known test server does: ``{kind: chaos, name: jim, target: mx1, length: 1d}``.

    Parameters
    ----------
    name : str
        ``jim`` (MailHog), ``mailpit``, ``kumomta-sink``, ``smtp-sink-hard``, ``-soft``, ``-421`` or ``-drop`` (Postfix).
    target : str
        An MTA, its address, ``site:x`` or ``group:x``.
    probability : float, optional
        For those that have none of their own: the share of the sessions.
    stage : str, optional
        For those of smtp-sink: at which command.
    """

    kind: Literal["chaos"]
    probability: Annotated[float, Field(gt=0, lt=1)] | None = None
    stage: Literal["greeting", "ehlo", "mail", "rcpt", "data", "eod"] | None = None
    _called = "test server"

    @classmethod
    def presets(cls) -> Mapping[str, Preset]:
        """The test servers by name."""
        return chaos_tools()

    def given(self) -> dict[str, Any]:
        """Probability and stage."""
        return {key: value for key in ("probability", "stage") if (value := getattr(self, key)) is not None}

    @model_validator(mode="after")
    def _takes(self) -> Chaos:
        preset = self.preset
        for key in self.given():
            if key not in preset.takes:
                what = f"takes {' and '.join(preset.takes)}" if preset.takes else "has its own figures"
                raise ValueError(f"{self.name} {what}; take {key} out")
        for key in preset.needs:
            if key not in self.given():
                raise ValueError(f"{self.name} needs {key}")
        return self
