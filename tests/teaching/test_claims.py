"""Claims judged by their parts, in the words of the lesson."""

from __future__ import annotations

import numpy as np
import pytest

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.teaching import claim, lesson


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([True], "true"),
        ([False], "false"),
        ([True, True], "true"),
        ([True, False], "half true"),
        ([False, False, True], "half true"),
        ([False, False], "false"),
    ],
)
def test_a_claim_is_true_by_all_parts_half_true_by_some_and_false_by_none(parts: list[bool], verdict: str) -> None:
    assert claim("1", **dict(zip("abc", parts, strict=False))).verdict == verdict


def test_a_claim_says_which_part_holds_beside_what_was_predicted() -> None:
    page = lesson("de")
    page.predict("4", "wahr", unit="verdict")
    found = page.claim("4", a=np.bool_(True), b=False)
    assert repr(found) == "Behauptung 4: ✓ a stimmt, ✗ b stimmt nicht → halb wahr. Du sagst: wahr (anders als vorhergesagt)."
    assert found.verdict == "half true"  # a value, the same in every language
    assert page.verdicts().rows()[1] == ("4", "wahr", "halb wahr", "anders als vorhergesagt")
    assert repr(lesson("en").claim("5", a=True)) == "Claim 5: ✓ a holds → true."  # and English is spoken again


def test_verdicts_at_a_glance_need_a_claim_that_somebody_foretold() -> None:
    page = lesson("en")
    page.claim("1", a=True)
    with pytest.raises(UnknownNameError, match="claim with a prediction"):
        page.verdicts()


def test_a_claim_without_parts_or_with_a_part_that_is_no_truth_value_is_a_mistake_of_the_lesson() -> None:
    with pytest.raises(UnsupportedError, match="no parts"):
        claim("1")
    for wrong in ("yes", None, 1, np.float64(1.0)):
        with pytest.raises(UnsupportedError, match="neither true nor false"):
            claim("1", a=wrong)


def test_what_a_pupil_says_of_a_claim_is_text_on_the_page() -> None:
    page = lesson("en")
    page.predict("1", "<img src=x onerror=alert(1)>\x1b[2J", unit="verdict")
    found = page.claim("1", a=True)
    assert "<img" not in found._repr_html_()
    assert "\x1b" not in repr(found)
