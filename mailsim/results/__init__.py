"""What was seen: a log read as tables, figures, headline and files."""

from mailsim.results.result import Plots, Result

__all__ = ["Plots", "Result"]
