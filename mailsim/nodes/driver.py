"""Runs a resolver or stub machine on the engine's clock: sends its questions, rings its alarms, passes on its answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from mailsim.draws import Distribution
from mailsim.events import EVENT_COLUMNS, Event
from mailsim.nodes.dnsnetwork import DNS_ORDER
from mailsim.nodes.lookups import PROTOCOL_NUMBERS, TYPE_NUMBERS
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Question
from mailsim.rules.dns.machine import Action, Alarm, Chance, Machine, Send, Trouble
from mailsim.rules.reasons import Why

__all__ = ["Driver", "Reply", "chance_of"]

#: place of the reason in an event row
_WHY = [column.name for column in EVENT_COLUMNS].index("why")

#: what a client of a machine is: it is called with the answer and the instant at which the machine gave it
Reply: TypeAlias = Callable[[Answer, int], None]


def chance_of(world: World, name: str) -> Chance:
    """Uniform draws by purpose for one program, the next one at each call: one stream a purpose."""
    turns: dict[str, int] = {}
    draws = world.draws

    def chance(purpose: str) -> float:
        turn = turns.get(purpose, 0)
        turns[purpose] = turn + 1
        return draws.uniform(f"dns {name} {purpose}", turn)

    return chance


class Driver:
    """One machine of a node.

    Parameters
    ----------
    world : World
        The engine.
    name : str
        The node that the machine runs at.
    machine : Machine
        The program.  Its clients are :data:`Reply` functions.
    far : Distribution
        Round-trip time of name servers that are not declared as nodes.
    """

    def __init__(self, world: World, name: str, machine: Machine, far: Distribution) -> None:
        self.machine = machine
        self._world = world
        self._name = name
        self._number = world.log.name(name)
        self._far = far

    def ask(self, question: Question, t_us: int, reply: Reply) -> None:
        """A client asks at the clock's instant; ``reply`` may be called before this returns, later, or never."""
        self._perform(self.machine.asked(reply, question, t_us), t_us)

    def _perform(self, actions: list[Action], t_us: int) -> None:
        world = self._world
        for action in actions:
            if isinstance(action, Send):
                row = self._write_down(action, t_us) if action.proto != "open" else None
                why = world.dns.send(self._name, action, t_us, partial(self._heard, action.number), self._far)
                if row is not None:
                    world.log.rows[row + _WHY] = why
            elif isinstance(action, Alarm):
                world.spawn(self._rung(action), DNS_ORDER)
            else:
                client: Any = action.client
                client(action.answer, t_us)

    def _heard(self, number: int, what: Answer | Trouble, t_us: int) -> None:
        self._perform(self.machine.heard(number, what, t_us), t_us)

    def _rung(self, alarm: Alarm) -> Life:
        yield max(alarm.at_us, self._world.now)
        self._perform(self.machine.rang(alarm.what, alarm.at_us), self._world.now)

    def _write_down(self, sent: Send, t_us: int) -> int | None:
        """The row of a question, before anything that it brings about; gives its place."""
        log = self._world.log
        place: int | None = None
        if log.rows is not None:
            place = len(log.rows)
            question = sent.question
            log.rows.extend(
                (
                    t_us,
                    -1,
                    -1,
                    Event.ASKED,
                    self._number,
                    log.name(sent.server),
                    TYPE_NUMBERS.get(question.rtype, 0),
                    0,
                    PROTOCOL_NUMBERS[sent.proto],
                    Why.NONE,
                    0,
                    log.name(question.name),
                )
            )
        return place
