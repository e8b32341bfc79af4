"""The register of ways to work off a queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest

from mailsim.flavours.models import MtaFigures
from mailsim.nodes.mta import HostWorkers, QueueRuns, RoutesDiscipline
from mailsim.nodes.mta import disciplines as room


class Fake:
    """Keeps whom it was made for."""

    def __init__(self, mta: Any) -> None:
        self.mta = mta


def mta(word: str) -> Any:
    return SimpleNamespace(figures=SimpleNamespace(discipline=word))


def test_a_class_is_known_under_its_word_and_made_anew_for_each_mta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_REGISTER", dict(room._REGISTER))
    assert room.discipline("by_hand")(cast(Any, Fake)) is cast(Any, Fake)  # a decorator that leaves the class as it is
    one, other = mta("by_hand"), mta("by_hand")
    made = [cast(Any, room.discipline_of(who)) for who in (one, other)]
    assert [type(each) for each in made] == [Fake, Fake]
    assert made[0].mta is one
    assert made[1].mta is other


def test_without_a_discipline_there_are_timers() -> None:
    assert room.discipline_of(mta("timers")) is None


def test_every_word_that_a_flavour_may_say_is_known() -> None:
    words = set(get_args(MtaFigures.model_fields["discipline"].annotation)) - {"timers"}
    assert words == set(room._REGISTER)
    assert set(room._REGISTER.values()) == {HostWorkers, QueueRuns, RoutesDiscipline}
