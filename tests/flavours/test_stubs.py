"""The figures of stubs and of name servers: every file is complete, overrides are checked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mailsim.errors import UnknownNameError
from mailsim.flavours import flavour, nameserver_flavours, stub_flavours
from mailsim.flavours.stubs import nameserver_figures, stub_figures, stub_model
from mailsim.rules.dns.stubs import BOTH, Call

S = 1_000_000


def test_the_stubs_are_known_by_name() -> None:
    assert {"cares", "dig", "dnspython", "glibc", "host"} <= set(stub_flavours())
    assert nameserver_flavours() == ("auth-bind", "auth-knot", "auth-nsd", "auth-pdns")


@pytest.mark.parametrize("name", ["cares", "dig", "dnspython", "glibc", "host"])
def test_a_stub_file_gives_every_figure_with_its_source_and_makes_a_machine(name: str) -> None:
    found = flavour(name, "stub")
    figures = stub_figures(name)
    assert set(found.figures) >= set(stub_model(name).model_fields) - {"search"}
    assert all(len(figure.source) > 10 for figure in found.figures.values())
    actions = figures.machine(("192.0.2.53",), lambda purpose: 0.5, 0).called("me", Call("a.example.", BOTH), 0)
    assert actions


def test_an_override_replaces_a_figure() -> None:
    assert stub_figures("glibc", {"timeout": "1s"}).timeout == S


@pytest.mark.parametrize(("name", "wrong"), [("glibc", {"timeout": "31s"}), ("glibc", {"tries": 2}), ("cares", {"udp_octets": 100})])
def test_what_the_program_does_not_have_or_allow_is_refused(name: str, wrong: dict[str, object]) -> None:
    """resolv.conf(5): at most 30 s."""
    with pytest.raises(ValidationError):
        stub_figures(name, wrong)


def test_an_unknown_stub_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="glibc"):
        stub_figures("glibcc")


def test_bind_permutes_and_nsd_keeps() -> None:
    """Recorded with auth-bind, auth-nsd."""
    assert (nameserver_figures("auth-bind").permutes, nameserver_figures("auth-nsd").permutes) == (True, False)
