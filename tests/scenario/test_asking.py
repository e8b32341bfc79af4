"""What traffic asks of reports: shorthands, what can't be asked, and that traffic which asks nothing is written as ever."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mailsim
from mailsim.errors import ScenarioError
from mailsim.rules.dsn import NOTHING_ASKED, Request
from mailsim.scenario import schema
from small_worlds import MTA, com, world


def values(**asked: Any) -> dict[str, Any]:
    server = {**MTA, "final_for": ["example.com"]}
    found = world(com("@ MX 10 mx1", "mx1 A 192.0.2.1"), {"mx1": server}, to=["bob@example.com", "eve@example.com"])
    found["traffic"][0].update(asked)
    return found


def line(**asked: Any) -> Any:
    return mailsim.load(values(**asked)).traffic[0]


def test_words_stand_once_and_in_order_and_never_is_none_of_them() -> None:
    assert line(notify=["delay", "success", "delay"]).request("bob@example.com").notify == ("success", "delay")
    assert line(notify="failure").request("bob@example.com").notify == ("failure",)
    assert line(notify="never").request("bob@example.com").notify == ()
    assert line().request("bob@example.com") == NOTHING_ASKED
    assert (line().asks, line(notify="never").asks, line(envelope_id="1").asks) == (False, True, True)


def test_recipients_are_asked_about_one_by_one() -> None:
    asking = line(notify={"bob@example.com": "never"}, original_recipients={"eve@example.com": "eva@example.net"}, return_content="full")
    assert asking.request("bob@example.com") == Request((), "full", None, None)
    assert asking.request("eve@example.com") == Request(None, "full", None, "eva@example.net")
    assert asking.request("eve@example.com").words == ("failure", "delay")


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"notify": ["never", "success"]}, "never stands alone"),
        ({"notify": []}, "write never"),
        ({"notify": ["sucess"]}, "did you mean 'success'"),
        ({"notify": {"bop@example.com": "never"}}, "bob@example.com"),
        ({"original_recipients": {"zoe@example.com": "a@example.net"}}, "zoe@example.com is no recipient"),
        ({"envelope_id": "two\nlines"}, "printable ASCII"),
        ({"envelope_id": "x" * 101}, "100"),
        ({"return_content": "body"}, "full"),
        ({"notify": "success", "null_sender": True}, "nobody can be told"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_its_place(asked: dict[str, Any], what: str) -> None:
    with pytest.raises(ScenarioError, match=what) as caught:
        line(**asked)
    assert all(problem.path.startswith("traffic") for problem in caught.value.problems)


def test_nobody_to_tell_may_be_said_of_mail_from_the_null_sender() -> None:
    assert line(notify="never", null_sender=True).asks


def test_traffic_that_asks_nothing_is_written_as_ever_and_what_is_asked_decides_the_digest() -> None:
    plain, asking = mailsim.load(values()), mailsim.load(values(notify="success"))
    assert "notify" not in plain.traffic[0].model_dump(mode="json")
    assert asking.traffic[0].model_dump(mode="json")["notify"] == ["success"]
    assert line(notify="never").model_dump(mode="json")["notify"] == "never"
    assert plain.digest() != asking.digest()
    assert mailsim.load(asking.model_dump(mode="json", by_alias=True)).digest() == asking.digest()


@pytest.mark.parametrize("notify", ["never", "success", ["success", "delay"], {"bob@example.com": "never"}])
def test_the_schema_takes_what_the_model_takes(notify: Any) -> None:
    Draft202012Validator(schema()).validate(values(notify=notify))


@pytest.mark.parametrize("notify", [["success", "failures"], {"bob@example.com": ["never", "success"]}, 5])
def test_a_wrong_word_is_complained_about_once(notify: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        line(notify=notify)
    assert len(caught.value.problems) == 1
