"""One page that answers for a run or a study: what was found, four pictures, what it rests on, and the line that repeats it."""

from __future__ import annotations

from mailsim.memo.run import memo
from mailsim.memo.study import study_memo

__all__ = ["memo", "study_memo"]
