"""Does a simulated run behave like the real program: recorded cases read, rebuilt as scenarios, run, and compared."""

from mailsim.validation.cases import Case, read_cases
from mailsim.validation.conformance import Conformance, conform
from mailsim.validation.page import report
from mailsim.validation.rebuild import repeat_of, scenario_of

__all__ = ["Case", "Conformance", "conform", "read_cases", "repeat_of", "report", "scenario_of"]
