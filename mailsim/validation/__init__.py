"""Does a simulated run behave like the real program: recorded cases read, rebuilt as scenarios, run, and compared."""

from mailsim.validation.cases import Case, read_cases
from mailsim.validation.rebuild import repeat_of, scenario_of, simulated

__all__ = ["Case", "read_cases", "repeat_of", "scenario_of", "simulated"]
