"""The figures of one run, read off a log of seven messages written by hand (see small_logs)."""

from math import isnan

import numpy as np
import pytest

from mailsim.results.metrics import ordinary, sent_during_faults
from mailsim.study.figures import COMPARED, QUANTITIES, STUDIED, queue_figures, run_figures
from small_logs import outage_log

LOG = outage_log(level="messages")
DURING = ordinary(LOG) & sent_during_faults(LOG)  # messages 1 stored, 2 bounced, 3 rejected, 4 still queued
OVER_US = 4_200_000_000


def test_shares_name_what_became_of_each_quarter() -> None:
    found = run_figures(LOG, DURING)
    assert {name: found[f"{name}_share"] for name in ("delivered", "bounced", "rejected", "censored")} == {
        "delivered": 0.25,
        "bounced": 0.25,
        "rejected": 0.25,
        "censored": 0.25,
    }


def test_mail_still_under_way_makes_later_shares_and_the_mean_delay_unknown() -> None:
    found = run_figures(LOG, DURING)
    assert found["late_1h_share"] == 1.0  # the one that arrives needs 3802 s, and 4 was watched for 6000 s
    assert isnan(found["late_4h_share"])
    assert isnan(found["late_24h_share"])
    assert isnan(found["delay_mean_s"])


def test_a_delay_that_too_few_reach_is_missing() -> None:
    found = run_figures(LOG, DURING)
    assert isnan(found["delay_p50_s"])  # one of four arrives
    assert isnan(found["delay_p95_s"])


def test_delays_count_from_sent_to_stored() -> None:
    arrived = np.zeros_like(DURING)
    arrived[[0, 1, 5]] = True  # 3 s, 3802 s, 3 s
    found = run_figures(LOG, arrived)
    assert found["delay_p50_s"] == 3.0
    assert found["delay_p95_s"] == 3802.0
    assert found["delay_mean_s"] == pytest.approx(3808 / 3)
    assert found["late_1h_share"] == pytest.approx(1 / 3)
    assert found["late_4h_share"] == 0.0


def test_tries_are_a_mean_over_all_messages() -> None:
    assert run_figures(LOG, DURING)["tries_mean"] == (3 + 3 + 0 + 2) / 4


def test_the_queue_peak_is_taken_from_the_first_mx_to_the_mailbox_or_the_return() -> None:
    # in our queues: 1 from 732 to 4502 s, 2 from 1032 to 4000 s, 4 from 2032 s on; of 1000, 1000 and 5000 octets
    found = queue_figures(LOG, DURING, over_us=OVER_US)
    assert found["peak_queue"] == 3
    assert found["peak_queue_gb"] == pytest.approx(7000 / 1e9)
    without = DURING.copy()
    without[4] = False
    assert queue_figures(LOG, without, over_us=OVER_US)["peak_queue"] == 2


def test_the_drain_ends_with_the_last_message_and_is_unknown_while_one_is_under_way() -> None:
    assert isnan(queue_figures(LOG, DURING, over_us=OVER_US)["drain_s"])
    without = DURING.copy()
    without[4] = False
    assert queue_figures(LOG, without, over_us=OVER_US)["drain_s"] == 302.0  # 4502 s, after an end at 4200 s
    assert queue_figures(LOG, without, over_us=5_000_000_000)["drain_s"] == 0.0


def test_an_empty_cohort_has_no_figures_and_no_queue() -> None:
    nobody = np.zeros_like(DURING)
    assert all(isnan(value) for value in run_figures(LOG, nobody).values())
    found = queue_figures(LOG, nobody, over_us=OVER_US)
    assert found["peak_queue"] == 0
    assert isnan(found["drain_s"])


def test_every_figure_is_described_once() -> None:
    made = run_figures(LOG, DURING) | queue_figures(LOG, DURING, over_us=OVER_US)
    assert set(made) == set(QUANTITIES) == set(STUDIED)
    assert set(COMPARED) == set(run_figures(LOG, DURING))
    assert all(quantity.words and quantity.meaning for quantity in QUANTITIES.values())
