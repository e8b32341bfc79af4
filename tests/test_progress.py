"""The bar of long work: shown after two seconds where someone watches, gone in the end, and never in what a program reads."""

from __future__ import annotations

import io
import itertools
import sys
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import mailsim
from mailsim.progress import shown


class Terminal(io.StringIO):
    """Standard error of somebody who watches."""

    def isatty(self) -> bool:
        return True

    @property
    def line(self) -> str:
        """What the last line shows in the end: each carriage return goes back to its start and later letters cover earlier ones."""
        screen = ""
        for part in self.getvalue().rpartition("\n")[2].split("\r"):
            screen = part + screen[len(part) :]
        return screen.rstrip()


class Clock:
    """A clock that goes on when it is told to, or by ``step`` at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 1_000.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def watch(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Sit down at the terminal; in the test itself, since pytest puts its own standard error in place after the fixtures."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def clock(monkeypatch: pytest.MonkeyPatch, step: float = 0.0) -> Clock:
    made = Clock(step)
    monkeypatch.setattr("tqdm.std.time", made)
    return made


@pytest.mark.parametrize(("each_s", "appears"), [(0.1, False), (0.3, True)])
def test_a_bar_appears_after_two_seconds_and_leaves_nothing(each_s: float, appears: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    time, terminal = clock(monkeypatch), watch(monkeypatch)
    for _ in shown(range(10), progress=None, title="a\x1b[2Jb"):
        assert time.now > 1_001.9 or terminal.getvalue() == ""
        time.now += each_s
    assert ("a\\x1b[2Jb" in terminal.getvalue()) == appears
    assert "\x1b[2J" not in terminal.getvalue()
    assert terminal.line == ""


def test_the_bar_goes_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    time, terminal = clock(monkeypatch), watch(monkeypatch)

    def work() -> None:
        for k in shown(range(10), progress=None, title="work"):
            time.now += 1
            assert k < 5

    with pytest.raises(AssertionError):
        work()
    assert "work" in terminal.getvalue()
    assert terminal.line == ""


WORK = {
    "run": lambda world, progress: world.run(progress=progress),
    "study": lambda world, progress: mailsim.outage_study(
        {"one": "single-mx"}, target="mx1", lengths=["5m"], runs=3, messages=2, progress=progress
    ),
    "compare": lambda world, progress: mailsim.compare("first-mail", "first-mail", runs=2, names=("a", "b"), progress=progress),
}
TITLES = {"run": "many", "study": "outage study", "compare": "compare"}


def many() -> mailsim.Scenario:
    """A scenario of 600 messages."""
    values: dict[str, Any] = mailsim.load("first-mail").values(given=True)
    sender, recipient = values["traffic"][0]["from"], values["traffic"][0]["to"]
    traffic = [{"kind": "spread", "from": sender, "to": recipient, "count": 600, "start": "0s", "until": "10h"}]
    return mailsim.load({**values, "name": "many", "traffic": traffic})


@pytest.mark.parametrize("work", WORK)
def test_long_work_shows_its_bar_and_short_work_none(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watch(monkeypatch)
    clock(monkeypatch, step=0.0)
    WORK[work](many(), None)
    assert terminal.getvalue() == ""
    clock(monkeypatch, step=3.0)
    WORK[work](many(), None)
    assert TITLES[work] in terminal.getvalue()
    assert terminal.line == ""


@pytest.mark.parametrize("work", WORK)
def test_no_bar_reaches_what_is_piped(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, step=3.0)
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stderr", piped)
    WORK[work](many(), None)
    assert piped.getvalue() == ""


def test_a_run_counts_no_more_messages_than_it_sends() -> None:
    from mailsim.engine import simulate
    from mailsim.scenario.compiled import compiled

    told: list[int] = []
    simulate(compiled(many(), 1), 1, "messages", watch=told.append)
    assert list(itertools.accumulate(told)) == [256, 512]


def test_without_tqdm_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watch(monkeypatch)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(shown([1, 2], progress=True, title="work")) == [1, 2]
    assert terminal.getvalue() == ""


CELL = """
import itertools
import mailsim.progress as progress
import tqdm.std
ticks = itertools.count(0, STEP)
tqdm.std.time = lambda: next(ticks)
for k in progress.shown(range(5), progress=None, title="notebook work"):
    pass
print("done")
"""


def test_a_notebook_keeps_nothing_of_a_bar_and_sees_none_of_short_work() -> None:
    cells = [nbformat.v4.new_code_cell(CELL.replace("STEP", step)) for step in ("3.0", "0.0")]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), kernel_name="python3", timeout=60)
    shown_texts: list[str] = []
    process = client.process_message

    def watched(message: Any, cell: Any, index: int) -> Any:
        if message["header"]["msg_type"] in ("display_data", "update_display_data"):
            shown_texts.append(message["content"]["data"]["text/plain"])
        return process(message, cell, index)

    client.process_message = watched  # type: ignore[method-assign]
    done = client.execute()
    long, short = ([(one.output_type, one.get("text") or one.get("data")) for one in cell.outputs] for cell in done.cells)
    assert any("notebook work" in text for text in shown_texts)
    assert long == [("display_data", {"text/plain": ""}), ("stream", "done\n")]
    assert short == [("stream", "done\n")]
