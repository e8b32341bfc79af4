"""What a lesson says to a pupil: the sentences of ``teaching.toml`` of each language; nothing there ever holds a solution."""

from __future__ import annotations

from mailsim.language import say, speaking

__all__ = ["tell"]


def tell(key: str, language: str, **facts: object) -> str:
    """The sentence ``key`` with its facts filled in; every fact is made printable.

    Raises
    ------
    UnknownNameError
        There is no table for ``language``.

    Examples
    --------
    >>> tell("hint", "de", hint="Zähle die Pfeile.")
    'Tipp: Zähle die Pfeile.'
    """
    with speaking(language):
        return say(f"teaching.{key}", **facts)
