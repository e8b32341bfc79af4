"""The lesson of preference-numbers: only the order of the numbers counts, the smallest goes first, the others only if need be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim import load
from mailsim.events import MESSAGE_COLUMNS, Event
from mailsim.rules.reasons import Why


def numbered(values: dict[str, Any], numbers: tuple[int, int, int]) -> dict[str, Any]:
    """The same world with other preference numbers."""
    zone = values["zones"][0]
    for old, new in zip((100, 200, 300), numbers, strict=True):
        zone = zone.replace(f"MX  {old} ", f"MX  {new} ")
    return {**values, "zones": [zone, *values["zones"][1:]]}


@pytest.mark.parametrize("numbers", [(10, 20, 30), (1, 2, 3), (0, 32767, 65535)])
@pytest.mark.parametrize("seed", [1, 7])
def test_10_20_30_gives_the_same_trace_as_100_200_300(play: Callable[..., Any], numbers: tuple[int, int, int], seed: int) -> None:
    values = load("preference-numbers").values(given=True)
    one, other = play(values, seed=seed), play(numbered(values, numbers), seed=seed)
    for column in MESSAGE_COLUMNS:
        assert list(one.result.log.messages[column.name]) == list(other.result.log.messages[column.name]), column.name
    assert one.result.trace_hash == other.result.trace_hash
    # of everything that happened, nothing differs but the text of the MX answer
    plain = [[row._replace(extra="") if row.kind == Event.LOOKED_UP else row for row in run.record.rows] for run in (one, other)]
    assert [row._replace(detail=0) for row in plain[0]] == [row._replace(detail=0) for row in plain[1]]


def test_the_order_of_the_lines_in_the_zone_does_not_matter(play: Callable[..., Any]) -> None:
    values = load("preference-numbers").values(given=True)
    lines = values["zones"][0].splitlines()
    mx = [k for k, line in enumerate(lines) if " MX " in line]
    for k, line in zip(mx, [lines[j] for j in reversed(mx)], strict=True):
        lines[k] = line
    other = {**values, "zones": ["\n".join(lines), *values["zones"][1:]]}
    assert play(values).result.trace_hash == play(other).result.trace_hash


def test_the_smaller_number_goes_first_and_300_is_never_tried_while_200_answers(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("preference-numbers", at=["30m", "70m"]))
    # 1800 s: 762 ms submission, MX and three addresses 4 x 101 ms; mx1 answers, nobody else is tried
    assert played.tries(0, "isp") == [(1801_166_000, "mx1", Why.OK)]
    # 4200 s: Ann's answers of 1800 s are kept (2 x 1 ms), the others too (4 x 1 ms); mx1 is silent for 30 s, then mx2 answers
    assert played.tries(1, "isp") == [(4200_366_000, "mx1", Why.SILENT), (4230_366_000, "mx2", Why.OK)]


def test_as_shipped_mx3_never_gets_a_connection(play: Callable[..., Any]) -> None:
    played = play("preference-numbers")
    tried = [row.peer for row in played.rows(Event.TRIED)]
    assert "mx3.example.com" not in tried
    # 18 mails: 6 before, 6 during, 6 after the outage; those of the outage go by mx2
    vias = [mail.via.partition(".")[0] for mail in played.mails]
    assert vias == ["mx1"] * 6 + ["mx2"] * 6 + ["mx1"] * 6


def test_with_both_better_servers_down_all_three_are_tried_in_order(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("preference-numbers", at=["70m"])
    values["faults"].append({"kind": "outage", "target": "mx2", "start": "1h", "length": "1h", "how": "refused"})
    played = play(values)
    # 4200.762 s + 4 x 101 ms; mx1 30 s; mx2 says no after one round trip of 40 ms
    assert played.tries(0, "isp") == [
        (4201_166_000, "mx1", Why.SILENT),
        (4231_166_000, "mx2", Why.REFUSED),
        (4231_206_000, "mx3", Why.OK),
    ]
