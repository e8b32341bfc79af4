"""The outage study against figures worked by hand from the schedules, and the laws of shared draws."""

from typing import Any

import pandas as pd
import pytest

from mailsim.errors import ScenarioError, UnknownNameError, UnsupportedError
from mailsim.study import Study, outage_study

#: columns of the runs that are no names
FIGURES = slice("seed", None)


def only(study: Study) -> pd.Series:
    """The one run of a study of one cell."""
    assert len(study.runs) == 1
    return study.runs.iloc[0]


def cell(layout: Any, length: str, **options: Any) -> pd.Series:
    given = {"target": "mx1", "senders": "postfix", "runs": 1, "messages": 200, "how": "refused", **options}
    return only(outage_study({"it": layout}, lengths=[length], **given))


# -- worked by hand


def test_five_minutes_refused_cost_postfix_senders_one_retry(layouts: Any) -> None:
    # Refused at once at age 0, tried again at the first scan (every 300 s) at age 299 s or later: between 299 and 600 s.  Any
    # message is sent within the 300 s of the outage, so its second try comes when it is over.  (The last one may be sent so
    # late that its first connection comes after the end.)
    found = cell(layouts.single(), "5m")
    assert found["messages"] == 200
    assert found["delivered_share"] == 1.0
    assert found["bounced_share"] == found["late_1h_share"] == 0.0
    assert found["tries_mean"] in (2.0, 2.0 - 1 / 200)
    assert 299 <= found["delay_p50_s"] <= 605
    assert found["delay_p50_s"] <= found["delay_p95_s"] <= 605  # 600 s and the session
    assert 299 - 2 <= found["drain_s"] <= 605  # the last but one was sent less than two parts of 1.5 s before the end


def test_seven_days_return_the_share_of_the_closed_form(layouts: Any) -> None:
    # Postfix's tries, with u the age at the first scan (0 to 300 s): u + 300, 900, 2100, 4500, then every 4200 s: 4000 s made
    # full scans of 300 s.  The first at age 5 d or more is u + 4500 + 102 * 4200 = 5 d + 900 s + u, which is L.  So a message
    # sent at s comes back if s + L < 7 d: s < 171,600 to 171,900 s, of 200 parts of 3024 s each 56 and perhaps one more.
    # The closed form (D - L) / D with the mean L of 5 d 17.5 min is 28.4 %.
    found = cell(layouts.single(), "7d")
    assert found["bounced_share"] in (56 / 200, 57 / 200)
    assert found["bounced_share"] + found["delivered_share"] == 1.0
    assert pd.isna(found["delay_p95_s"])  # more than 5 % never arrive


def test_exim_returns_mail_between_its_last_rule_and_the_try_after_it(layouts: Any) -> None:
    # The retry rule ends after 4 d; within its last step a host is tried every 6 h, at queue runs every 30 min.  So L lies
    # between 4 d and 4 d 6.5 h, and of 5 d between (120 - 102.5) / 120 and (120 - 96) / 120 comes back.
    found = cell(layouts.single(), "5d", senders="exim")
    assert 17.5 / 120 - 1 / 200 <= found["bounced_share"] <= 24 / 120 + 1 / 200


def test_mail_of_an_hour_waits_for_the_rest_of_it_and_one_interval(layouts: Any) -> None:
    # Postfix doubles: the try after the end comes at an age of at most twice the age at the end and two scans; the oldest
    # message is 1 h old then.  Half of the mail is sent in the first half hour and waits half an hour or more.
    found = cell(layouts.single(), "1h")
    assert found["bounced_share"] == 0.0
    assert 1800 <= found["delay_p50_s"] <= 2 * 1800 + 600
    assert found["delay_p95_s"] <= 2 * 3600 + 600


def test_a_backup_that_keeps_mail_longer_than_the_outage_returns_nothing(layouts: Any) -> None:
    found = cell(layouts.backup(queue_lifetime="10d"), "7d")
    assert found["delivered_share"] == 1.0
    assert found["bounced_share"] == found["censored_share"] == 0.0
    assert found["peak_queue"] >= 199  # refused at once, so all of it waits at mx2 (the last one may arrive with the end)
    assert found["peak_queue_gb"] == pytest.approx(found["peak_queue"] * 60.797e3 / 1e9, rel=1e-3)


def test_senders_that_give_up_first_are_saved_by_the_backup(layouts: Any) -> None:
    study = outage_study(
        {"single": layouts.single(), "backup": layouts.backup(queue_lifetime="10d")},
        target="mx1", lengths=["7d"], senders="postfix", runs=2, messages=200, how="refused",
    )  # fmt: skip
    assert study.table["bounced_share"].tolist() == [pytest.approx(0.2825, abs=0.003), 0.0]


def test_a_permanent_error_returns_everything_at_once(layouts: Any) -> None:
    found = cell(layouts.single(), "1h", how="5xx")
    assert found["bounced_share"] in (1.0, 199 / 200)  # the last one may connect after the end
    assert found["tries_mean"] == 1.0
    assert found["drain_s"] < 10


# -- what a cell is


def test_every_message_is_sent_within_the_outage_and_counted(layouts: Any) -> None:
    study = outage_study({"it": layouts.single()}, target="mx1", lengths=["5m", "2d"], runs=2, messages=60)
    assert study.runs["messages"].tolist() == [60] * 4
    assert study.table["messages"].tolist() == [120, 120]
    # 100 % is not there after an hour but for what was sent in the last hour or so of 48
    assert study.table["late_1h_share"].iloc[1] > 0.9


def test_faults_and_traffic_of_the_layout_do_not_count(layouts: Any) -> None:
    values = layouts.values()
    values["nodes"]["world"] = {"kind": "senders"}
    busy = layouts.single(
        nodes=values["nodes"],
        traffic=[{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 50, "until": "3h"}],
        faults=[{"kind": "outage", "target": "mx1", "start": "2h", "length": "9d", "how": "5xx"}],
    )
    found = cell(busy, "1h", to="postmaster@example.com")
    assert found["messages"] == 200
    assert found["bounced_share"] == 0.0


# -- shared draws


def test_equal_layouts_differ_in_nothing(layouts: Any) -> None:
    study = outage_study({"one": layouts.backup(), "two": layouts.backup()}, target="mx1", lengths=["1h", "6d"], runs=2, messages=100)
    one, two = (study.runs[study.runs["layout"] == name].loc[:, FIGURES].reset_index(drop=True) for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_the_order_of_layouts_and_lengths_changes_no_figure(layouts: Any) -> None:
    a, b = layouts.single(), layouts.backup()
    options: dict[str, Any] = {"target": "mx1", "runs": 2, "messages": 50}
    there = outage_study({"a": a, "b": b}, lengths=["1h", "6h"], **options)
    back = outage_study({"b": b, "a": a}, lengths=["6h", "1h"], **options)
    key = ["layout", "length_s", "run"]
    first, second = (study.runs.astype({"layout": str, "length": str}).sort_values(key, ignore_index=True) for study in (there, back))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert there.manifest()["trace_hash"] == back.manifest()["trace_hash"]


def test_a_layout_alone_has_the_figures_that_it_has_in_company(layouts: Any) -> None:
    options: dict[str, Any] = {"target": "mx1", "lengths": ["6h"], "runs": 1, "messages": 50}
    alone = outage_study({"a": layouts.single()}, **options)
    together = outage_study({"b": layouts.backup(), "a": layouts.single()}, **options)
    assert only(alone)["trace_hash"] == together.runs.iloc[1]["trace_hash"]


def test_a_seed_repeats_its_runs_and_another_does_not(layouts: Any) -> None:
    options: dict[str, Any] = {"target": "mx1", "lengths": ["1h"], "messages": 50}
    marks = [outage_study({"a": layouts.single()}, runs=2, seed=seed, **options).runs["trace_hash"].tolist() for seed in (5, 5, 6)]
    assert marks[0] == marks[1]
    assert marks[2][0] == marks[0][1]  # run k has the seed plus k
    assert marks[2][1] not in marks[0]


# -- refused


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"runs": 0}, UnsupportedError, "runs=0: the least is 1"),
        ({"messages": 0}, UnsupportedError, "messages=0"),
        ({"lengths": []}, UnsupportedError, "one or more different lengths"),
        ({"lengths": ["1h", "60m"]}, UnsupportedError, "different lengths"),
        ({"lengths": ["0s"]}, UnsupportedError, "longer than 0"),
        ({"lengths": ["one hour"]}, UnsupportedError, "lengths: "),
        ({"senders": {"postfx": 1}}, ScenarioError, "did you mean 'postfix'"),
        ({"senders": {}}, UnsupportedError, "senders"),
        ({"senders": "cloud"}, UnknownNameError, "unknown sender mix 'cloud'"),
        ({"target": "mx7"}, ScenarioError, "layout 'a'"),
        ({"how": "sulking"}, ScenarioError, "sulking"),
        ({"to": "nobody"}, ScenarioError, "nobody"),
    ],
)
def test_a_study_of_nothing_is_refused_with_the_reason(layouts: Any, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        outage_study({"a": layouts.single()}, **{"target": "mx1", "lengths": ["1h"], "runs": 1, "messages": 5, **options})
    assert text in str(caught.value)


def test_layouts_without_titles_are_refused(layouts: Any) -> None:
    for wrong in ({}, [layouts.single()], "single-mx"):
        with pytest.raises(UnsupportedError, match="layouts is a mapping of titles to scenarios"):
            outage_study(wrong, target="mx1", runs=1)


def test_lengths_may_be_one_text(layouts: Any) -> None:
    study = outage_study({"a": layouts.single()}, target="mx1", lengths="5m, 1h", runs=1, messages=5)
    assert study.table["length_s"].tolist() == [300.0, 3600.0]
