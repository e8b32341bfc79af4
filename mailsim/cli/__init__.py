"""The command line: ``mailsim demo``, ``run``, ``explain``, ``check``, ``scenarios``, ``flavours``, ``schema``, ``study``, ``conform``."""

from mailsim.cli.app import app, main

__all__ = ["app", "main"]
