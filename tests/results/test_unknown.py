"""Mail whose sender's schedule is known no further: counted by itself, and nothing is told of the time after it."""

from __future__ import annotations

from functools import cache

import mailsim
from mailsim.results.metrics import arrival_curve, shares
from small_worlds import MTA, com, outage

ZONE = com("@ MX 10 mx", "mx A 192.0.2.1")
H = 3_600_000_000


@cache
def result() -> mailsim.Result:
    """Ten messages an hour over eight hours in which mx says 451: Gmail's last known attempt is at the age of 7 h 14 min 46 s.

    So of the 80 messages, six minutes apart, those of the first 45 minutes are unknown: seven; the rest is delivered.
    """
    return mailsim.load(
        {
            "name": "unknown",
            "zones": [ZONE],
            "nodes": {
                "world": {"kind": "senders", "mix": {"gmail-2016": 1}},
                "mx": {**MTA, "final_for": ["example.com"]},
                "dns": {"kind": "resolver"},
            },
            "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 80, "until": "8h", "size": "10 kB"}],
            "faults": [outage("mx", "0s", length="8h", how="4xx", stage="rcpt")],
        }
    ).run(seed=1)


def test_unknown_mail_is_a_share_of_its_own() -> None:
    found = shares(result().log)
    assert (found.total, found.unknown, found.delivered, found.bounced, found.censored) == (80, 7 / 80, 73 / 80, 0.0, 0.0)


def test_conservation_counts_it() -> None:
    found = result().conservation
    assert found.ok
    assert (found.mail.unknown, found.mail.queued, found.mail.stored) == (7, 0, 73)
    assert repr(found).endswith("+ 7 unknown")


def test_no_share_is_told_beyond_the_first_unknown_fate() -> None:
    """As censored mail it would be taken to fare like the rest, all of which arrived within 7 h 15 min."""
    curve = arrival_curve(result().log)
    assert curve.unknown == 7
    assert 7.24 * H < curve.known_until_us < 7.26 * H
    assert curve.share_within(24 * H) is None
    assert curve.quantile_us(0.95) is None
    within = curve.share_within(7 * H)
    assert within is not None
    assert within <= 73 / 80
    assert curve.quantile_us(0.5) is not None
    assert curve.max_us is not None


def test_the_headline_says_unknown_where_figures_are() -> None:
    text = repr(result().summary())
    rows = {line.split("  ")[0]: line.split()[-1] for line in text.splitlines() if "  " in line}
    assert rows["not there after 24h"] == "unknown"
    assert rows["95 % in the mailbox within"] == "unknown"
    assert rows["unknown (the sender's schedule is known no further)"] == "%"
    assert result().summary().as_dict()["unknown"] == 7


def test_the_table_and_the_story_say_it_in_words() -> None:
    table = result().messages
    assert (table["state"] == "unknown").sum() == 7
    story = str(result().explain(0))
    assert "unknown from 7h 14m 47s on, because nobody has seen what this sender does after its last known attempt" in story
    assert "this was the last attempt that anybody has seen" in story
