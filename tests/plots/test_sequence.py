"""Proves that the sequence diagram shows who talked to whom, in order, with outcome, and where the time went."""

from dataclasses import replace

import pytest

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event
from mailsim.language import speaking
from mailsim.plots.picture import describe, png
from mailsim.plots.sequence import describe_sequence, sequence
from mailsim.rules.reasons import Why

ONE = [{"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["2h"], "size": "20 kB"}]


@pytest.fixture(scope="module")
def base():
    return mailsim.load("primary-outage").replace("traffic", ONE)


@pytest.fixture(scope="module")
def fallback(base):
    return base.run(seed=3)


@pytest.fixture(scope="module")
def drawn(fallback):
    return sequence(fallback, 0)


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def title(ax):
    return " ".join((ax.get_title() or ax.get_title(loc="left")).split())


def arrows(ax):
    """(from x, to x, dashed) of every arrow, downward."""
    found = []
    for text in ax.texts:
        patch = getattr(text, "arrow_patch", None)
        if patch is not None:
            found.append((text.xy[1], text.xyann[0], text.xy[0], patch.get_linestyle() not in ("-", "solid")))
    return [tuple(rest) for _, *rest in sorted(found)]


def test_lifelines_stand_in_the_order_of_the_path(drawn):
    names = [text for text in texts(drawn) if text in ("ann", "isp", "dns", "mx1", "mx2", "boxes", "bob")]
    assert names == ["ann", "isp", "dns", "mx1", "mx2", "boxes", "bob"]


def test_a_time_out_is_dashed_and_stops_short_of_the_silent_host(drawn):
    dashed = [(start, end) for start, end, dash in arrows(drawn) if dash]
    assert dashed[0][0] == 1  # from the provider
    assert 2.8 < dashed[0][1] < 3  # to the primary, which it does not reach
    assert any(text.startswith("connect → no answer, 30s") for text in texts(drawn))


def test_the_fallback_is_the_arrow_below_the_time_out(drawn):
    way = [(start, round(end)) for start, end, _ in arrows(drawn)]
    first = way.index((1, 3))
    assert way[first + 1] == (1, 4)


def test_waiting_is_told_with_its_length(drawn):
    assert any(text.startswith("waits ") for text in texts(drawn))


def test_the_outage_is_hatched_on_the_lifeline_that_was_down(drawn):
    (box,) = [patch for patch in drawn.patches if patch.get_hatch() == "////"]
    assert box.get_x() < 3 < box.get_x() + box.get_width()
    assert "silent" in texts(drawn)


def test_the_bar_adds_up_to_the_whole_width(drawn):
    bars = [bar for container in drawn.containers for bar in container]
    low, high = drawn.get_xlim()
    assert sum(bar.get_width() for bar in bars) == pytest.approx(high - low, abs=0.2)


def test_the_title_is_the_sentence_of_the_story(drawn, fallback):
    assert title(drawn) == fallback.explain(0).title
    assert "mx2 because mx1 failed" in title(drawn)


def test_it_describes_itself(drawn, fallback):
    words = describe_sequence(fallback, 0)
    assert describe(drawn) == words
    assert "contacts: " in words
    assert "most of the time: waiting for the next attempt" in words


def test_a_refusal_ends_in_a_cross_and_a_4xx_names_its_code(base):
    world = base.replace(
        "faults",
        [
            {"kind": "outage", "target": "mx1", "start": "1h", "length": "2h", "how": "refused"},
            {"kind": "outage", "target": "mx2", "start": "1h", "length": "2h", "how": "4xx", "reply": "451 4.3.0 later"},
        ],
    )
    ax = sequence(world.run(seed=3), 0)
    assert {"x", "v"} <= {line.get_marker() for line in ax.lines}
    assert "connect → refused" in texts(ax)
    assert "RCPT → 451 4.3.0 later" in texts(ax)


def test_a_bounce_shows_who_gives_up_and_the_report_going_back(base):
    world = base.replace("faults", [{"kind": "outage", "target": "mx1", "start": "1h", "length": "3d"}])
    ax = sequence(world.run(seed=3), 0, style="slide")
    assert {"gives up and reports", "report"} <= set(texts(ax))
    assert arrows(ax)[-1][1] == 0  # back to the sender
    assert any(text.endswith("more attempts, the same outcome") for text in texts(ax))


def test_true_to_time_the_wait_fills_the_picture(fallback):
    ax = sequence(fallback, 0, scale="time")
    waits = [line for line in ax.lines if line.get_linewidth() > 3 and len(set(line.get_xdata())) == 1]
    longest = max(max(line.get_ydata()) - min(line.get_ydata()) for line in waits)
    rows = max(y for line in waits for y in line.get_ydata()) - min(y for line in waits for y in line.get_ydata())
    assert longest > 0.4 * rows


def test_true_to_time_no_label_of_the_first_moment_is_lost_and_they_read_downward(fallback):
    """In half a minute of five hours: the look-up, the submission, the second look-up, the attempt in vain, the fallback."""
    rank, time = sequence(fallback, 0), sequence(fallback, 0, scale="time")
    first = [text for text in texts(rank) if text.startswith(("_submissions", "message → 250", "example.com MX", "connect"))][:5]
    assert len(set(first)) == 4  # "message → 250" twice
    shown = {text.get_text(): text.get_position()[1] for text in time.texts}
    assert set(first) <= set(shown)
    heights = [shown[text] for text in (first[0], first[2], first[3])]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_a_session_to_fetch_that_breaks_off_is_named_as_one(fallback):
    story = fallback.explain(0)
    broken = replace(story.steps[-1], event=Event.FETCH_FAILED, who="bob", peer="boxes", stage="list", why=Why.CLOSED, code=-1)
    assert "looks for mail → cut off" in texts(sequence(replace(story, steps=(*story.steps, broken))))


def test_in_german_it_says_so_and_the_figures_are_the_same(fallback):
    ax = sequence(fallback, 0, language="de")
    assert "schweigt" in texts(ax)
    assert "Nachricht 0" in ax.figure.get_supxlabel()
    english, german = describe_sequence(fallback, 0), describe_sequence(fallback, 0, language="de")
    assert describe(ax) == german
    contacts = [words.partition("contacts: ")[2] or words.partition("Kontakte: ")[2] for words in (english, german)]
    assert contacts[0].replace("of which failed", "davon gescheitert").partition(".")[0] == contacts[1].partition(".")[0]
    assert "Die meiste Zeit: " in german
    assert arrows(ax) == arrows(sequence(fallback, 0))


def test_a_run_is_drawn_in_the_language_spoken_and_a_story_in_its_own(fallback):
    story = fallback.explain(0)
    with speaking("de"):
        assert "schweigt" in texts(sequence(fallback, 0))
        assert "silent" in texts(sequence(story))
    with pytest.raises(UnsupportedError, match=r"told in .en.*language=.de"):
        sequence(story, language="de")


def test_an_unknown_language_is_refused(fallback):
    with pytest.raises(UnknownNameError, match="language"):
        sequence(fallback, 0, language="fr")


def test_it_draws_on_given_axes_and_leaves_matplotlib_as_it_was(fallback):
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    before = dict(rcParams)
    ax = Figure().add_subplot()
    assert sequence(fallback.explain(0), ax=ax) is ax
    assert dict(rcParams) == before


@pytest.mark.parametrize("scale", ["", "log"])
def test_an_unknown_scale_is_refused(fallback, scale):
    with pytest.raises(UnknownNameError, match="rank"):
        sequence(fallback, 0, scale=scale)


def test_a_run_without_a_message_number_is_refused(fallback):
    with pytest.raises(UnknownNameError, match="number of a message"):
        sequence(fallback)


def test_hostile_names_are_drawn_as_letters(fallback):
    story = fallback.explain(0)
    renamed = replace(
        story, title="\x1b[2J$x^2$", steps=tuple(replace(step, who={"ann": "$x^2$"}.get(step.who, step.who)) for step in story.steps)
    )
    ax = sequence(renamed)
    assert "$x^2$" in texts(ax)
    assert title(ax) == "\\x1b[2J$x^2$"
    assert png(ax).startswith(b"\x89PNG")


def test_a_story_in_pupils_words_has_them_in_the_picture_and_below_the_bar_as_many_as_there_is_room_for() -> None:
    story = mailsim.load("primary-outage").run().example("fallback").explain(language="de", words="pupil")
    ax = sequence(story)
    below = [text for text in ax.texts if text.get_text().startswith("warten auf den nächsten Versuch (zurückgestellt) 4h")]
    assert len(below) == 1
    ax.figure.canvas.draw()
    assert below[0].get_window_extent().x1 <= ax.get_window_extent().x1 + 1
