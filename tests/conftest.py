"""What all tests share: every run is judged, which files are tests, and how long a slow one may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mailsim.run
from checkers import check
from mailsim.language import SOURCE, speak

HERE = Path(__file__).parent

#: seconds that a test with the marker ``slow`` may take on two busy cores
SLOW_SECONDS = 1500


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Under ``tests`` only ``test_*.py`` is collected: checkers, strategies and benchmark scripts are no tests."""
    if collection_path.suffix == ".py" and collection_path.is_relative_to(HERE):
        return None if collection_path.name.startswith(("test_", "conftest")) else True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests get more time, unless they say how much."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


@pytest.fixture(autouse=True)
def english_is_spoken_again() -> Iterator[None]:
    """Whatever language a test chose for its session, the next one begins in English."""
    yield
    speak(SOURCE)


@pytest.fixture(scope="session", autouse=True)
def every_run_is_judged() -> Iterator[None]:
    """Whatever a test is about: the checkers look at each run that a scenario makes in this process."""
    run = mailsim.run.run

    def judged(*given: Any, **named: Any) -> Any:
        result = run(*given, **named)
        check(result)
        return result

    mailsim.run.run = judged
    yield
    mailsim.run.run = run
