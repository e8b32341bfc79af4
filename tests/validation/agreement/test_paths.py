"""Proves when a simulated whole path could be the recorded one: small cases, each verdict worked by hand."""

import pytest

from mailsim.validation.agreement.paths import differences

BODY = {"poll_every": 2.0}


def hop(host, t, *relays):
    return {"host": host, "t_received": t, "tries": [{"result": "sent", "relay": relay} for relay in relays]}


def mail(*hops, final="fetched", imap=20.0, number="m01"):
    return {"id": number, "final": final, "hops": list(hops), "t_fetched": {"imap": imap}}


DIRECT = {"messages": [mail(hop("A", 0.4, "mx3"), hop("primary", 0.5, "lmtp"))]}
SPOOLED = {"messages": [mail(hop("A", 0.4, "mx2"), hop("backup", 3.5, "mx3"), hop("primary", 22.0, "lmtp"), imap=24.0)]}


def told(simulated, *recorded):
    return differences(BODY, simulated, recorded)


def test_a_repeat_agrees_with_itself():
    assert told(DIRECT, DIRECT) == []
    assert told(SPOOLED, SPOOLED) == []


def test_the_way_is_that_of_some_repeat():
    assert told(SPOOLED, DIRECT, SPOOLED) == []
    assert told(SPOOLED, DIRECT) == ["m01: way A, backup, primary, recorded A, primary"]


@pytest.mark.parametrize(("t", "agrees"), [(6.5, True), (6.51, False)])
def test_an_instant_has_room_for_two_scans_and_a_poll(t, agrees):
    late = {"messages": [mail(hop("A", 0.4, "mx3"), hop("primary", t, "lmtp"))]}  # 0.5 s recorded; 2 * 2 s + 2 s
    assert told(late, DIRECT) == ([] if agrees else ["m01: at primary after 6.51, recorded 0.5 s"])


@pytest.mark.parametrize(("t", "agrees"), [(14.0, True), (13.9, False), (26.0, True), (None, False)])
def test_fetching_has_the_same_room(t, agrees):
    other = {"messages": [mail(hop("A", 0.4, "mx3"), hop("primary", 0.5, "lmtp"), imap=t)]}
    assert (told(other, DIRECT) == []) is agrees


def test_a_fault_on_a_longer_way_than_the_first_repeat_took_is_a_sentence():
    # the second repeat alone has a third host; its instant is wrong, and the first repeat has none to name
    late = {"messages": [mail(hop("A", 0.4, "mx2"), hop("backup", 3.5, "mx3"), hop("primary", 60.0, "lmtp"), imap=24.0)]}
    assert told(late, DIRECT, SPOOLED) == ["m01: at primary after 60, recorded 22 s"]


def test_a_host_that_gave_the_mail_to_two_is_another_way():
    twice = {"messages": [mail(hop("A", 0.4, "mx3", "mx2"), hop("primary", 0.5, "lmtp"))]}
    assert told(twice, DIRECT) == ["m01: way A (gave it to 2), primary, recorded A, primary"]


def test_the_end_and_missing_mail_are_told():
    other = {"messages": [DIRECT["messages"][0] | {"final": "queued"}]}
    assert told(other, DIRECT) == ["m01: queued, recorded fetched"]
    assert told({"messages": []}, DIRECT) == ["m01: no such mail"]


def sessions(*replies):
    return {"auth": [{"name": f"try {k}", "reply": reply} for k, reply in enumerate(replies)]}


def test_log_ins_agree_by_the_code_of_some_repeat():
    assert told(sessions("235 2.7.0 fine", "535 5.7.8 no"), sessions("235 yes", "454 4.7.0"), sessions("235", "535")) == []
    assert told(sessions("235", "250"), sessions("235", "535 no")) == ["auth 2 (try 1): 250, recorded 535 no"]
    assert told(sessions("235"), sessions("235", "535")) == ["number of auth sessions: 1, recorded 2"]


def test_a_missing_reply_agrees_with_a_missing_reply():
    assert told(sessions(None), sessions(None)) == []
    assert told(sessions(None), sessions("235"))[0] == "auth 1 (try 0): None, recorded 235"


def test_fetches_agree_by_their_outcome():
    recorded = {"fetch": [{"name": "good", "outcome": "ok"}, {"name": "closed", "outcome": "refused"}]}
    other = {"fetch": [{"name": "good", "outcome": "ok"}, {"name": "closed", "outcome": "timeout"}]}
    assert told(recorded, recorded) == []
    assert told(other, recorded) == ["fetch 2 (closed): timeout, recorded refused"]
