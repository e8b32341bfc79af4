"""For lessons: predict before a run, check an answer, a variant of one's own, the class in one picture.

Notebooks hold no logic; what they need besides :mod:`mailsim` itself is here.

>>> from mailsim import teaching
>>> teaching.check("1.5 min", "90 s")
✓ Right.
>>> teaching.check("90 min", "90 s")
✗ The digits fit, the unit does not: look at it again.
"""

from __future__ import annotations

from mailsim.results.told import told
from mailsim.teaching.answers import Check, check
from mailsim.teaching.claims import Claim, claim
from mailsim.teaching.classroom import ClassPoint, class_plot, class_point, own_length
from mailsim.teaching.copies import pupil_copy
from mailsim.teaching.lessons import Lesson, lesson
from mailsim.teaching.predictions import Beside, Prediction, predict
from mailsim.teaching.records import with_mx
from mailsim.teaching.returns import Letter, report_about, shortest_return
from mailsim.teaching.runs import answers_given, delay_of, first_sent, lookups_of, returned_after, share_of, slowest_part, taken_by
from mailsim.teaching.variants import variant

__all__ = [
    "Beside",
    "Check",
    "Claim",
    "ClassPoint",
    "Lesson",
    "Letter",
    "Prediction",
    "answers_given",
    "check",
    "claim",
    "class_plot",
    "class_point",
    "delay_of",
    "first_sent",
    "lesson",
    "lookups_of",
    "own_length",
    "predict",
    "pupil_copy",
    "report_about",
    "returned_after",
    "share_of",
    "shortest_return",
    "slowest_part",
    "taken_by",
    "told",
    "variant",
    "with_mx",
]
