"""Flavour files: all load, every figure has its source, heirs say what is not theirs, and a scenario's own ones are laid on top."""

from __future__ import annotations

import pytest

from mailsim.errors import MailsimError, UnknownNameError
from mailsim.flavours import OwnFlavour, flavour, flavour_kinds, mta_figures, mta_flavours
from mailsim.flavours.own import laid_over

#: what issue 3 asks for
WANTED = [
    "postfix",
    "exim",
    "sendmail",
    "opensmtpd",
    "courier",
    "qmail",
    "exchange",
    "exchange-online",
    "kumomta",
    "stalwart",
    "haraka",
    "mox",
    "chasquid",
    "maddy",
    "maddy-docs",
    "zonemta",
    "postal",
    "james-sample",
    "rfc5321",
    "gmail-2016",
    "yahoo-2016",
    "hotmail-2016",
    "mailru-2016",
    "yandex-2016",
    "mailcom-2016",
    "gmx-2016",
    "indiacom-2016",
    "aol-2016",
    "qq-2016",
]


def test_every_program_that_was_asked_for_is_there() -> None:
    assert sorted(mta_flavours()) == sorted(WANTED)
    assert {flavour_kinds()[name] for name in WANTED} == {"mta"}


@pytest.mark.parametrize("name", WANTED)
def test_a_flavour_file_is_valid_and_every_figure_has_a_source(name: str) -> None:
    mta_figures(name)
    found = flavour(name)
    assert found.program
    for key, figure in found.figures.items():
        assert len(figure.source) > 3, key
        assert not figure.source.startswith("assumption") or not figure.verified, key


@pytest.mark.parametrize("name", WANTED)
def test_every_file_has_a_schedule_of_its_own(name: str) -> None:
    assert "as rfc5321" not in flavour(name).figures["retry"].source


def test_what_is_inherited_from_another_program_is_not_verified_and_says_whose_it_is() -> None:
    found = flavour("kumomta").figures["greeting_timeout"]
    assert (found.value, found.verified) == ("5m", False)
    assert found.source == "not known of KumoMTA, as rfc5321: RFC 5321 section 4.5.3.2.1 (minimum)"


def test_what_is_inherited_from_the_same_program_stays_verified() -> None:
    assert flavour("maddy-docs").figures["give_up"] == flavour("maddy").figures["give_up"]
    assert flavour("maddy-docs").figures["give_up"].verified


def test_measured_senders_and_doubtful_ones_carry_a_label() -> None:
    labels = {name: flavour(name).label for name in mta_flavours()}
    assert {name for name, label in labels.items() if label == "measured 2016 against 4xx"} == {n for n in WANTED if n.endswith("-2016")}
    assert labels["exchange-online"] == "intervals unverified"
    assert (labels["maddy"], labels["maddy-docs"]) == ("as coded", "as documented")
    assert labels["postfix"] == ""


def test_exchange_onlines_lifetime_is_verified_and_its_intervals_are_not() -> None:
    figures = flavour("exchange-online").figures
    assert (figures["queue_lifetime"].verified, figures["retry"].verified) == (True, False)


def test_parts_of_a_figure_replace_parts_unless_the_kind_changes() -> None:
    base = {"retry": {"kind": "age_clamped", "minimum": "5m", "scan": "5m"}, "size_limit": 1}
    assert laid_over(base, {"retry": {"scan": "1m"}})["retry"] == {"kind": "age_clamped", "minimum": "5m", "scan": "1m"}
    assert laid_over(base, {"retry": {"kind": "ladder", "waits": ["1m"]}})["retry"] == {"kind": "ladder", "waits": ["1m"]}
    assert laid_over(base, {"size_limit": 2})["size_limit"] == 2
    assert base["size_limit"] == 1


OWN = {
    "quick": OwnFlavour.model_validate({"inherits": "postfix", "retry": {"minimum": "60s"}, "queue_lifetime": "1d"}),
    "quicker": OwnFlavour.model_validate({"inherits": "quick", "program": "ours", "retry": {"kind": "ladder", "waits": ["1m"]}}),
    "loop": OwnFlavour(inherits="pool"),
    "pool": OwnFlavour(inherits="loop"),
    "lost": OwnFlavour(inherits="postfx"),
}


def test_an_own_flavour_has_its_figures_and_those_of_what_it_inherits_from() -> None:
    found = mta_figures("quick", own=OWN)
    assert found.retry.policy() == mta_figures("postfix", {"retry": {"minimum": "60s"}}).retry.policy()
    assert (found.queue_lifetime, found.bounce_lifetime) == (86_400_000_000, 432_000_000_000)
    assert flavour("quick", own=OWN).figures["queue_lifetime"] == ("1d", "the scenario", True)
    assert flavour("quick", own=OWN).program == "Postfix 3.7"


def test_an_own_flavour_may_inherit_from_another_one() -> None:
    found = mta_figures("quicker", {"queue_lifetime": "2d"}, own=OWN)
    assert (found.retry.kind, found.queue_lifetime, found.session_limit) == ("ladder", 172_800_000_000, 2)
    assert flavour("quicker", own=OWN).program == "ours"


def test_an_own_flavour_that_inherits_from_itself_is_refused() -> None:
    with pytest.raises(MailsimError, match="'loop' inherits from itself: loop from pool from loop"):
        mta_figures("loop", own=OWN)


def test_own_names_are_suggested_too() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'postfix'"):
        mta_figures("lost", own=OWN)
    with pytest.raises(UnknownNameError, match="did you mean 'quicker'"):
        mta_figures("quikker", own=OWN)
