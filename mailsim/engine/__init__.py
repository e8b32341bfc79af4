"""Time passes: the kernel, the running world and the recorder behind :func:`simulate`."""

from mailsim.engine.simulate import LEVELS, simulate

__all__ = ["LEVELS", "simulate"]
