"""The recordings are all there, and compared by our rules the real programs agree with themselves as often as they should.

The scores of each program against itself were counted by an independent program that follows the same rules.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from mailsim.validation import Case, read_cases
from mailsim.validation.control import Count, against_itself, impostors

HERE = Path(__file__).parent

#: cases, and how many of the recorded repeats agree with the others of their case
ITSELF = {
    "courier": (61, 177), "exim": (63, 180), "opensmtpd": (59, 171), "postfix": (62, 175), "sendmail": (61, 176),
    "bind": (69, 179), "dnsmasq": (24, 70), "kresd": (52, 119), "pdns": (58, 159), "unbound": (91, 225),
    "cares": (12, 31), "dig": (11, 28), "dnspython": (12, 36), "glibc": (25, 70), "host": (11, 33),
    "auth-bind": (1, 3), "auth-knot": (1, 3), "auth-nsd": (1, 3), "auth-pdns": (1, 3),
    "full paths": (6, 16),
}  # fmt: skip


@cache
def cases() -> tuple[Case, ...]:
    return read_cases(HERE)


def test_every_program_has_its_cases_and_every_case_three_repeats() -> None:
    assert Counter(case.software for case in cases()) == {program: number for program, (number, _) in ITSELF.items()}
    assert {len(case.recorded) for case in cases()} == {3}


def test_every_file_is_packed_json_without_blanks_and_small() -> None:
    files = sorted(HERE.rglob("*.jsonl.xz"))
    for file in files:
        for line in lzma.decompress(file.read_bytes()).decode("utf-8").splitlines():
            assert line == json.dumps(json.loads(line), separators=(",", ":"), ensure_ascii=False), file.name
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_readme_lists_every_file_and_its_number_of_cases() -> None:
    text = (HERE / "README.md").read_text("utf-8")
    for kind in ("mta", "dns"):
        for file in sorted((HERE / kind).glob("*.jsonl.xz")):
            program = file.name.removesuffix(".jsonl.xz")
            assert f"`{kind}/{program}.jsonl.xz`" in text or program.startswith("auth-")
            assert f"| {ITSELF[program][0]} |" in text or program in ("dig", "host") or program.startswith("auth-")


@pytest.mark.parametrize("program", ITSELF)
def test_the_real_program_agrees_with_itself_as_often_as_counted_elsewhere(program: str) -> None:
    number, agreed = ITSELF[program]
    counts = [against_itself(case) for case in cases() if case.software == program]
    assert Count(sum(count.agreed for count in counts), sum(count.of for count in counts)) == (agreed, 3 * number)


def test_no_mail_server_passes_for_another() -> None:
    servers = [case for case in cases() if case.kind == "mta"]
    for program, impostor in impostors(servers).items():
        number, agreed = ITSELF[program]
        assert impostor.score.share is not None
        assert impostor.score.share < agreed / (3 * number) - 0.3, f"{impostor.program} posing as {program}"
