"""The headline says who returns how much, up to which length nobody does, how late the rest is, and what is unknown."""

from math import nan

from mailsim.language import speaking
from mailsim.study.figures import STUDIED
from mailsim.study.headline import Measured, headline
from mailsim.study.intervals import Interval

HOUR, DAY = 3600.0, 86_400.0


def cell(layout: str, length_s: float, bounced: tuple[float, float, float], p50_s: float) -> Measured:
    figures = {name: Interval(0.0, 0.0, 0.0) for name in STUDIED}
    figures["bounced_share"] = Interval(*bounced)
    figures["delay_p50_s"] = Interval(p50_s, p50_s, p50_s)
    return Measured(layout, length_s, figures)


NONE = (0.0, 0.0, 0.0)


def test_the_longest_outage_is_told_with_intervals() -> None:
    cells = [cell("alone", 7 * DAY, (0.284, 0.281, 0.287), nan), cell("spare", 7 * DAY, NONE, 3 * DAY)]
    told = headline(cells, target="mx1", how="silent", most_censored=0.0)
    assert "mail sent while mx1 was down (silent) for 7 d" in told
    assert "28.4 % (28.1–28.7 %) with alone and 0 % with spare" in told


def test_it_names_the_longest_harmless_outage_of_each_layout() -> None:
    cells = [
        cell("alone", HOUR, NONE, 1800.0),
        cell("alone", 5 * DAY, (0.1, 0.1, 0.1), nan),
        cell("spare", HOUR, NONE, 1800.0),
        cell("spare", 5 * DAY, NONE, 2 * DAY),
    ]
    told = headline(cells, target="mx1", how="silent", most_censored=0.0)
    assert "none up to 1 h with alone and up to 5 d with spare." in told
    assert "After an outage of 1 h, half of the mail sent in it was in the mailbox within 30 min with alone" in told


def test_a_layout_that_always_returns_something_is_named() -> None:
    cells = [cell("bad", HOUR, (0.5, 0.4, 0.6), 60.0), cell("good", HOUR, NONE, 60.0)]
    told = headline(cells, target="mx1", how="5xx", most_censored=0.0)
    assert "none up to 1 h with good; some at every length with bad." in told


def test_nothing_returned_is_one_sentence() -> None:
    told = headline([cell("alone", HOUR, NONE, 1800.0)], target="mx1", how="refused", most_censored=0.0)
    assert told.startswith("None of the mail sent while mx1 was down (refused) is returned")
    assert "Of the lengths studied" not in told


def test_mail_still_under_way_is_always_mentioned() -> None:
    quiet = headline([cell("alone", HOUR, NONE, 1.0)], target="mx1", how="silent", most_censored=0.0)
    loud = headline([cell("alone", HOUR, NONE, 1.0)], target="mx1", how="silent", most_censored=0.25)
    assert "No mail was still under way" in quiet
    assert "Up to 25 % of a run was still under way" in loud


def test_a_delay_that_half_never_reaches_is_left_out() -> None:
    told = headline([cell("alone", DAY, (0.6, 0.6, 0.6), nan)], target="mx1", how="silent", most_censored=0.0)
    assert "half of the mail" not in told


def test_what_nobody_knows_is_said_and_nothing_is_claimed_of_it() -> None:
    cells = [cell("alone", HOUR, NONE, 1800.0)]
    told = headline(cells, target="mx1", how="4xx", most_censored=0.0, most_unknown=0.1)
    assert told.startswith("None of the mail sent while mx1 was down (4xx) is known to be returned")
    assert told.endswith("Unknown: up to 10 % of a run, sent by those whose schedule is known no further.")


def test_in_german_every_sentence_is_german_and_every_figure_the_same() -> None:
    cells = [
        cell("allein", HOUR, NONE, 5400.0),
        cell("allein", 7 * DAY, (0.284, 0.281, 0.287), nan),
        cell("Ersatz", HOUR, NONE, 5400.0),
        cell("Ersatz", 7 * DAY, NONE, 3 * DAY),
    ]
    with speaking("de"):
        told = headline(cells, target="mx1", how="silent", most_censored=0.0)
        quiet = headline([cell("allein", HOUR, NONE, 1800.0)], target="mx1", how="4xx", most_censored=0.125, most_unknown=0.1)
        bad = headline([cell("allein", HOUR, (0.5, 0.5, 0.5), nan)], target="mx1", how="5xx", most_censored=0.0)
    assert told == (
        "Von der Mail, die während eines 7 d langen Ausfalls von mx1 (schweigt) abgeschickt wurde, kommt so viel zurück: "
        "28,4 % (28,1–28,7 %) mit allein und 0 % mit Ersatz. "
        "Bei den untersuchten Dauern kommt bis 1 h mit allein und bis 7 d mit Ersatz nichts zurück. "
        "Nach einem Ausfall von 1 h war die Hälfte der währenddessen abgeschickten Mail im Postfach binnen "
        "90 min mit allein und 90 min mit Ersatz. "
        "Am Ende der Läufe war keine Mail mehr unterwegs."
    )
    assert quiet.startswith(
        "Von der Mail, die während des Ausfalls von mx1 (4xx) abgeschickt wurde, kommt bis zum längsten Ausfall, 1 h, soweit"
    )
    assert "Bis zu 12,5 % eines Laufs waren an dessen Ende noch unterwegs" in quiet
    assert quiet.endswith("Unbekannt: bis zu 10 % eines Laufs, von Absendern, deren Zeitplan so weit niemand kennt.")
    assert "Bei den untersuchten Dauern kommt mit allein immer etwas zurück." in bad
