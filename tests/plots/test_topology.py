"""The topology shows every way with its share of the mail and its health, over the run or at an instant."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes

from mailsim.errors import UnsupportedError
from mailsim.events import ConditionSpan
from mailsim.plots.picture import describe
from mailsim.plots.topology import describe_topology, topology
from mailsim.plots.ways import Way, ways
from mailsim.scenario import load
from small_logs import small_result, small_scenario


def test_a_way_to_a_worse_preference_is_a_fallback() -> None:
    found = {(way.start, way.end): way for way in ways(small_scenario())}
    assert found[("isp", "mx2")] == Way("isp", "mx2", "relay", None, True)
    assert not found[("isp", "mx1")].fallback
    assert not found[("mx2", "mx1")].fallback


def test_a_scenario_tells_what_can_happen_and_a_result_what_did() -> None:
    assert topology(small_scenario()).get_title() == "Mail goes to mx1; mx2 takes it when that fails."
    assert topology(small_result()).get_title() == "Of the mail sent, 33.3 % went by mx1 and 50 % went by mx2."


def test_a_single_mx_is_the_one_way_in() -> None:
    zone = "$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\nmx1 3600 IN A 192.0.2.10\nimap 3600 IN A 192.0.2.30\nmx2 3600 IN A 198.51.100.20\n"
    other = small_scenario().zones[1]
    assert topology(small_scenario(zones=[zone, other])).get_title() == "There is one way in: mx1."


def test_every_node_has_a_box_in_its_column_and_dns_stands_above() -> None:
    ax = topology(small_result())
    at = {text.get_text(): text.get_position() for text in ax.texts}
    assert at["ann"][0] < at["isp"][0] < at["mx1"][0] == at["mx2"][0] < at["boxes"][0] < at["bob"][0]
    assert at["dns"][1] > max(at[node][1] for node in ("ann", "isp", "mx1", "mx2", "boxes", "bob"))
    assert at["mx1"][1] > at["mx2"][1]
    assert at["home"][1] < at["isp"][1]
    assert "silent, 1 h" in at


def test_the_description_tells_the_layers_the_shares_and_what_was_wrong() -> None:
    text = describe_topology(small_result())
    assert text.startswith("From left to right: client: ann; sender MTA: home, isp; DNS: dns; MX: mx1, mx2; mailbox: boxes; reader: bob.")
    assert "isp to mx2 (fallback) 50 %" in text
    assert text.endswith("Wrong: mx1 silent, 1 h.")


def test_several_faults_of_a_node_are_counted() -> None:
    result = small_result()
    result.log.conditions.append(ConditionSpan("mx1", "mx1", "refused", 5000_000_000, 5060_000_000))
    assert "2 faults" in [text.get_text() for text in topology(result).texts]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def test_a_way_says_its_share_and_how_many_contacts_failed() -> None:
    ax = topology(small_result())
    assert {"33.3 %\n✗ 3", "50 %", "16.7 %\n✗ 4", "83.3 %"} <= set(texts(ax))
    assert legend(ax) == [
        "mail; width: its share",
        "some contacts failed (✗: how many)",
        "fallback",
        "no mail",
        "questions to DNS",
        "fault",
    ]


def test_a_scenario_has_possible_ways_only() -> None:
    assert legend(topology(small_scenario())) == ["way of the mail", "fallback", "questions to DNS"]


def test_at_an_instant_it_shows_what_is_wrong_then_what_waits_and_where_mail_goes() -> None:
    ax = small_result().plot.topology(at="35m")  # 2100 s: mails 1, 2 and 4 wait at mx2; three contacts of isp and of mx2 have failed
    assert ax.get_title().replace("\n", " ") == "At 00:35: mx1 silent. All mail that got in since 00:10 went by mx2."
    assert {"silent", "3 waiting", "✗ 3", "100 %"} <= set(texts(ax))
    assert "every contact failed (✗: how many)" in legend(ax)
    crosses = [line for line in ax.lines if line.get_marker() == "X"]
    assert len(crosses) == 2  # isp to mx1 and mx2 to mx1
    caption = ax.figure.get_supxlabel().replace("\n", " ")
    assert "as of 00:35; shares of the mail that changed hands, and contacts that failed, since 00:10" in caption


def test_before_and_after_the_fault_nothing_is_wrong() -> None:
    before, after = topology(small_result(), at=500), topology(small_result(), at="80m")
    assert before.get_title() == "At 00:08 nothing is wrong. All mail that got in since 00:00 went by mx1."
    assert "silent" not in texts(before)
    assert (
        after.get_title() == "At 01:20 nothing is wrong. No mail got in since 01:10."
    )  # 4800 s: mail 1 was in already, mail 5 comes later


def test_of_several_ways_in_each_has_its_share_since() -> None:
    result = small_result()
    result.log.conditions.clear()
    said = describe_topology(result, at=8000)
    assert "At 02:13 nothing is wrong. Of the mail that got in since 00:00, 40 % went by mx1 and 60 % went by mx2." in said


def test_the_description_of_an_instant_tells_failures_and_queues() -> None:
    said = describe_topology(small_result(), at="35m")
    assert "Share of the mail that changed hands since 00:10: ann to isp 100 %, isp to mx2 (fallback) 100 %." in said
    assert "Contacts that failed: isp to mx1 3 of 3, mx2 to mx1 3 of 3. Waiting: 3 at mx2. Wrong: mx1 silent." in said
    assert describe(topology(small_result(), at="35m")) == said


def test_in_german() -> None:
    ax = small_result().plot.topology(language="de")
    assert ax.get_title() == "Von der abgeschickten Mail gingen 33,3 % über mx1 und 50 % über mx2."
    assert {"33,3 %\n✗ 3", "schweigt, 1 h", "Postfach", "MX 10", "Resolver"} <= set(texts(ax))
    assert legend(ax)[:2] == ["Mail; Breite: ihr Anteil", "einige Kontakte gescheitert (✗: wie viele)"]
    said = describe_topology(small_result(), language="de")
    assert said.startswith("Von links nach rechts: Mailprogramm: ann; MTA des Absenders: home, isp; DNS: dns; MX: mx1, mx2;")
    assert said.endswith("Gescheiterte Kontakte: isp an mx1 3 von 5, mx2 an mx1 4 von 5. Gestört: mx1 schweigt, 1 h.")
    now = topology(small_result(), at="35m", language="de")
    assert now.get_title().replace("\n", " ") == "Stand 00:35: mx1 schweigt. Seit 00:10 ging alle Mail, die hineinkam, über mx2."
    assert "3 warten" in texts(now)


def test_a_fault_of_a_link_stands_at_its_way() -> None:
    result = small_result()
    result.log.conditions.append(ConditionSpan("link isp-mx2", "isp-mx2", "silent", 0, 60_000_000))
    assert "50 %\nsilent, 1 min" in texts(topology(result))


def test_equal_preferences_are_said_to_be() -> None:
    zone = "$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\n@ 3600 IN MX 10 mx2\nmx1 3600 IN A 192.0.2.10\nmx2 3600 IN A 198.51.100.20\n"
    zone += "imap 3600 IN A 192.0.2.30\n"
    scenario = small_scenario(zones=[zone, small_scenario().zones[1]])
    assert topology(scenario).get_title().replace("\n", " ") == (
        "Mail goes to mx2 and mx1, whichever chance picks: their preference is the same."
    )


def test_many_faults_of_a_node_are_counted_in_the_description() -> None:
    result = small_result()
    result.log.conditions[:] = [ConditionSpan("mx1", "mx1", "silent", k * 100_000_000, k * 100_000_000 + 1) for k in range(5)]
    assert describe_topology(result).endswith("Wrong: mx1 5 faults.")


def test_a_scenario_that_did_not_run_has_no_instants() -> None:
    with pytest.raises(UnsupportedError, match=r"scenario\.run\(\)"):
        topology(small_scenario(), at="1h")
    with pytest.raises(UnsupportedError, match="outside the run"):
        topology(small_result(), at="9h")


def test_more_rows_make_a_higher_sheet() -> None:
    low, high = (topology(load(name)).figure.get_figheight() for name in ("primary-outage", "how-long-senders-retry"))
    assert high > 1.5 * low  # 17 senders one below the other
