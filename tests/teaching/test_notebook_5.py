"""What the prose of notebook 5 ("When it bounces") states is so."""

from __future__ import annotations

from pathlib import Path

import pytest

import mailsim
from mailsim import flavours, teaching

DAY = 86_400
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def spool() -> mailsim.Result:
    return mailsim.load("backup-spool-48h").run()


def test_the_world_is_as_the_cast_says(spool: mailsim.Result) -> None:
    """Silent from Monday 01:00 to Thursday 01:00; mails on Monday 02:00 and Tuesday 06:00; 48 hours at mx2."""
    (fault,) = spool.faults.to_dict("records")
    assert (fault["how"], fault["node"], fault["length_s"], f"{fault['start_at']:%a %H:%M}") == ("silent", "mx1", 3 * DAY, "Mon 01:00")
    assert [f"{at:%a %H:%M}" for at in spool.messages["sent_at"][:2]] == ["Mon 02:00", "Tue 06:00"]
    assert spool.scenario.values()["nodes"]["mx2"]["queue_lifetime"] == "2d"


def test_mondays_mail_comes_back_after_its_last_attempt_and_tuesdays_arrives(spool: mailsim.Result) -> None:
    assert spool.messages["state"].tolist()[:2] == ["bounced", "stored"]
    attempts = spool.attempts[(spool.attempts["message"] == 0) & (spool.attempts["node"] == "mx2")]
    assert [f"{at:%a %H:%M}" for at in attempts["at"]][-1] == "Wed 02:35"
    assert round((attempts["start_s"].iloc[-1] - 7_200) / 60) == 48 * 60 + 35  # "48 hours and 35 minutes old"
    assert set(attempts["outcome"]) == {"silent"}  # "mx1 never said no"


def test_the_report_holds_the_four_lines(spool: mailsim.Result) -> None:
    lines = teaching.report_about(spool, 0).splitlines()
    assert "Action: failed" in lines
    assert "Status: 4.4.1" in lines  # RFC 3463 section 3.5, X.4.1: no answer from host
    (sender,) = [line for line in lines if line.startswith("From: ") and "MAILER-DAEMON" in line]
    assert sender.endswith("@mx2.example.com>")
    assert "Last-Attempt-Date: Wed, 07 Jan 2026 02:35:00 +0100" in lines
    assert sum(line.startswith("Content-Type: ") for line in lines) == 1 + 3  # "three parts"


def test_a_permanent_answer_returns_all_mail_of_its_time_and_a_temporary_one_none() -> None:
    wrong = mailsim.load("permanent-errors-in-an-outage")
    careful = wrong.without("faults").with_outage("mx1", start="16m", length="2h22m", how="4xx")
    shares = [world.run().summary().figures[0].shares for world in (wrong, careful)]
    assert [share.bounced for share in shares] == [1, 0]
    assert shares[0].total == shares[1].total > 100  # the same mail of the same time
    (fault,) = wrong.run().faults.to_dict("records")
    assert fault["length_s"] == 2 * 3_600 + 22 * 60
    assert fault["how"].startswith("550 ")
    assert f"{fault['start_at']:%Y-%m-%d}" == "2020-12-14"


def test_the_bars_bend_at_the_lifetimes_of_exim_and_postfix() -> None:
    lengths = ["6h", "1d", "2d", "4d", "5d", "6d", "8d"]
    study = mailsim.outage_study({"mx1": "single-mx"}, target="mx1", lengths=lengths, runs=1, messages=200, progress=False)
    assert study.setting.lifetimes == {"Postfix 3.7": 5 * DAY, "Exim 4.96": 4 * DAY}
    assert sorted(study.setting.mix) == ["exim", "postfix"]
    shares = dict(zip(lengths, study.table["bounced_share"], strict=True))
    assert {shares[length] for length in lengths[:4]} == {0}  # "Up to 4 days everything arrives"; off for two days returns none
    assert (study.table["delivered_share"][:4] == 1).all()
    assert 0 < shares["5d"] < shares["6d"] < shares["8d"] < 0.5  # "even after 8 days more than half arrives"
    only = mailsim.outage_study({"mx1": "single-mx"}, target="mx1", lengths=["5d", "6d"], senders="postfix", runs=1, messages=200)
    assert only.table["bounced_share"][0] == 0 < only.table["bounced_share"][1]  # Postfix's comes back below its own line only


def test_a_backup_that_keeps_mail_for_48_hours_returns_more_of_it() -> None:
    layouts = {"mx1": "single-mx", "mx1 + mx2": mailsim.load("backup-mx").replace("nodes.mx2.queue_lifetime", "48h")}
    both = mailsim.outage_study(layouts, target="mx1", lengths=["6d"], runs=1, messages=200, progress=False)
    alone, backed = both.table["bounced_share"]
    assert backed > 2 * alone > 0
    # "A backup should keep mail for at least as long as the senders would"
    patient = mailsim.load("backup-mx").replace("nodes.mx2.queue_lifetime", "5d")
    study = mailsim.outage_study({"patient": patient}, target="mx1", lengths=["6d"], runs=1, messages=200, progress=False)
    assert study.table["bounced_share"][0] <= alone


def test_of_four_people_two_hear_within_a_day_and_ann_after_five() -> None:
    scenario = mailsim.load("when-the-sender-hears")
    flavour = {name: scenario.nodes[name].flavour for name in ("one", "two", "three", "four")}  # type: ignore[union-attr]
    assert list(flavour.values()) == ["postfix", "exim", "sendmail", "opensmtpd"]
    heard = teaching.told(scenario.run())
    assert heard[heard["after_h"] < 24]["sender"].nunique() == 2
    assert heard["sender"].nunique() == 4
    ann = heard[heard["sender"] == "ann@example.org"]
    assert ann["told"].tolist() == ["failed"]
    assert 5 * 24 < ann["after_h"].iloc[0] < 5 * 24 + 2
    delayed = heard[heard["told"] == "delayed"]["sender"].value_counts()
    assert delayed.max() > 1  # "It may come several times"
    assert (heard[heard["told"] == "failed"]["sender"].value_counts() == 1).all()  # "it comes once"
    told = teaching.told(scenario.replace("nodes.one.parameters", {"delay_notice": "4h"}).run())
    first = told[told["sender"] == "ann@example.org"].iloc[0]
    assert (first["told"], 4 <= first["after_h"] < 6) == ("delayed", True)


def test_one_typo_is_rejected_by_her_own_provider_and_the_other_comes_back() -> None:
    base = mailsim.load("first-mail")
    near, far = (base.replace("traffic[0].to", to).run() for to in ("annn@example.org", "bobb@example.com"))
    assert near.messages["state"].tolist() == ["rejected"]
    assert far.messages["state"].tolist()[0] == "bounced"
    assert teaching.told(near)[["told", "by"]].values.tolist() == [["rejected", "ann"]]
    assert teaching.told(far)[["told", "by"]].values.tolist() == [["failed", "isp"]]
    assert far.messages["ended_s"][0] - far.messages["accepted_s"][0] < 5  # "a moment later"


def test_nobody_is_told_of_a_report_that_fails(spool: mailsim.Result) -> None:
    lonely = mailsim.load("backup-spool-48h").with_outage("isp", start="36h", length="30d").run()
    assert len(lonely.reports) == 1
    (number,) = lonely.reports["report"]
    assert lonely.messages.set_index("message")["state"][number] == "discarded"
    assert "MAIL FROM:<>" in str(spool.explain(2))
    starts = lonely.faults.set_index("node")["start_at"]
    assert f"{starts['isp']:%a %H:%M}" == "Tue 12:00"


def test_a_spammers_victim_gets_72_reports() -> None:
    """``72 reports about mail that he never sent``, as the scenario's first comment says."""
    result = mailsim.load("backscatter").run()
    assert len(result.reports) == 72
    assert set(result.reports["to"]) == {"victor@example.net"}


@pytest.mark.parametrize("name", ["Ada", "Ben", "Emil", "Gero"])
def test_every_pupils_shortest_outage_lasts_until_wednesday_0235(name: str) -> None:
    mine = teaching.variant("backup-spool-48h", student=name)
    own = mine.run()
    (fault,) = own.faults.to_dict("records")
    shortest_min = (2 * 24 + 2) * 60 + 35 - round(fault["start_s"] / 60)  # minutes from its start to Wednesday 02:35
    assert 48 * 60 < shortest_min < 72 * 60  # the hint: 72 hours is long enough, 24 too short
    too_short, enough = (mine.replace("faults[0].length", f"{minutes}m").run() for minutes in (shortest_min, shortest_min + 1))
    assert teaching.told(too_short).empty
    assert teaching.told(enough)["by"].tolist() == ["mx2"]
    assert (own.messages["state"] == "bounced").any() == (fault["length_s"] > shortest_min * 60)


def test_adas_answers_are_as_the_solutions_say() -> None:
    mine = teaching.variant("backup-spool-48h", student="Ada")
    assert mine.run().faults["start_s"][0] == 39 * 60
    expected = teaching.shortest_return(mine)
    assert expected / 60 == pytest.approx(49 * 60 + 56, abs=1)
    answers = {"49 h 45 min": True, "50h": True, "48 h": False, "49 h": False}
    assert {said: teaching.check(said, expected, unit="s", tolerance="15 min").ok for said in answers} == answers


def test_the_lifetimes_to_remember_are_what_the_programs_do() -> None:
    assert {name: flavours.mta_figures(name).queue_lifetime / 86_400e6 for name in ("exim", "postfix")} == {"exim": 4, "postfix": 5}
    assert flavours.mta_figures("postfix").delay_notice is None  # postconf(5) delay_warning_time: 0h


def test_the_notebook_that_these_are_about_is_there_in_both_languages() -> None:
    assert (FOLDER / "05-when-it-bounces.ipynb").exists()
    assert (FOLDER / "de" / "05-when-it-bounces.ipynb").exists()
