"""The examples of a run are completed by the Tab key and asked for by name or by call."""

from __future__ import annotations

import copy
from functools import cache

import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import speaking
from mailsim.results import Result


@cache
def outage() -> Result:
    """Two messages: one that takes the other way while mx1 is down, one that goes straight."""
    values = mailsim.load("primary-outage").values(given=True)
    sender, recipient = values["traffic"][0]["from"], values["traffic"][0]["to"]
    traffic = [{"kind": "at", "from": sender, "to": recipient, "times": ["2h", "6h"]}]
    return mailsim.load({**values, "traffic": traffic}).run(level="events")


def completed(text: str, *, jedi: bool, **names: object) -> set[str]:
    completer = IPCompleter(shell=None, namespace=names, global_namespace={}, use_jedi=jedi)
    with provisionalcompleter():
        return {one.text.lstrip(".") for one in completer.completions(text, len(text))}


@pytest.mark.parametrize("jedi", [False, True])
def test_tab_offers_the_kinds_of_this_run_and_nothing_else(jedi: bool) -> None:
    assert completed("result.example.", jedi=jedi, result=outage()) == {"fallback", "delayed", "slowest"}
    assert completed("result.example.f", jedi=jedi, result=outage()) == {"fallback"}


@pytest.mark.parametrize("jedi", [False, True])
def test_tab_offers_pictures_verbs_and_what_a_scenario_declares(jedi: bool) -> None:
    assert {"timeline", "latency", "queues"} <= completed("result.plot.", jedi=jedi, result=outage())
    assert {"load", "outage_study", "speak"} <= completed("ms.", jedi=jedi, ms=mailsim)
    offered = set(dir(outage().scenario))
    assert {"nodes", "faults", "run", "with_outage", "findings"} <= offered
    assert {name for name in offered if name.startswith("model_")} | (offered & {"dict", "json", "copy", "parse_obj"}) == set()
    assert {"flavour", "queue_lifetime"} <= set(dir(outage().scenario.nodes["mx2"]))


def test_by_name_and_by_call_it_is_the_same_message() -> None:
    example = outage().example
    assert example.fallback == example("fallback")
    assert (example.fallback.number, example.slowest.kind) == (0, "slowest")
    assert "mx2" in str(example.fallback.explain())


def test_what_no_message_shows_says_so() -> None:
    example = outage().example
    assert not hasattr(example, "bounced")
    with pytest.raises(AttributeError, match="no message of this run was returned to its sender"):
        _ = example.bounced
    with pytest.raises(AttributeError, match="did you mean 'fallback'"):
        _ = example.falback
    with pytest.raises(UnsupportedError, match="was returned"):
        example("bounced")
    with pytest.raises(UnknownNameError, match="did you mean 'fallback'"):
        example("falback")


def test_a_run_below_level_events_offers_what_its_messages_tell() -> None:
    assert dir(outage().scenario.run(level="messages").example) == ["slowest"]


def test_the_accessor_tells_what_there_is_in_either_language() -> None:
    assert repr(outage().example) == "examples in this run: delayed, fallback, slowest; none of: bounced, duplicate, rejected"
    with speaking("de"):
        assert repr(outage().example).startswith("Beispiele in diesem Lauf: delayed")


def test_an_accessor_can_be_copied() -> None:
    assert dir(copy.copy(outage().example)) == ["delayed", "fallback", "slowest"]
