"""What every line of traffic has: who sends, to whom, how large; and what an engine asks of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer, model_validator

from mailsim.declared import Duration, MailAddress
from mailsim.draws import Distribution, Draws, Stream
from mailsim.language import numeral, say
from mailsim.scenario.asking import Asking
from mailsim.scenario.document import Path
from mailsim.scenario.traffic.sizes import Size, Sizes
from mailsim.scenario.traffic.weights import Weight, apportioned, bounds_of, drawn_index
from mailsim.units import Instant, clock

__all__ = ["MOST_MEMBERS", "Origins", "Recipients", "Source", "TrafficBase", "Windowed"]

#: no line of traffic has more recipients that are numbered
MOST_MEMBERS = 100_000

#: what stands for the number of a recipient
_NUMBER = "{n}"


class Source(NamedTuple):
    """What a line of traffic draws from: the run's draws, its number in the file, and the calendar at 0."""

    draws: Draws
    number: int
    starts: Instant

    def stream(self, what: str, distribution: Distribution) -> Stream[int]:
        """A stream of the line's own."""
        return self.draws.stream(f"traffic {self.number} {what}", distribution)

    def uniforms(self, what: str) -> Stream[float]:
        """A stream of numbers in [0, 1) of the line's own."""
        return self.draws.uniforms(f"traffic {self.number} {what}")


def _shape(value: object) -> str:
    return "weights" if isinstance(value, dict) else "plain"


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


#: one who sends, or several with weights
Origins = Annotated[Annotated[str, Tag("plain")] | Annotated[dict[str, Weight], Field(min_length=1), Tag("weights")], Discriminator(_shape)]
#: addresses, or addresses with weights
Recipients = Annotated[
    Annotated[tuple[MailAddress, ...], Field(min_length=1), Tag("plain")]
    | Annotated[dict[MailAddress, Weight], Field(min_length=1), Tag("weights")],
    Discriminator(_shape),
    BeforeValidator(_one_or_more),
]


class TrafficBase(Asking):
    """What all traffic has.

    ``from`` is a client's address, the name of a ``senders`` node, or several of these with weights, of which one is drawn
    for each message.  ``null_sender``: the envelope sender is empty, as that of reports and automatic replies (RFC 5321
    section 4.5.5).  ``sender``: the envelope sender is this address and not that of who sends: a forged one, for instance.
    ``to`` is one address, several, or several with weights.  ``members: 500`` makes addresses of a pattern:
    ``member{n}@example.com`` is numbered from 1 to 500, several patterns share the 500 by weight.  ``fan_out`` says what
    becomes of several: ``envelope`` one message to all of them (the default for a list), ``each`` one message for each,
    ``one`` one message to one of them, which is drawn (the default where there are weights).
    """

    from_: Origins = Field(alias="from")
    to: Recipients
    size: Size = Field(default_factory=Sizes)
    null_sender: bool = False
    sender: MailAddress | None = None
    members: Annotated[int, Field(ge=1, le=MOST_MEMBERS)] | None = None
    fan_out: Literal["envelope", "each", "one"] | None = None

    @model_validator(mode="after")
    def _addressed(self) -> TrafficBase:
        if self.null_sender and self.sender is not None:
            raise ValueError("null_sender and sender exclude each other: the envelope has one sender")
        patterns = [address for address in self.to if _NUMBER in address]
        if patterns and self.members is None:
            raise ValueError(f"{patterns[0]} is a pattern; say how many there are, such as members: 500")
        if self.members is not None and len(patterns) < len(self.to):
            plain = next((address for address in self.to if _NUMBER not in address), "to")
            raise ValueError(f"with members every address is a pattern, such as member{{n}}@example.com, not {plain}")
        if self.members is not None and not self.to:
            raise ValueError("members number the recipients; write for example to: member{n}@example.com")
        if self.members is None and isinstance(self.to, dict) and self.fan_out in ("envelope", "each"):
            raise ValueError(f"weights draw one of the recipients for each message; with fan_out: {self.fan_out} write to as a list")
        return self

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is not used: a scenario has the digest that it had before there were these keys."""
        unused = {"members": None, "sender": None, "fan_out": None, "to": (), "from": "", "from_": "", "file": None}
        unused |= dict.fromkeys(Asking.model_fields)
        found: dict[str, Any] = handler(self)
        return {key: value for key, value in found.items() if key not in unused or (value and value != unused[key])}

    @property
    def origins(self) -> tuple[str, ...]:
        """Everything that ``from`` names."""
        return tuple(self.from_) if isinstance(self.from_, dict) else (self.from_,) if self.from_ else ()

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The recipients of ``to``, patterns written out."""
        if self.members is None:
            return tuple(self.to)
        weights = list(self.to.values()) if isinstance(self.to, dict) else [1.0] * len(self.to)
        found: list[str] = []
        for pattern, count in zip(self.to, apportioned(self.members, weights), strict=True):
            found += [pattern.replace(_NUMBER, str(n)) for n in range(len(found) + 1, len(found) + count + 1)]
        return tuple(found)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address that mail may go to."""
        return self.listed

    @property
    def spread(self) -> Literal["envelope", "each", "one"]:
        """What becomes of several recipients."""
        return self.fan_out or ("one" if isinstance(self.to, dict) else "envelope")

    def senders(self, source: Source, *, early: bool = False) -> Callable[[int], str]:
        """Who sends the ``k``-th time; ``early`` for what flows before the scenario starts, with draws of its own."""
        origins = self.origins
        if not isinstance(self.from_, dict):
            return lambda k: origins[0]
        bounds, drawn = bounds_of(list(self.from_.values())), source.uniforms("earlier sender" if early else "sender")
        return lambda k: origins[drawn_index(bounds, drawn.at(k))]

    def envelopes(self, source: Source, *, early: bool = False) -> Callable[[int], list[tuple[str, ...]]]:
        """The recipients of each message of the ``k``-th time; ``early`` as for :meth:`senders`."""
        listed = self.listed
        if self.spread != "one":
            always: list[tuple[str, ...]] = [listed] if self.spread == "envelope" else [(one,) for one in listed]
            return lambda k: always
        weighted = list(self.to.values()) if isinstance(self.to, dict) and self.members is None else [1.0] * len(listed)
        bounds, drawn = bounds_of(weighted), source.uniforms("earlier recipient" if early else "recipient")
        return lambda k: [(listed[drawn_index(bounds, drawn.at(k))],)]

    @property
    def alike(self) -> bool:
        """Whether every message has the same sender and recipients."""
        return len(self.origins) == 1 and (self.spread == "envelope" or len(self.listed) == 1)

    def octets(self, source: Source, *, early: bool = False) -> Callable[[int], int]:
        """How large the ``k``-th message is."""
        return source.stream("earlier size" if early else "size", self.size.distribution()).at

    def named(self, starts: Instant) -> Iterator[tuple[Path, str, int]]:
        """What ``from`` names: place below the line, name, and the row of a text (0: none)."""
        for name in self.from_ if isinstance(self.from_, dict) else (self.from_,) if self.from_ else ():
            yield (("from", name) if isinstance(self.from_, dict) else ("from",)), name, 0

    def wrong(self, starts: Instant) -> Iterator[tuple[Path, str, int]]:
        """What is wrong with the line beyond its shape: place below it, what, and the row of a text (0: none)."""
        yield from ()

    @abstractmethod
    def instants(self, source: Source) -> Iterator[int]:
        """When it sends, microseconds since the start, in order of time."""

    def earlier(self, source: Source, warm_up_us: int) -> list[tuple[int, int]]:
        """What it sent in the warm-up before the start: (index, instant), both negative; nothing unless it is steady."""
        return []

    @abstractmethod
    def times_sent(self, starts: Instant) -> float:
        """About how many times it sends."""

    def messages(self, starts: Instant) -> float:
        """About how many messages it sends."""
        return self.times_sent(starts) * (len(self.listed) if self.spread == "each" else 1)

    def deliveries(self, starts: Instant) -> float:
        """About how many deliveries that makes: messages times recipients."""
        return self.times_sent(starts) * (1 if self.spread == "one" else len(self.listed))

    @abstractmethod
    def said(self) -> str:
        """When and how often, in words."""

    def said_to(self) -> str:
        """To whom, in words."""
        if isinstance(self.to, dict):
            to = ", ".join(f"{address} {weight:g}" for address, weight in self.to.items())
        else:
            to = ", ".join(self.to)
        return to if self.members is None else say("portrait.members", recipients=to, count=self.members, spread=self.spread)


class Windowed(TrafficBase):
    """Traffic with a window from ``start`` until ``until``, which each kind declares after what is its own."""

    if TYPE_CHECKING:
        start: Duration
        until: Duration

    def wrong(self, starts: Instant) -> Iterator[tuple[Path, str, int]]:
        """The window runs forwards."""
        if self.until <= self.start:
            yield ("until",), f"until ({clock(self.until)}) must lie after start ({clock(self.start)})", 0

    def said_window(self) -> str:
        """The window in words."""
        return say("portrait.window", start=numeral(clock(self.start)), end=numeral(clock(self.until)))
