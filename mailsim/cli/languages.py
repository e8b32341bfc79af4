"""The option ``--language``, before or after the name of any command, and what it leaves alone: whatever a program reads."""

from __future__ import annotations

from functools import wraps
from typing import Any

import click

from mailsim.language import SOURCE, speaking

__all__ = ["VARIABLE", "with_language"]

#: environment variable with the language that is spoken unless the command line names another
VARIABLE = "MAILSIM_LANGUAGE"

_HELP = "Language of what is said: en or de."


def with_language(command: click.Command) -> click.Command:
    """Give a command the option ``--language`` (unless it has one of its own); with ``--json`` the sentences are English all the same."""
    own = any(param.name == "language" for param in command.params)
    told = command.callback
    assert told is not None, command.name

    @wraps(told)
    def said(*args: Any, **given: Any) -> Any:
        language = given["language"] if own else given.pop("language")
        with speaking(language), speaking(SOURCE if given.get("as_json") else None):
            return told(*args, **given)

    if not own:
        command.params.append(click.Option(["--language"], metavar="LANGUAGE", help=_HELP))
    command.callback = said
    return command
