"""The timeline shows each attempt on the lane of the server that was tried, and tells the headline."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from mailsim.events import ConditionSpan, State
from mailsim.plots.marks import COLUMNS, CROWD
from mailsim.plots.tale import tale_of
from mailsim.plots.timeline import describe_timeline, timeline
from mailsim.results import Result
from mailsim.scenario import load
from small_logs import S, outage_log, small_result, small_scenario


def without_bounce() -> Result:
    log = outage_log()
    log.messages["state"][2], log.messages["ended_us"][2], log.messages["holder"][2] = State.QUEUED, -1, log.names.index("mx2")
    return Result(small_scenario(), 7, log)


def test_lanes_follow_the_path_and_leave_out_who_has_nothing_to_show() -> None:
    ax = small_result().plot.timeline()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ann", "isp", "mx1\nMX 10", "mx2\nMX 20", "boxes\nmailbox", "bob"]


def test_attempts_lie_on_the_lane_of_the_server_that_was_tried_with_who_tried_and_how_it_went() -> None:
    lane = next(lane for lane in tale_of(small_result()).lanes if lane.node == "mx1")
    found = {(mark.row, mark.look): mark.t_s.tolist() for mark in lane.marks}
    assert found == {
        ("from isp", "ok"): [101, 5001],
        ("from isp", "silence"): [701, 1001, 2001],
        ("from mx2", "ok"): [4500],
        ("from mx2", "silence"): [732, 1032, 2032, 3970],
    }


def test_mail_that_was_more_than_an_hour_late_looks_different_in_the_mailbox() -> None:
    lane = next(lane for lane in tale_of(small_result()).lanes if lane.node == "boxes")
    assert {mark.look: mark.t_s.tolist() for mark in lane.marks} == {"stored": [103, 5003], "late": [4502]}


def test_the_way_of_the_first_returned_mail_is_drawn_where_one_was_returned() -> None:
    tale = tale_of(small_result())
    assert tale.way == ((1000, "ann"), (1001, "isp"), (1032, "mx2"), (4000, "mx2"))
    assert tale.way_word == "returned"


def test_else_the_way_of_the_slowest_mail() -> None:
    tale = tale_of(without_bounce())
    assert tale.way == ((700, "ann"), (701, "isp"), (732, "mx2"), (4501, "mx1"), (4502, "boxes"), (4600, "bob"))
    assert (tale.sent_s, tale.latency_s, tale.fault, tale.after_fault_s) == (700, 3802, "mx1", 302)


def test_the_title_says_what_happened() -> None:
    said = timeline(small_result()).get_title().replace("\n", " ")
    assert said == "Of 4 mails sent during the fault, 1 came back as undeliverable, the first after 50 min."
    assert timeline(without_bounce()).get_title() == "Mail sent at 00:11 waited longest: until 5 min after mx1 was back."


def test_a_slow_mail_that_got_round_the_fault_is_told_as_such() -> None:
    result = without_bounce()
    result.log.conditions[:] = [ConditionSpan("mx1", "mx1", "silent", 600 * S, 5000 * S)]
    assert timeline(result).get_title() == "The slowest mail, sent at 00:11, took 63 min while mx1 was out."


@pytest.mark.parametrize(
    ("how", "end_s", "said"),
    [
        ("slow by 20s", 5000, "took 63 min during a fault (mx1: slow by 20s)."),
        ("takes mail and keeps it", 4200, "waited longest: until 5 min after a fault was over (mx1: takes mail and keeps it)."),
        ("down, queue lost", 4200, "waited longest: until 5 min after mx1 was back."),
        ("refused, service restarts", 5000, "took 63 min while mx1 was out."),
    ],
)
def test_a_server_that_is_not_out_is_not_said_to_be(how: str, end_s: int, said: str) -> None:
    result = without_bounce()
    result.log.conditions[:] = [ConditionSpan("mx1", "mx1", how, 600 * S, end_s * S)]
    assert timeline(result).get_title().replace("\n", " ").endswith(said)


def test_without_a_fault_mail_that_was_refused_is_told() -> None:
    result = without_bounce()
    result.log.conditions.clear()
    assert timeline(result).get_title().replace("\n", " ") == "1 of 6 mails entered no queue: the server refused and told the user."


def test_without_a_fault_or_a_refusal_the_slowest_mail_is_told() -> None:
    result = without_bounce()
    result.log.conditions.clear()
    result.log.messages["state"][3], result.log.messages["ended_us"][3] = State.SUBMITTING, -1
    assert timeline(result).get_title() == "3 of 6 mails arrived; the slowest, sent at 00:11, took 63 min."


def test_of_two_faults_the_title_names_the_one_that_the_mail_met() -> None:
    # home keeps ann's own mailbox, which nobody looks into: that it refuses for longer concerns no mail
    faults = [
        {"kind": "outage", "target": "mx1", "start": "30m", "length": "1h", "how": "silent"},
        {"kind": "outage", "target": "home", "start": "30m", "length": "9h", "how": "refused"},
    ]
    slow = load("client-side-fallback").replace("faults", faults).run()
    assert "mx1" in timeline(slow).get_title()
    assert "home" not in timeline(slow).get_title()


def test_where_nothing_arrived_mail_that_a_crash_destroyed_is_told_too() -> None:
    silent = {"kind": "outage", "target": "mx1", "start": "0s", "length": "2h"}
    crash = {"kind": "crash", "target": "isp", "queue": "lost", "start": "5m", "length": "1h"}
    twice = load("first-mail").replace("traffic[0].times", ["1m", "2m"]).replace("faults", [silent, crash]).run()
    assert timeline(twice).get_title() == "None of 2 mails arrived: 0 rejected, 0 still under way, 2 lost."
    german = timeline(twice, language="de").get_title().replace("\n", " ")
    assert german == "Von 2 Mails kam keine an: 0 abgewiesen, 0 noch unterwegs, 2 verloren gegangen."


def test_the_description_tells_lanes_faults_failures_and_the_queue() -> None:
    text = describe_timeline(small_result())
    assert text.startswith("Timeline with a lane for each of ann, isp, mx1, mx2, boxes, bob. Wrong: mx1 (silent, 1 h) from 00:10.")
    assert text.endswith("Attempts that failed: 7. The queue of mx2 peaks at 3 at 00:34.")


def test_a_window_shows_only_that_stretch() -> None:
    ax = small_result().plot.timeline(window=("10m", "20m"))
    assert ax.get_xlim() == (600, 1200)
    shown = np.concatenate([np.asarray(marks.get_offsets())[:, 0] for marks in ax.collections if isinstance(marks, PathCollection)])
    # sent 700, 1000; accepted 701, 1001; tried from isp 701, 731, 1001, 1031 and from mx2 732, 1032
    assert sorted(shown.tolist()) == [700, 701, 701, 731, 732, 1000, 1001, 1001, 1031, 1032]


@pytest.mark.parametrize("level", ["messages"])
def test_without_event_rows_there_is_still_a_picture_and_it_says_what_is_missing(level: str) -> None:
    ax = small_result(level=level).plot.timeline()
    assert "level messages: no attempts, no queues" in ax.figure.get_supxlabel()
    lane = next(lane for lane in tale_of(small_result(level=level)).lanes if lane.node == "mx2")
    assert [(mark.look, mark.t_s.tolist()) for mark in lane.marks] == [("ok", [732, 1032, 2032])]


def test_a_fault_of_a_link_has_a_lane_of_its_own_before_the_mx_hosts() -> None:
    result = small_result()
    result.log.conditions.append(ConditionSpan("link isp-mx1", "isp-mx1", "silent", 0, 10 * S))
    assert [lane.node for lane in tale_of(result).lanes] == ["ann", "isp", "isp-mx1", "mx1", "mx2", "boxes", "bob"]


def test_a_day_of_mail_stays_readable() -> None:
    result = load("primary-outage").run(seed=7)
    ax = result.plot.timeline()
    assert max(len(points.get_offsets()) for points in ax.collections) <= max(COLUMNS, CROWD)
    assert "waited longest: until" in ax.get_title()
    assert "after mx1 was back." in ax.get_title()


def test_in_german_lanes_rows_bands_and_legend_are_named_so() -> None:
    ax = small_result().plot.timeline(language="de")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ann", "isp", "mx1\nMX 10", "mx2\nMX 20", "boxes\nPostfach", "bob"]
    assert {"von isp", "von mx2", "schweigt, 1 h"} <= {text.get_text() for text in ax.texts}
    legend = ax.get_legend()
    assert legend is not None
    assert {"keine Antwort", "Warteschlange", "Weg der ersten zurückgegebenen Mail"} <= {text.get_text() for text in legend.get_texts()}


def test_in_german_the_title_says_what_happened() -> None:
    def said(result: Result) -> str:
        return timeline(result, language="de").get_title().replace("\n", " ")

    assert said(small_result()) == "Von 4 während der Störung abgeschickten Mails kam eine als unzustellbar zurück, nach 50 min."
    result = without_bounce()
    assert said(result) == "Am längsten wartete die um 00:11 abgeschickte Mail: bis 5 min nach der Rückkehr von mx1."
    result.log.conditions[:] = [ConditionSpan("mx1", "mx1", "slow by 20s", 600 * S, 5000 * S)]
    assert said(result) == "Die langsamste Mail, um 00:11 abgeschickt, brauchte 63 min während einer Störung (mx1: um 20s verzögert)."
    result.log.conditions[:] = [ConditionSpan("mx1", "mx1", "silent", 600 * S, 5000 * S)]
    assert said(result) == "Die langsamste Mail, um 00:11 abgeschickt, brauchte 63 min, während mx1 ausgefallen war."
    result.log.conditions.clear()
    assert said(result) == "Eine von 6 Mails kam in keine Warteschlange: Der Server wies sie ab, und der Benutzer erfuhr es sofort."


def test_in_german_the_figures_are_those_of_the_english_picture() -> None:
    import re

    english, german = describe_timeline(small_result()), describe_timeline(small_result(), language="de")
    assert german.startswith(
        "Zeitleiste mit einer Spur für jeden dieser Knoten: ann, isp, mx1, mx2, boxes, bob. Gestört: ab 00:10 mx1 (schweigt, 1 h)."
    )
    assert german.endswith("Gescheiterte Versuche: 7. Die Warteschlange von mx2 ist um 00:34 mit 3 am längsten.")
    figures = [sorted(re.findall(r"\d+(?::\d+)?", said.replace("1 came", "came"))) for said in (english, german)]
    assert figures[0] == figures[1]
    drawn = [[np.asarray(line.get_xdata()).tolist() for line in timeline(small_result(), language=one).lines] for one in ("en", "de")]
    assert drawn[0] == drawn[1] != []


def test_one_mail_that_came_back_is_told_as_one() -> None:
    one = {"kind": "at", "from": "world", "to": "bob@example.com", "times": ["2h"]}
    outage = {"kind": "outage", "target": "mx1", "start": "1h", "length": "9d"}
    world = load("single-mx").replace("traffic", [one]).replace("faults", [outage])
    english, german = (timeline(world.run(seed=7), language=language).get_title() for language in ("en", "de"))
    assert english.startswith("The mail came back as undeliverable after ")
    assert german.startswith("Die Mail kam nach ")
    assert german.endswith(" als unzustellbar zurück.")


def test_an_attempt_that_a_policy_forbade_is_not_told_to_have_got_a_5xx() -> None:
    """MTA-STS forbids the backup (RFC 8461 section 5): nobody said no, the mail waits."""
    ax = timeline(load("mta-sts-and-the-backup").run())
    legend = ax.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert "not sent: TLS policy (MTA-STS, DANE)" in words
    assert "no (5xx)" not in words


def test_of_the_mail_sent_during_the_fault_the_first_return_is_told_and_no_earlier_one() -> None:
    """Mail 0, sent before the outage, comes back after a second; of the four sent during it mail 2 does, after 50 minutes."""
    log = outage_log()
    log.messages["state"][0], log.messages["stored_us"][0], log.messages["ended_us"][0] = State.BOUNCED, -1, 101 * S
    said = timeline(Result(small_scenario(), 7, log)).get_title().replace("\n", " ")
    assert said == "Of 4 mails sent during the fault, 1 came back as undeliverable, the first after 50 min."


def test_a_run_in_which_nothing_happens_is_a_picture_all_the_same() -> None:
    result = load("primary-outage").replace("traffic", []).run()
    assert timeline(result).get_title() == "Nobody sent anything."
