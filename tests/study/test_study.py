"""What a study gives back: tables with bands, text and HTML with nothing unescaped, picture, manifest."""

import json
from typing import Any

import pytest

from mailsim.language import speaking
from mailsim.plots.picture import describe
from mailsim.study import Study, outage_study
from mailsim.study.figures import STUDIED
from mailsim.study.intervals import mean_interval

EVIL = "<b>spare</b> & co"


@pytest.fixture(scope="module")
def study(layouts: Any) -> Study:
    return outage_study(
        {"alone": layouts.single(), EVIL: layouts.backup(queue_lifetime="10d")},
        target="mx1", lengths=["6d", "1h"], senders={"postfix": 3, "exim": 1}, runs=3, seed=4, messages=40,
    )  # fmt: skip


def test_the_table_has_one_row_per_cell_and_three_columns_per_figure(study: Study) -> None:
    table = study.table
    assert list(zip(table["layout"], table["length"], strict=True)) == [("alone", "6d"), ("alone", "1h"), (EVIL, "6d"), (EVIL, "1h")]
    assert list(table.columns) == ["layout", "length", "length_s", "runs", "messages"] + [
        name + end for name in STUDIED for end in ("", "_low", "_high")
    ]
    assert (table["runs"] == 3).all()
    assert (table["messages"] == 120).all()


def test_bands_are_t_intervals_over_the_runs(study: Study) -> None:
    runs = study.runs
    of_cell = runs[(runs["layout"] == "alone") & (runs["length"] == "6d")]["bounced_share"].tolist()
    row = study.table.iloc[0]
    assert (row["bounced_share"], row["bounced_share_low"], row["bounced_share_high"]) == mean_interval(of_cell, least=0, most=1)
    assert row["bounced_share_low"] <= min(0.3, row["bounced_share"])


def test_the_runs_have_the_columns_that_the_picture_needs(study: Study) -> None:
    runs = study.runs
    wanted = {"layout", "length_s", "run", "bounced_share", "late_1h_share", "delay_p50_s", "delay_p95_s", "censored_share"}
    assert wanted <= set(runs.columns)
    assert runs["run"].tolist() == [0, 1, 2] * 4
    assert runs["seed"].tolist() == [4, 5, 6] * 4
    assert runs["trace_hash"].is_unique


def test_shares_of_a_run_add_up(study: Study) -> None:
    parts = study.runs[["delivered_share", "bounced_share", "rejected_share", "censored_share"]]
    assert parts.sum(axis=1).tolist() == pytest.approx([1.0] * 12)


def test_the_outcomes_of_a_cell_add_up_to_its_mail_and_agree_with_its_figures(study: Study) -> None:
    found = study.outcomes
    assert list(found.columns) == ["layout", "length", "length_s", "runs", "outcome", "messages", "share"]
    by_cell = found.pivot_table(index=["layout", "length_s"], columns="outcome", values="messages", observed=True)
    assert by_cell.sum(axis=1).tolist() == [120] * 4
    means = study.table.set_index(["layout", "length_s"]).sort_index()
    shares = by_cell.sort_index() / 120
    assert shares["bounced"].tolist() == pytest.approx(means["bounced_share"].tolist())
    assert (shares["in_time"] + shares["late"]).tolist() == pytest.approx(means["delivered_share"].tolist())
    assert (1 - shares["in_time"]).tolist() == pytest.approx(means["late_1h_share"].tolist())
    assert found["share"].tolist() == pytest.approx((found["messages"] / 120).tolist())


def test_the_picture_of_outcomes_marks_the_lifetimes_of_senders_and_relays(study: Study) -> None:
    said = describe(study.plot.outcomes_by_length())
    assert "Exim 4.96 gives up after 4 d, Postfix 3.7 gives up after 5 d." in said
    assert "mx2 gives up after 10 d." in said
    assert "mx2 gibt nach 10 d auf." in describe(study.plot.outcomes_by_length(language="de"))


def test_later_is_never_more_than_earlier(study: Study) -> None:
    runs = study.runs
    assert (runs["late_24h_share"] <= runs["late_4h_share"]).all()
    assert (runs["late_4h_share"] <= runs["late_1h_share"]).all()
    assert (runs["bounced_share"] <= runs["late_24h_share"]).all()


def test_one_run_has_figures_and_no_bands(layouts: Any) -> None:
    table = outage_study({"a": layouts.single()}, target="mx1", lengths=["1h"], runs=1, messages=10).table
    assert table["late_1h_share"].notna().all()
    assert table["late_1h_share_low"].isna().all()


def test_the_text_holds_headline_every_cell_and_how_to_repeat_it(study: Study) -> None:
    text = repr(study)
    assert text.startswith(study.headline)
    assert [line.split()[0] for line in text.splitlines() if line.startswith("alone")] == ["alone", "alone"]
    assert "95 % Student t interval" in text
    assert "senders postfix 75 %, exim 25 %" in text
    assert "seeds 4 to 6" in text


def test_html_escapes_what_the_user_wrote(study: Study) -> None:
    html = study._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;spare&lt;/b&gt; &amp; co" in html


def test_the_picture_describes_itself_and_names_all_layouts(study: Study) -> None:
    words = describe(study.plot.impact())
    assert "Alone: returned" in words
    assert "spare" in words


def test_the_manifest_holds_what_it_takes_to_repeat_the_study(study: Study, layouts: Any) -> None:
    found = json.loads(json.dumps(study.manifest()))
    assert found["layouts"]["alone"] == {"scenario_digest": layouts.single().digest(), "to": "postmaster@example.com"}
    assert (found["target"], found["how"], found["lengths"], found["seeds"]) == ("mx1", "silent", ["6d", "1h"], [4, 5, 6])
    assert (found["senders"], found["messages"], found["runs"]) == ({"postfix": 3, "exim": 1}, 40, 3)
    assert len(found["trace_hash"]) == 64


def test_a_study_of_measured_senders_says_unknown_beyond_what_was_measured(layouts: Any) -> None:
    """Gmail in 2016 was last seen 7 h 15 min after its first attempt; the outage lasts 10 h."""
    found = outage_study({"alone": layouts.single()}, target="mx1", lengths=["10h"], runs=1, messages=40, senders="gmail-2016")
    assert 0.2 < float(found.table["unknown_share"].iloc[0]) < 0.4
    assert "Unknown: up to" in found.headline
    row = dict(zip(found.rows()[0], found.rows()[1], strict=True))
    assert row["95 % there within"] == "unknown"
    assert row["unknown"].endswith("%")
    assert "unknown: the schedule of its sender is known no further" in found.plot.impact().description


def test_in_german_the_sentences_are_german_and_no_figure_or_column_changes(study: Study) -> None:
    with speaking("de"):
        text, caption, ax, manifest = repr(study), study.caption, study.plot.impact(), study.manifest()
        table, runs = study.table, study.runs
    assert (
        f"Nachrichten je Lauf, gleichmäßig über den Ausfall verteilt, jede von einem eigenen Mailserver; {len(study.setting.seeds)}" in text
    )
    assert "zurückgegeben (Bounce)" in text
    assert "Mails je Lauf" in caption
    assert "Mails je Lauf" in ax.figure.get_supxlabel().replace("\n", " ")
    assert ax.get_ylabel() == study.plot.impact(language="de").get_ylabel() == "an den Absender zurück"
    assert manifest == study.manifest()
    assert list(table.columns) == list(study.table.columns)
    assert list(runs.columns) == list(study.runs.columns)
    assert "messages a run" in repr(study)


def test_the_page_is_german_too(study: Study) -> None:
    with speaking("de"):
        page = study._repr_html_()
    assert ">Ausfallstudie<" in page
    assert "wie die Zahlen entstanden sind" in page
    for word in (">layout<", "not there after", "there within", "messages a run", "how the figures"):
        assert word not in page, word
