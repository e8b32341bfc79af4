"""Proves that --fail-if compares one figure with one number and evaluates nothing."""

import math

import pytest

from mailsim.cli.failing import parse_condition
from mailsim.errors import ScenarioError, UnknownNameError, UnsupportedError

FIGURES = {
    "bounced": 3,
    "bounced_share": 0.05,
    "latency_s": {"p50": 1.5, "p95": None},
    "delay_notices": None,
    "scenario": "primary-outage",
    "later_than": {"1h": 0.25},
    "conservation": {"ok": True},
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("bounced>0", True),
        ("bounced > 3", False),
        ("bounced>=3", True),
        ("bounced<3", False),
        ("bounced <= 3", True),
        ("bounced==3", True),
        ("bounced!=3", False),
        ("bounced>-1", True),
        ("bounced_share>=5%", True),
        ("latency_s.p50<1.5", False),
        ("latency_s.p95>1000000", True),  # never reached: later than any number
        ("later_than.1h>20 %", True),
        ("conservation.ok==1", True),
    ],
)
def test_a_comparison_holds_or_not(text, met):
    assert parse_condition(text).holds(FIGURES) is met


def test_what_was_never_reached_is_infinitely_late():
    assert parse_condition("latency_s.p95>0").value(FIGURES) == math.inf


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bounced",
        "bounced>",
        ">0",
        "bounced=0",
        "bounced>0 or 1",
        "__import__('os')>0",
        "bounced>1e9",
        "bounced>0x1",
        "a>b",
        "bounced>0\n>0",
        "x" * 999 + ">0",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ScenarioError, match="is no condition"):
        parse_condition(text)


@pytest.mark.parametrize("text", ["bonced>0", "latency_s.p99>0", "bounced.p50>0", "__class__>0", "latency_s.keys>0"])
def test_an_unknown_figure_is_refused(text):
    with pytest.raises(UnknownNameError, match="unknown figure"):
        parse_condition(text).holds(FIGURES)


def test_a_misspelt_figure_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'bounced'"):
        parse_condition("bonced>0").holds(FIGURES)


@pytest.mark.parametrize("text", ["scenario>0", "delay_notices>0", "latency_s>0"])
def test_a_figure_that_is_no_number_is_refused(text):
    with pytest.raises(UnsupportedError, match="no number"):
        parse_condition(text).holds(FIGURES)
