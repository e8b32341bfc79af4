"""The world of a cell: the layout with one outage and the mail sent in it, and who gets that mail."""

from math import exp
from typing import Any

import pytest

from mailsim.errors import ScenarioError, UnknownNameError, UnsupportedError
from mailsim.scenario.doors import load
from mailsim.study.worlds import free_name, lifetimes, message_octets, outage_world, recipient, sender_mix

HOUR_US = 3_600_000_000


def world(layout: Any, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "target": "mx1",
        "length_us": HOUR_US,
        "how": "silent",
        "messages": 50,
        "senders": "senders",
        "mix": {"exim": 1.0},
    }
    return outage_world(layout, **{**given, "to": "bob@example.com", "title": "base", **changes})


def test_traffic_and_faults_of_the_layout_make_room_for_one_outage(layouts: Any) -> None:
    old = {
        "traffic": [{"kind": "at", "from": "other", "to": "bob@example.com", "times": ["9h"]}],
        "faults": [{"kind": "outage", "target": "dns", "start": "2h", "length": "1h"}],
    }
    values = layouts.values()
    values["nodes"]["other"] = {"kind": "senders"}
    made = world(load({**values, **old, "run_until": "20h"}))
    assert [(fault.target, fault.start, fault.end_us, fault.how) for fault in made.faults] == [("mx1", 0, HOUR_US, "silent")]
    (mail,) = made.traffic
    assert (mail.kind, mail.from_, mail.to, mail.count, mail.until) == ("spread", "senders", ("bob@example.com",), 50, HOUR_US)
    assert made.run_until == "settled"


def test_nodes_zones_and_planned_changes_stay(layouts: Any) -> None:
    change = {"at": "30m", "zone": "example.com", "records": "@ 60 IN MX 10 mx2"}
    layout = layouts.single(changes=[change])
    made = world(layout)
    assert made.zones == layout.zones
    assert made.changes == layout.changes
    assert {name: node for name, node in made.nodes.items() if name != "senders"} == layout.nodes
    assert made.nodes["senders"].mix == {"exim": 1.0}


def test_messages_all_have_the_mean_of_the_default_sizes() -> None:
    assert message_octets() == round(10_000 * exp(1.9**2 / 2))  # 60.8 kB: median 10 kB, sigma 1.9


def test_a_layout_that_the_study_does_not_fit_is_named(layouts: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        world(layouts.single(), target="mx9")
    assert "layout 'base'" in str(caught.value)
    assert "mx9" in str(caught.value)


def test_the_population_gets_a_name_that_is_free_in_all_layouts(layouts: Any) -> None:
    taken = layouts.values()
    taken["nodes"]["senders"] = {"kind": "senders"}
    zoned = layouts.values()
    zoned["zones"].append("$ORIGIN senders2.test.\n@ 60 IN SOA ns h 1 1 1 1 1\n@ 60 IN NS ns\n")
    assert free_name([layouts.single()]) == "senders"
    assert free_name([layouts.single(), load(taken), load(zoned)]) == "senders3"


def test_senders_are_weights_a_preset_or_one_program() -> None:
    assert sender_mix({"exim": 3, "postfix": 1}) == {"exim": 3, "postfix": 1}
    assert sender_mix(None) == {"postfix": 0.4, "exim": 0.6}
    assert sender_mix("self-hosted") == {"exim": 56, "postfix": 38, "sendmail": 3}
    assert sender_mix("postfix") == {"postfix": 1.0}
    with pytest.raises(UnknownNameError, match="unknown sender mix 'postfx'; did you mean 'postfix'"):
        sender_mix("postfx")


def test_without_a_mail_store_the_postmaster_gets_the_mail(layouts: Any) -> None:
    assert recipient(layouts.single(), "mx1", title="x") == "postmaster@example.com"


def test_the_layouts_own_recipient_comes_before_any_mailbox(layouts: Any) -> None:
    values = layouts.values()
    boxes = {"amy@example.com": {}, "bob@example.com": {}}
    values["nodes"]["mx1"]["store"] = "boxes"
    values["nodes"]["boxes"] = {"kind": "mailstore", "mailboxes": boxes, "address": "192.0.2.30", "host": "imap.example.com"}
    values["nodes"]["world"] = {"kind": "senders"}
    assert recipient(load(values), "mx1", title="x") == "amy@example.com"
    values["traffic"] = [{"kind": "at", "from": "world", "to": ["ghost@example.com", "bob@example.com"], "times": ["1h"]}]
    assert recipient(load(values), "mx1", title="x") == "bob@example.com"  # the store has no ghost
    assert recipient(load(values), "boxes", title="x") == "bob@example.com"


def test_a_domain_without_a_mailbox_asks_for_one(layouts: Any) -> None:
    values = layouts.values()
    values["nodes"]["mx1"]["store"] = "boxes"
    values["nodes"]["boxes"] = {"kind": "mailstore", "mailboxes": {}, "address": "192.0.2.30", "host": "imap.example.com"}
    with pytest.raises(UnsupportedError, match=r"layout 'x': no mailbox behind 'mx1' .* to='bob@example.com'"):
        recipient(load(values), "mx1", title="x")


@pytest.mark.parametrize(
    "target", ["mx2", "192.0.2.10", "site:south", "link mx1-mx2", "dns example.com/MX", "dns mx1.example.com/A", "dns"]
)
def test_every_kind_of_target_leads_to_the_domain_behind_it(layouts: Any, target: str) -> None:
    assert recipient(layouts.backup(site="south"), target, title="x") == "postmaster@example.com"


def test_of_two_domains_the_one_behind_the_target_is_chosen(layouts: Any) -> None:
    values = layouts.values()
    values["zones"].append(
        "$ORIGIN example.org.\n@ 60 IN SOA ns h 1 1 1 1 1\n@ 60 IN NS ns\n@ 60 IN MX 10 mail\nmail 60 IN A 203.0.113.5\n"
    )
    values["nodes"] = {"mail": {"kind": "mta", "final_for": ["example.org"]}, **values["nodes"]}
    assert recipient(load(values), "mx1", title="x") == "postmaster@example.com"
    assert recipient(load(values), "mail", title="x") == "postmaster@example.org"
    assert recipient(load(values), "dns example.com/MX", title="x") == "postmaster@example.com"


def test_lifetimes_are_those_of_the_programs_and_of_the_layouts_own_relays(layouts: Any) -> None:
    """Postfix 5 d (postconf(5) maximal_queue_lifetime), Exim 4 d (its shipped retry rule); mox counts its attempts and has none."""
    day = 86_400.0
    same = {"a": layouts.single(), "b": layouts.backup(queue_lifetime="48h"), "c": layouts.backup(queue_lifetime="2d")}
    assert lifetimes(same, {"postfix": 1, "exim": 1, "mox": 1}) == {"Postfix 3.7": 5 * day, "Exim 4.96": 4 * day, "mx2": 2 * day}
    unlike = {"a": layouts.backup(), "b": layouts.backup(parameters={"queue_lifetime": "36h"})}
    assert lifetimes(unlike, {"exim": 1}) == {"Exim 4.96": 4 * day, "mx2 (a)": 5 * day, "mx2 (b)": 1.5 * day}


def test_the_lifetime_of_an_own_flavour_has_its_name(layouts: Any) -> None:
    own = {"patient": {"inherits": "postfix", "queue_lifetime": "9d"}}
    assert lifetimes({"a": layouts.single(flavours=own)}, {"patient": 1}) == {"patient": 9 * 86_400.0}
