"""Proves when a simulated mail server could be the recorded one: small cases, each verdict worked by hand."""

from copy import deepcopy

import pytest

from mailsim.validation.agreement.mta import differences

ZONES = [
    {"name": "dest.test.", "type": "MX", "value": "10 mx1.dest.test."},
    {"name": "dest.test.", "type": "MX", "value": "10 mx2.dest.test."},
    {"name": "dest.test.", "type": "MX", "value": "20 mx3.dest.test."},
]
BODY = {"mta": {"params": {"queue_run_delay": "2s"}}, "world": {"zones": ZONES}}


def address(host, outcome="refused", t=0.0, **more):
    return {"t": t, "host": host, "outcome": outcome, **more}


def attempt(t, *addresses):
    return {"t_start": t, "t_end": t + 0.1, "addresses": list(addresses)}


def mail(*tries, number="m01", final="delivered", t_final=10.0, **more):
    via = {"via": "mx1"} if final == "delivered" else {}
    return {"id": number, "recipients": [{"rcpt": "u@dest.test", "final": final, "t_final": t_final, "tries": list(tries), **via, **more}]}


def repeat(*mails):
    return {"messages": list(mails)}


def told(simulated, *recorded, body=BODY):
    return differences(body, simulated, recorded)


#: refused at 0, 4 and 8 s (one repeat: 9 s), taken at the last; scans every 2 s
FIRST, SECOND = attempt(0.0, address("mx3")), attempt(4.0, address("mx3"))
USUAL = repeat(mail(FIRST, SECOND, attempt(8.0, address("mx3", "delivered", code=250))))
LATER = repeat(mail(FIRST, SECOND, attempt(9.0, address("mx3", "delivered", code=250)), t_final=11.0))


def changed(original, **more):
    other = deepcopy(original)
    other["messages"][0]["recipients"][0].update(more)
    return other


def moved(original, try_number, t):
    other = deepcopy(original)
    other["messages"][0]["recipients"][0]["tries"][try_number]["t_start"] = t
    return other


def test_a_repeat_agrees_with_itself():
    assert told(USUAL, USUAL, LATER) == []


@pytest.mark.parametrize(
    ("t", "agrees"),
    [  # third try: recorded 8 to 9 s, slack 2 s * (1 + 0.35 * 2) = 3.4 s
        (4.61, True),
        (4.59, False),
        (12.39, True),
        (12.41, False),
    ],
)
def test_a_try_has_room_for_a_scan_and_a_third_more_for_each_try_before(t, agrees):
    assert (told(moved(USUAL, 2, t), USUAL, LATER) == []) is agrees


@pytest.mark.parametrize(("t", "agrees"), [(0.99, True), (1.01, False)])
def test_the_first_try_has_room_for_a_second_only(t, agrees):
    found = told(moved(USUAL, 0, t), USUAL, LATER)
    assert found == ([] if agrees else ["m01 to u@dest.test: try 1 at 1.01, recorded 0 s (+- 1)"])


@pytest.mark.parametrize(("t_final", "agrees"), [(5.91, True), (5.89, False), (15.09, True), (15.11, False), (None, False)])
def test_the_end_has_the_room_of_the_try_after_the_last(t_final, agrees):
    # recorded 10 and 11 s in three tries: 2 s * (1 + 0.35 * 3) = 4.1 s
    assert (told(changed(USUAL, t_final=t_final), USUAL, LATER) == []) is agrees


def test_slower_scans_give_more_room():
    slow = BODY | {"mta": {"params": {"queue_interval": "4s"}}}
    late = moved(USUAL, 1, 9.0)  # recorded 4 s: 2.7 s of room with scans each 2 s, 5.4 s with scans each 4 s
    assert told(late, USUAL, LATER) != []
    assert told(late, USUAL, LATER, body=slow) == []


def test_another_end_is_told_alone():
    assert told(changed(USUAL, final="bounced"), USUAL, LATER) == ["m01 to u@dest.test: bounced, recorded delivered"]


def test_hosts_of_one_preference_may_swap_and_others_may_not():
    def to(host):
        return repeat(mail(attempt(0.0, address(host, "delivered", code=250)), via=host))

    assert told(to("mx2"), to("mx1")) == []
    assert told(to("mx3"), to("mx1")) == [
        "m01 to u@dest.test: delivered to mx3, recorded 10 of dest.test.",
        "m01 to u@dest.test: way mx3 delivered 250, recorded 10 of dest.test. delivered 250",
    ]


def test_the_same_try_again_and_again_is_one_step_of_the_way_but_counts():
    def tries(count, **more):
        return repeat(mail(*(attempt(2.0 * k, address("mx3")) for k in range(count)), final="queued", **more))

    assert told(tries(5), tries(4)) == []  # 4 recorded: one more or less
    assert told(tries(6), tries(4)) == ["m01 to u@dest.test: tries: 6, recorded 4"]
    assert told(tries(17), tries(20)) == []  # 20 recorded: 3 more or less
    assert told(tries(16), tries(20)) == ["m01 to u@dest.test: tries: 16, recorded 20"]


def test_tries_that_reached_out_to_nobody_leave_no_trace():
    suspended = {"t_end": 2.0, "result": "deferred", "suspended": True}
    assert told(repeat(mail(*USUAL["messages"][0]["recipients"][0]["tries"], suspended)), USUAL) == []


def test_another_reply_is_another_way():
    other = repeat(mail(attempt(0.0, address("mx3", "tempfail", code=450)), *USUAL["messages"][0]["recipients"][0]["tries"][1:]))
    assert told(other, USUAL) == [
        "m01 to u@dest.test: way mx3 tempfail 450; mx3 refused; mx3 delivered 250, recorded mx3 refused; mx3 delivered 250"
    ]


def test_a_second_copy_is_told():
    assert told(changed(USUAL, copies=2), USUAL) == ["m01 to u@dest.test: stored 2 times, recorded 1"]
    assert told(changed(USUAL, copies=2), USUAL, changed(USUAL, copies=2)) == []


def test_reports_agree_in_action_status_and_recipient():
    def bounced(**dsn):
        report = {"action": "failed", "status": "5.1.1", "final_recipient": "rfc822; U@dest.test", **dsn}
        return changed(USUAL, final="bounced", dsns=[report])

    assert told(bounced(final_recipient="RFC822;u@DEST.test", subject="other words"), bounced()) == []
    assert told(bounced(status="5.0.0"), bounced()) == ["m01 to u@dest.test: reports: failed 5.0.0, recorded failed 5.1.1"]
    assert told(changed(bounced(), dsns=[]), bounced()) == ["m01 to u@dest.test: reports: none, recorded failed 5.1.1"]
    elsewhere = bounced(final_recipient="rfc822; v@dest.test")
    assert told(elsewhere, bounced())[0].endswith("(for another recipient)")


def test_mail_that_is_not_there_is_told():
    assert told({}, USUAL) == ["m01 to u@dest.test: no such mail"]


def crowd(*hosts):
    return repeat(*(mail(attempt(0.0, address(host, "delivered")), number=f"m{k}", via="mx1") for k, host in enumerate(hosts)))


def test_in_a_crowd_the_turn_of_each_message_is_chance():
    late = repeat(*(mail(attempt(30.0, address("mx3", "tempfail")), number=f"m{k}") for k in range(5)))
    assert told(late, crowd("mx3", "mx3", "mx3", "mx3", "mx3")) == []


@pytest.mark.parametrize(
    ("at_mx1", "agrees"),
    [  # 20 mails, recorded half and half: 0.5 +- 4 * sqrt(0.25 / 20) + 0.03 = 0.5 +- 0.477
        (1, True),
        (0, False),
        (19, True),
        (20, False),
    ],
)
def test_shares_of_equal_hosts_lie_within_four_standard_errors(at_mx1, agrees):
    half = crowd(*["mx1"] * 10, *["mx2"] * 10)
    found = told(crowd(*["mx1"] * at_mx1, *["mx2"] * (20 - at_mx1)), half)
    assert (found == []) is agrees
    assert agrees or found[0] == f"share of first contacts at mx1: {at_mx1 // 20}, recorded 0.5"
