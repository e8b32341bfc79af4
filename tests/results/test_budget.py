"""Where the time from send to read went: worked out by hand, and adding up for every message of random worlds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import mailsim
from mailsim.errors import UnsupportedError
from mailsim.events import State
from mailsim.results.budget import PARTS, MeanBudget, latency_parts, mean_budgets
from mailsim.results.metrics import cohorts
from reading_worlds import device, reading
from small_logs import S, outage_log
from small_worlds import MTA, com, outage
from strategies import worlds

TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 198.51.100.2", "imap A 192.0.2.3")
BACKUP = {**MTA, "relays_for": ["example.com"]}


def parts(values: dict[str, Any]) -> dict[str, list[int]]:
    """The parts of each message in milliseconds."""
    _, found = latency_parts(mailsim.load(values).run().log)
    return {part: [int(us) // 1000 if us >= 0 else -1 for us in values] for part, values in found.items()}


def test_an_undisturbed_message() -> None:
    """Submission 0.55 s, relay 0.45 s, LMTP 0.45 s, push 0.15 s."""
    expected = {"submit": [550], "queue": [0], "resolve": [0], "relay": [450], "onward": [0], "store": [450], "fetch": [150]}
    assert parts(reading({"desk": device()})) == expected


def test_looking_names_up_is_a_part_of_its_own() -> None:
    """The resolver's stub costs 30 ms a question: one for submission; MX and A for the relay; the reader's is not the message's."""
    values = reading({"desk": device()})
    values["nodes"]["dns"]["parameters"]["stub_delay"] = "30ms"
    found = parts(values)
    assert (found["submit"], found["resolve"], found["relay"], found["queue"]) == ([580], [60], [450], [0])


def test_a_backup_that_waits_for_the_primary_is_the_way_onward() -> None:
    """mx1 refuses until 10 min: 0.1 s for the refusal and 0.45 s for mx2, which has the message at 1.1 s.  It tries mx1 at once, then
    at its scan of 600 s; mx1 has it at 600.45 s.
    """
    found = parts(reading({}, outage("mx1", "0s", length="10m", how="refused"), zone=TWO, nodes={"mx2": BACKUP}))
    assert found == {
        "submit": [550], "queue": [0], "resolve": [0], "relay": [550], "onward": [600_450 - 1_100], "store": [450], "fetch": [-1],
    }  # fmt: skip


def test_time_outs_are_contact_and_the_pause_between_attempts_is_queue() -> None:
    """Silent until 10 min, no backup: 30 s of time-out from 0.55 s on; not before 330.55 s, which is the scan of 600 s: 0.45 s more."""
    found = parts(reading({"desk": device()}, outage("mx1", "0s", length="10m")))
    assert (found["relay"], found["queue"]) == ([30_450], [600_000 - 30_550])
    assert sum(values[0] for values in found.values()) == 600_450 + 450 + 150


def test_the_table_says_the_same_in_seconds() -> None:
    row = mailsim.load(reading({"desk": device()})).run().latency_budget().iloc[0]
    assert row["recipient"] == "bob@example.com"
    assert [round(row[f"{part}_s"], 6) for part in PARTS] == [0.55, 0, 0, 0.45, 0, 0.45, 0.15]
    assert round(row["total_s"], 6) == 1.6


def test_it_needs_event_rows() -> None:
    with pytest.raises(UnsupportedError, match="latency_budget"):
        mailsim.load(reading({})).run(level="messages").latency_budget()


@settings(deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds())
def test_the_parts_of_every_message_add_up_exactly(world: dict[str, Any]) -> None:
    log = mailsim.load(world).run().log
    rows, found = latency_parts(log)
    table = log.messages
    stored = [k for k, state in enumerate(table["state"]) if state == State.STORED and table["parent"][k] < 0]
    assert rows.tolist() == stored
    for k, row in enumerate(rows.tolist()):
        mine = [int(found[part][k]) for part in PARTS]
        assert min(mine[:-1]) >= 0
        assert sum(mine[:-1]) == table["stored_us"][row] - table["sent_us"][row]
        read = table["fetched_us"][row]
        assert mine[-1] == (-1 if read < 0 else read - table["stored_us"][row])


def test_the_means_of_cohorts_of_the_small_log() -> None:
    """Mail 1 (sent during the fault): 1 s to isp, 31 s in contact, then with mx2 until mx1 has it at 4501 s: 3769 s; 1 s; read after 98 s.

    All mail: 0 and 5 take 1 s each for submit, relay and store; read are 0 (7 s) and 1 (98 s).
    """
    log = outage_log()
    during, every = mean_budgets(log, [cohort.mask for cohort in cohorts(log)])
    assert during == MeanBudget(
        {"submit": S, "queue": 0, "resolve": 0, "relay": 31 * S, "onward": 3769 * S, "store": S, "fetch": 98 * S}, 1, 1, 3802 * S
    )
    assert every.parts_us == {
        "submit": S, "queue": 0, "resolve": 0, "relay": 11 * S, "onward": pytest.approx(3769 * S / 3), "store": S, "fetch": 52.5 * S
    }  # fmt: skip
    assert (every.stored, every.read, every.median_us) == (3, 2, 3 * S)
    assert every.to_mailbox_us == pytest.approx((3 + 3802 + 3) * S / 3)


def test_the_means_of_nothing_are_nought() -> None:
    log = outage_log()
    (none,) = mean_budgets(log, [cohorts(log)[0].mask & False])
    assert (none.stored, none.read, none.median_us, sum(none.parts_us.values())) == (0, 0, 0, 0)
