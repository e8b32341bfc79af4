"""Proves that a story tells what the log says: nothing left out, nothing made up."""

import re
from types import SimpleNamespace

import pytest

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event, State
from mailsim.language import speaking, spoken
from mailsim.rules.reasons import REASONS, Why
from mailsim.stories.explain import explain
from mailsim.stories.record import rows_of
from mailsim.stories.sentences import CHAPTERS
from small_worlds import MTA, com, outage, world

HOUR, MIN, S, MS = 3_600_000_000, 60_000_000, 1_000_000, 1_000


def test_the_story_of_the_hand_written_fallback_has_these_steps(told):
    steps = explain(told, 0).steps
    assert [(step.chapter, step.who, step.peer) for step in steps] == [
        ("submit", "ann", ""),
        ("discover", "ann", "DNS"),
        ("submit", "ann", "isp"),
        ("accept", "isp", "ann"),
        ("resolve", "isp", "DNS"),
        ("choose", "isp", ""),
        ("relay", "isp", "mx1"),
        ("relay", "isp", "mx2"),
        ("accept", "mx2", "isp"),
        ("resolve", "mx2", "DNS"),
        ("choose", "mx2", ""),
        ("relay", "mx2", "mx1"),
        ("defer", "mx2", ""),
        ("queue", "mx2", ""),
        ("resolve", "mx2", "DNS"),
        ("choose", "mx2", ""),
        ("relay", "mx2", "mx1"),
        ("accept", "mx1", "mx2"),
        ("store", "boxes", ""),
        ("fetch", "bob", ""),
    ]
    assert {step.chapter for step in steps} <= set(CHAPTERS)


def test_each_step_says_when_why_and_what_it_cost(told):
    story = explain(told, 0)
    silent = next(step for step in story.steps if step.event == Event.TRIED)
    assert (silent.since_sent_us, silent.cost_us, silent.why, silent.then) == (600 * MS, 30 * S, Why.SILENT, Why.NEXT_TARGET)
    assert silent.when.isoformat() == "2026-01-05T01:00:00.600000+00:00"
    assert silent.reason.source == "RFC 5321 section 4.5.4.1"
    assert list(silent.notes()) == [
        "why: nothing came back until the connect time-out [RFC 5321 section 4.5.4.1]",
        "so: this one failed, so the next target is tried at once [RFC 5321 section 5.1]",
        "because of mx1: silent, from 00:59:00 to 01:04:00",
        "took 30s",
    ]
    assert [str(line) for line in silent.lines] == ["== connect to mx1 [192.0.2.10] port 25", "== no answer: the client gives up after 30s"]


def test_the_title_names_way_and_cause(told):
    assert explain(told, 0).title == "ann@example.org to bob@example.com: read after 6m, by way of mx2 because mx1 failed"
    assert explain(told, 1).title == "ann@example.org to eve@example.com: returned after 1.3s, because the server said: no (5yz)"


def test_the_order_of_targets_is_told_before_the_first_contact_of_an_attempt(told):
    choices = [step for step in explain(told, 0).steps if step.chapter == "choose"]
    assert choices[0].text == "isp goes by preference: first mx1.example.com (10), then mx2.example.com (20)"
    assert choices[0].why == Why.MX_ORDER


def test_a_domain_without_mx_is_told_as_implicit_mx(told, log_of):
    events = [
        {"t_us": 0, "message": 0, "kind": Event.LOOKED_UP, "node": "isp", "peer": "example.com", "detail": 15, "attempt": 1, "code": 0,
         "value": 0, "extra": "no such record"},
        {"t_us": 1, "message": 0, "kind": Event.TRIED, "node": "isp", "peer": "example.com", "detail": "192.0.2.1", "attempt": 1,
         "why": Why.REFUSED, "extra": "connect|"},
    ]  # fmt: skip
    told.log = log_of([{"message": 0, "sender": "a@example.org", "rcpt": "b@example.com", "sent_us": 0, "state": State.QUEUED}], events)
    (choice,) = [step for step in explain(told, 0).steps if step.chapter == "choose"]
    assert (choice.why, choice.text) == (Why.IMPLICIT_MX, "isp goes by preference: first example.com")


def test_a_bounce_is_followed_to_the_sender_s_mailbox(told):
    story = explain(told, 1)
    assert [step.text for step in story.steps[-2:]] == [
        "isp returns it to the sender",
        "report 2 to ann@example.org: in the mailbox after 699ms",
    ]
    assert story.steps[-3].then == Why.PERMANENT
    assert story.steps[-2].then == Why.REPORT_TO_SENDER


def test_a_report_is_a_message_with_a_story_of_its_own(told):
    story = explain(told, 2)
    assert story.title.startswith("the null sender to ann@example.org")
    assert story.steps[0].text == "isp makes a report about message 1 (1.5 kB) for ann@example.org"


def test_the_outage_that_the_message_met_is_part_of_the_story(told):
    assert [(span.node, span.how) for span in explain(told, 0).conditions] == [("mx1", "silent")]
    assert explain(told, 1).conditions == ()


@pytest.mark.parametrize("number", [-1, 3, 10**9])
def test_a_message_that_is_not_there_is_refused_with_the_range(told, number):
    with pytest.raises(UnknownNameError, match="0 to 2"):
        explain(told, number)


def test_an_unknown_language_is_refused(told):
    with pytest.raises(UnknownNameError, match="language"):
        explain(told, 0, language="xx")


def test_below_level_events_there_is_no_story(told):
    told.log.level = "messages"
    with pytest.raises(UnsupportedError, match="level='events'"):
        explain(told, 0)


def test_hostile_names_reach_neither_terminal_nor_page(told, log_of):
    evil = "<script>alert(1)</script>\x1b[2J"
    message = {"message": 0, "sender": evil, "rcpt": evil, "origin": evil, "sent_us": 0, "state": State.REJECTED, "why": Why.PERMFAIL}
    event = {"t_us": 1, "message": 0, "kind": Event.REJECTED, "node": evil, "peer": evil, "code": 550, "extra": f"rcpt|550 {evil}"}
    told.log = log_of([message], [event])
    story = explain(told, 0)
    assert "\x1b" not in str(story)
    assert "\x1b" not in repr(story)
    page = story._repr_html_()
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page


# -- with the engine


@pytest.fixture(scope="module")
def base():
    return mailsim.load("primary-outage").replace(
        "traffic", [{"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["2h"], "size": "20 kB"}]
    )


@pytest.fixture(scope="module")
def fallback(base):
    return base.run(seed=3)


def test_every_recorded_contact_look_up_and_deferral_is_told_with_its_reason_and_cost(fallback):
    steps = fallback.explain(0).steps
    for kind in (Event.TRIED, Event.LOOKED_UP, Event.DEFERRED):
        recorded = [(row.t_us, row.node, row.why) for row in rows_of(fallback.log, 0) if row.kind == kind]
        assert recorded
        assert recorded == [(step.t_us, step.who, step.why) for step in steps if step.event == kind and step.chapter != "choose"]


def test_reasons_are_those_of_the_table_word_by_word(fallback):
    for step in fallback.explain(0).steps:
        if step.why:
            assert REASONS[step.why].sentence in " ".join(step.notes())


def test_steps_never_run_back_in_time(fallback):
    times = [step.t_us for step in fallback.explain(0).steps]
    assert times == sorted(times)


def test_the_backup_drops_itself_from_the_list(fallback):
    choice = next(step for step in fallback.explain(0).steps if step.chapter == "choose" and step.who == "mx2")
    assert choice.text == "mx2 goes by preference: first mx1 (10); itself and what is no better are left out"
    assert choice.then == Why.MX_SELF


def test_submission_over_srv_is_told_with_tls_and_login(fallback):
    step = next(step for step in fallback.explain(0).steps if step.event == Event.SUBMITTED)
    said = [str(line) for line in step.lines]
    assert said[:2] == ["== connect to mail.example.org port 465", "== TLS 1.3: from here on encrypted"]
    assert "-> AUTH PLAIN (password of ann@example.org)" in said


def test_local_delivery_is_told_as_lmtp_to_the_store(fallback):
    step = [step for step in fallback.explain(0).steps if step.event == Event.TRIED][-1]
    assert (step.who, step.peer) == ("mx1", "boxes")
    assert "-> LHLO mx1.example.com" in [str(line) for line in step.lines]


def test_a_wrong_password_is_told_with_the_server_s_words(base):
    result = base.replace("nodes.ann.password", "wrong").run(seed=3)
    story = result.explain(0)
    rejected = story.steps[-1]
    assert rejected.text == "ann is told at once: the mail was not sent"
    assert rejected.why == Why.AUTH_FAILED
    assert "<- 535 5.7.8 Error: authentication failed" in [str(line) for line in rejected.lines]
    assert not any(step.event == Event.ACCEPTED for step in story.steps)


def test_polls_that_fail_are_told_three_times_and_then_counted(base):
    world = (
        base.without("faults")
        .replace("nodes.bob.fetch.password", "wrong")
        .replace("nodes.bob.fetch.login_tries", None)
        .replace("run_until", "5h")
    )
    failed = [step for step in world.run(seed=3).explain(0).steps if step.failed]
    assert [step.text for step in failed[:3]] == ["bob is not let in by boxes"] * 3
    assert len(failed) == 4
    assert failed[-1].text.startswith("bob looked for mail")


def test_a_message_under_way_at_the_end_says_where_it_is(base):
    world = base.replace("faults", [{"kind": "outage", "target": "mx1", "start": "1h", "length": "40h"}]).replace("run_until", "10h")
    assert world.run(seed=3).explain(0).title == "ann@example.org to bob@example.com: still under way 8h after it was sent, held by mx2"


def test_a_dns_outage_is_shown_at_the_resolver_that_was_asked(base):
    world = base.replace("faults", [{"kind": "outage", "target": "dns example.com/MX", "start": "1h", "length": "2h", "how": "servfail"}])
    story = world.run(seed=3).explain(0)
    assert [(span.node, span.target) for span in story.conditions] == [("dns", "dns example.com/MX")]
    assert any(str(line) == "<- SERVFAIL: the resolver could not get an answer" for step in story.steps for line in step.lines)


def test_mail_that_a_crash_destroys_has_a_chapter_of_its_own() -> None:
    """isp waits for mx1, which is silent, and loses its queue an hour after the mail was sent."""
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.10")
    crash = {"kind": "crash", "target": "isp", "start": "1h", "length": "10m", "queue": "lost"}
    values = world(zone, {"mx1": {**MTA, "final_for": ["example.com"]}}, faults=(outage("mx1", "0s", length="3h"), crash))
    story = mailsim.load(values).run().explain(0)
    (step,) = [step for step in story.steps if "loses it" in step.text]
    assert (step.chapter, step.who, step.t_us) == ("lost", "isp", 3_600_000_000)
    assert step.text == "isp goes down and loses it; nobody is told"


# -- languages and words --------------------------------------------------------------------------------------------------


#: words that a German sentence does not have (a name, a command or a reply may)
ENGLISH = re.compile(r"\b(the|and|because|with|to|of|after|again|tries|asks|server said|took|message|not|so|why)\b")


def ours(story):
    """The lines of a story that we say, without dialogues and sources."""
    lines = [line for line in str(story).split("\n") if not re.match(r" +(->|<-) ", line)]
    return [re.sub(r" \[[^\]]*\]$", "", line) for line in lines]


@pytest.mark.parametrize("words", ["field", "pupil"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_german_story_has_no_english_sentence(told, number, words):
    assert [line for line in ours(explain(told, number, language="de", words=words)) if ENGLISH.search(line)] == []
    assert any(ENGLISH.search(line) for line in ours(explain(told, number, language="en", words=words)))


def test_german_says_title_reason_and_time_as_one_says_them(told):
    story = explain(told, 1, language="de")
    assert story.title == "ann@example.org an eve@example.com: nach 1,3s zurückgegeben. Grund: Der Server sagt: nein (5yz)"
    assert story.facts == "von ann@example.org an eve@example.com, 900 B, abgeschickt am 2026-01-05 02:00:00 UTC"
    text = str(explain(told, 0, language="de"))
    assert "  +600ms  (01:00:00)  isp versucht es bei mx1: keine Antwort\n" in text
    assert "    warum: Bis zum Connect-Timeout kam keine Antwort [RFC 5321 section 4.5.4.1]\n" in text
    assert "    darum: Dieser Kontakt ist gescheitert, also kommt sofort das nächste Ziel an die Reihe [RFC 5321 section 5.1]\n" in text


def test_a_story_keeps_its_language_and_leaves_that_of_others_alone(told):
    story = explain(told, 0, language="de")
    with speaking("en"):
        assert (str(story).startswith("Nachricht 0."), story.time_spent()[0][:7], story.shown[0].text[:17]) == (
            True, "Warten ", "ann schickt ab: 2")  # fmt: skip
        assert spoken() == "en"
        assert 'lang="de"' in story.html()
    assert spoken() == "en"


def test_without_a_language_a_story_is_told_in_the_one_spoken(told):
    with speaking("de"):
        assert explain(told, 0).language == "de"
    assert explain(told, 0).language == "en"


def test_figures_do_not_change_with_language_or_words(told):
    def figures(story):
        steps = [(step.t_us, step.event, step.who, step.peer, step.why, step.then, step.cost_us, step.code) for step in story.steps]
        return steps, story.stretches, story.conditions

    assert figures(explain(told, 0)) == figures(explain(told, 0, language="de", words="pupil"))


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 0, "read (fetched) after 6m"),
        ("en", 1, "returned to the sender (bounced) after 1.3s, because the server said: no (5yz)"),
        ("en", 2, "stored (delivered) after 699ms"),
        ("de", 0, "nach 6m gelesen (abgerufen)"),
        ("de", 1, "nach 1,3s an den Absender zurückgeschickt (Bounce). Grund: Der Server sagt: nein (5yz)"),
        ("de", 2, "nach 699ms gespeichert (zugestellt)"),
    ],
)
def test_pupils_are_told_in_plain_words_with_the_field_s_word_in_brackets(told, language, number, said):
    assert said in explain(told, number, language=language, words="pupil").title


def test_mail_that_is_not_there_yet_is_still_under_way_for_pupils(log_of):
    message = {"message": 0, "sender": "a@example.org", "rcpt": "b@example.com", "origin": "ann", "size": 1, "sent_us": 0,
               "holder": "isp", "state": State.QUEUED}  # fmt: skip
    log = log_of([message], [{"t_us": 0, "message": 0, "kind": Event.SENT, "node": "ann"}], end_us=HOUR)
    told = SimpleNamespace(scenario=None, log=log)
    assert "still under way (queued) 1h after it was sent" in explain(told, 0, words="pupil").title
    assert "1h nach dem Absenden noch unterwegs (in einer Warteschlange)" in explain(told, 0, language="de", words="pupil").title


def test_words_that_nobody_uses_are_refused(told):
    with pytest.raises(UnknownNameError, match="did you mean 'pupil'"):
        explain(told, 0, words="pupils")


def test_a_greylisting_reply_is_told_as_such_at_the_contact():
    story = mailsim.load("greylisting-two-mx").run().example("delayed").explain()
    tried = next(step for step in story.steps if step.event == Event.TRIED)
    assert tried.text == "world tries mx1: greylisted"
    assert tried.notes()[0] == "why: the server turns strangers away for a while and lets in who comes back [RFC 6647; postgrey(8)]"
    assert tried.why == Why.TEMPFAIL


def test_a_lost_queue_has_its_heading_in_both_languages():
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.10")
    crash = {"kind": "crash", "target": "isp", "start": "1h", "length": "10m", "queue": "lost"}
    values = world(zone, {"mx1": {**MTA, "final_for": ["example.com"]}}, faults=(outage("mx1", "0s", length="3h"), crash))
    result = mailsim.load(values).run()
    assert "\nLOST\n" in str(result.explain(0))
    assert "\nVERLUST\n" in str(result.explain(0, language="de"))
