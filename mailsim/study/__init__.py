"""Studies: many runs of several worlds with the same draws, and what they differ in, with intervals."""

from mailsim.study.comparison import Comparison, compare
from mailsim.study.outages import outage_study
from mailsim.study.study import Study

__all__ = ["Comparison", "Study", "compare", "outage_study"]
