"""The seeds of a study's runs, and when a progress bar shows."""

import pytest

from mailsim.errors import UnsupportedError
from mailsim.progress import shown
from mailsim.study.seeds import run_seeds


def test_run_k_has_the_seed_plus_k() -> None:
    assert run_seeds(7, 3) == (7, 8, 9)


def test_too_few_runs_are_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedError, match="least is 2; an interval over runs needs at least two"):
        run_seeds(1, 1, least=2)
    with pytest.raises(UnsupportedError, match="runs=0"):
        run_seeds(1, 0)


def test_a_seed_that_the_last_run_could_not_have_is_refused() -> None:
    assert run_seeds(2**63 - 2, 2) == (2**63 - 2, 2**63 - 1)
    for seed in (-1, 2**63 - 1):
        with pytest.raises(UnsupportedError, match="a seed lies between"):
            run_seeds(seed, 2)


def test_nobody_who_watches_means_no_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(shown([1, 2, 3], progress=None, title="study")) == [1, 2, 3]
    assert capsys.readouterr().err == ""


def test_a_progress_bar_that_is_asked_for_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(shown([1, 2, 3], progress=True, title="outage study")) == [1, 2, 3]
    assert "outage study" in capsys.readouterr().err
