"""The command ``mailsim``: its sub-commands, and what an error looks like to the caller.

Exit codes: 0 fine; 1 what ``check`` or ``--fail-if`` looks for was found; 2 wrong input; 70 a bug of ours (with its
traceback); 130 interrupted.  A reader that goes away early (``| head``) is fine.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from mailsim import __version__
from mailsim.cli.languages import VARIABLE, with_language
from mailsim.cli.show import complain
from mailsim.errors import MailsimError
from mailsim.language import speaking

__all__ = ["app", "main"]

FOUND, WRONG_INPUT, OUR_BUG, INTERRUPTED = 1, 2, 70, 130


class _App(click.Group):
    """A group of commands whose errors are lines on standard error, never a traceback."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> int:
        """Run a command line and exit with its code (or, outside standalone mode, give it)."""
        code = self._code(args, prog_name or "mailsim", **extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would take a reader that left for a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return _reader_left()

    def _code(self, args: Sequence[str] | None, prog_name: str, **extra: Any) -> int:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter gets its number
                stream.reconfigure(errors="backslashreplace")
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            return _reader_left()
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            complain("interrupted")
            return INTERRUPTED
        except MailsimError as error:
            complain(str(error))
            return WRONG_INPUT
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            return WRONG_INPUT
        except Exception:
            complain(traceback.format_exc() + "This is a bug in mailsim, not in your input.")
            return OUR_BUG
        return code if isinstance(code, int) else 0


def _reader_left() -> int:
    """Nobody reads any more: send the rest nowhere, so that the interpreter's own flush does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 0


@click.group(cls=_App, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="mailsim")
@click.option(
    "--language", metavar="LANGUAGE", envvar=VARIABLE, help=f"Language of what is said: en (default) or de; or set {VARIABLE}."
)
@click.pass_context
def app(context: click.Context, language: str | None) -> None:
    """Simulate e-mail end to end while things fail: when does it arrive, by which way, who was told what, and why.

    Start with: mailsim demo
    """
    context.with_resource(speaking(language))


def _add_commands() -> None:
    from mailsim.cli.conforming import conform
    from mailsim.cli.exhibiting import gallery
    from mailsim.cli.listing import check, incidents, scenarios, schema
    from mailsim.cli.programs import flavours
    from mailsim.cli.running import demo, explain, run
    from mailsim.cli.studying import study

    for command in (demo, run, explain, check, scenarios, incidents, flavours, schema, study, conform, gallery):
        app.add_command(with_language(command))


_add_commands()


def main(args: Sequence[str] | None = None) -> NoReturn:
    """The entry point of the installed command; never returns."""
    app.main(args)
    raise AssertionError("app.main exits")
