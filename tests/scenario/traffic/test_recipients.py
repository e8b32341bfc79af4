"""Who sends to whom: weights, numbered members, fan-out, bursts; and how many messages that makes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.scenario import load
from mailsim.scenario.arrivals import Arrivals, expected_messages
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, NET, com, run, world
from traffic_worlds import declared, sent, values

S = 1_000_000
ANN = {"from": "ann@example.org"}


def drawn(mail: Arrivals) -> Counter[str]:
    """Messages by recipient."""
    return Counter(mail.lines[line].recipients[0] for line in mail.line)


def test_one_recipient_is_drawn_by_weight_for_each_message() -> None:
    mail = sent({"kind": "spread", "count": 10_000, "until": "1d", "to": {"bob@example.com": 0.9, "eve@example.net": 0.1}})
    assert all(len(line.recipients) == 1 for line in mail.lines)
    # binomial: standard deviation sqrt(10,000 * 0.9 * 0.1) = 30; four of them: 6 false alarms in 100,000
    assert abs(drawn(mail)["bob@example.com"] - 9_000) < 120
    assert sum(drawn(mail).values()) == 10_000


def test_senders_are_drawn_by_weight_and_independently_of_recipients() -> None:
    line = {"kind": "spread", "count": 10_000, "until": "1d"}
    mail = sent({**line, "from": {"ann@example.org": 1, "world": 3}, "to": {"bob@example.com": 1, "eve@example.com": 1}})
    pairs = Counter((mail.lines[n].node, mail.lines[n].recipients[0]) for n in mail.line)
    # each pair has the product of its shares; four standard deviations of a binomial
    for (node, _), count in pairs.items():
        share = (0.25 if node == "ann" else 0.75) / 2
        assert abs(count - 10_000 * share) < 4 * (10_000 * share * (1 - share)) ** 0.5
    assert len(pairs) == 4


def test_drawing_disturbs_neither_instants_nor_sizes() -> None:
    line = {"kind": "poisson", "rate": "1/min", "until": "1d", "size": "mail"}
    plain, weighted = (
        sent(line),
        sent({**line, "from": {"ann@example.org": 1, "world": 1}, "to": {"bob@example.com": 1, "eve@example.com": 2}}),
    )
    assert (plain.sent_us, plain.size) == (weighted.sent_us, weighted.size)


def test_members_are_numbered_and_shared_by_several_domains() -> None:
    line = {"kind": "burst", "at": 0, "fan_out": "each", "members": 10, "to": {"m{n}@example.com": 0.7, "m{n}@example.net": 0.3}}
    found = [mail.lines[n].recipients for mail in [sent(line)] for n in mail.line]
    assert found == [(f"m{n}@example.com",) for n in range(1, 8)] + [(f"m{n}@example.net",) for n in range(8, 11)]


def test_a_mailing_to_each_member_has_one_size() -> None:
    mail = sent({"kind": "burst", "at": "1h", "count": 2, "fan_out": "each", "members": 3, "to": "m{n}@example.com", "size": "mail"})
    assert list(mail.sent_us) == [3600 * S] * 6
    assert len(set(mail.size[:3])) == len(set(mail.size[3:])) == 1
    assert mail.size[0] != mail.size[3]


def test_one_member_is_drawn_evenly_where_that_is_asked_for() -> None:
    mail = sent({"kind": "spread", "count": 5_000, "until": "1d", "members": 5, "to": "m{n}@example.com", "fan_out": "one"})
    # each a fifth: standard deviation sqrt(5,000 * 0.2 * 0.8) = 28.3
    assert len(drawn(mail)) == 5
    assert all(abs(count - 1_000) < 113 for count in drawn(mail).values())


def test_a_burst_lies_within_its_while_and_fills_it_evenly() -> None:
    mail = sent({"kind": "burst", "at": "1h", "count": 4_000, "within": "2m"})
    assert list(mail.sent_us) == sorted(mail.sent_us)
    assert 3600 * S <= mail.sent_us[0] <= mail.sent_us[-1] < 3720 * S
    early = sum(t < 3660 * S for t in mail.sent_us)
    assert abs(early - 2_000) < 4 * 1_000**0.5  # binomial with 1/2: standard deviation sqrt(1,000)


COM = com("@ MX 10 mx1", "mx1 A 192.0.2.10")


def mailing(**line: Any) -> dict[str, Any]:
    """ann writes to three of example.com and two of example.net."""
    nodes = {"mx1": {**MTA, "final_for": ["example.com"]}, "mx": {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}}
    made = world(COM, nodes)
    made["zones"].append(NET)
    to = {"m{n}@example.com": 3, "m{n}@example.net": 2}
    made["traffic"] = [{"kind": "burst", **ANN, "at": 0, "members": 5, "to": to, "size": "10 kB", **line}]
    return made


def test_one_envelope_is_split_by_domain() -> None:
    found = run(mailing(fan_out="envelope"))
    assert (len({d.message for d in found.deliveries}), len(found.deliveries)) == (1, 5)
    # in isp's queue at 0.6 s; one session of 0.5 s to each domain, however many recipients: RCPT commands are pipelined
    assert [host for _, host, _ in found.tries()] == ["mx1", "mx"] or [host for _, host, _ in found.tries()] == ["mx", "mx1"]
    assert {State(d.state) for d in found.deliveries} == {State.STORED}


def test_one_message_for_each_member_takes_a_session_each() -> None:
    found = run(mailing(fan_out="each"))
    assert (len({d.message for d in found.deliveries}), len(found.deliveries)) == (5, 5)
    assert Counter(host for _, host, _ in found.tries()) == {"mx1": 3, "mx": 2}
    assert {r.t_us for r in found.of(Event.SENT)} == {0}
    assert {State(d.state) for d in found.deliveries} == {State.STORED}


@pytest.mark.parametrize("fan_out", ["envelope", "each", "one"])
def test_fan_out_gives_the_same_mail_at_every_level(fan_out: str) -> None:
    scenario = load(mailing(fan_out=fan_out, count=8, within="30s"))
    assert scenario.run(level="events").trace_hash == scenario.run(level="messages").trace_hash


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ({"kind": "burst", "at": 0, "count": 7}, 7),
        ({"kind": "burst", "at": 0, "count": 7, "members": 4, "to": "m{n}@example.com"}, 7),
        ({"kind": "burst", "at": 0, "count": 7, "members": 4, "to": "m{n}@example.com", "fan_out": "each"}, 28),
        ({"kind": "periodic", "every": "7m", "until": "1h", "to": ["a@example.com", "b@example.com"], "fan_out": "each"}, 18),  # 9 instants
        ({"kind": "spread", "count": 11, "until": "1h", "to": {"a@example.com": 1, "b@example.com": 1}}, 11),
        ({"kind": "at", "times": ["1h", "2h"]}, 2),
        ({"kind": "replay", "csv": "instant,to\n1,a@example.com b@example.com\n2,\n"}, 2),
        ({"kind": "replay", "csv": "instant,to\n1,a@example.com b@example.com\n2,\n", "fan_out": "each"}, 3),
    ],
)
def test_as_many_messages_are_expected_as_there_are(line: dict[str, Any], count: int) -> None:
    assert expected_messages(compiled(declared(line))) == count
    assert len(sent(line).sent_us) == count


def test_a_scenario_without_the_new_keys_is_written_without_them() -> None:
    line = values({"kind": "at", "times": ["1h"]})["traffic"][0]
    written = declared(line).values()["traffic"][0]
    assert list(written) == ["from", "to", "size", "null_sender", "kind", "times"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"to": "m{n}@example.com"}, "traffic[0]: m{n}@example.com is a pattern; say how many there are, such as members: 500"),
        (
            {"to": ["m{n}@example.com", "bob@example.com"], "members": 5},
            "traffic[0]: with members every address is a pattern, such as member{n}@example.com, not bob@example.com",
        ),
        (
            {"to": {"bob@example.com": 1, "eve@example.com": 1}, "fan_out": "each"},
            "traffic[0]: weights draw one of the recipients for each message; with fan_out: each write to as a list",
        ),
        ({"to": {"bob@example.com": 0}}, "traffic[0].to[bob@example.com]: 0 is too small; it must be more than 0"),
        ({"to": {"bob": 1}}, "traffic[0].to.bob: 'bob' is not a mail address; write for example ann@example.org"),
        ({"from": {"wrold": 1, "world": 1}}, "traffic[0].from.wrold: no client has the address 'wrold'; did you mean 'world'?"),
        ({"fan_out": "evry"}, "traffic[0].fan_out: 'evry' is not possible here; write 'envelope', 'each' or 'one'"),
        (
            {"members": 100_000, "to": "m{n}@example.com", "count": 2_000},
            "traffic[0]: with this there are about 2e+08 deliveries (messages times recipients); the most is 100,000,000",
        ),
        (
            {"members": 100_000, "to": "m{n}@example.com", "count": 2_000, "fan_out": "each"},
            "traffic[0]: with this there are about 2e+08 messages; the most is 100,000,000",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_way_to_mend_it(line: dict[str, Any], what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        declared({"kind": "burst", "at": 0, **line})
    assert str(caught.value) == what
