"""Who speaks which language just now, and a sentence in it.

The language is chosen at the door (:func:`speak` for a session, ``language=`` of a picture or story for one of them) and is known inside
without being handed from function to function, since every sentence needs it and no figure does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import product

from mailsim.errors import UnknownNameError
from mailsim.language.tables import SOURCE, languages, sentences
from mailsim.language.writing import printable

__all__ = ["in_words", "say", "speak", "speaking", "spoken", "worded"]

# a notebook may run each cell in a context of its own, so what holds for a session is kept outside of any
_session = [SOURCE]
_here: ContextVar[str | None] = ContextVar("language", default=None)
_words: ContextVar[str] = ContextVar("words", default="")


def speak(language: str) -> None:
    """Speak this language from now on: pictures, stories, headlines.

    Parameters
    ----------
    language : str
        ``en`` or ``de``.

    Raises
    ------
    UnknownNameError
        There is no such language.
    """
    _session[0] = _known(language)


@contextmanager
def speaking(language: str | None) -> Iterator[str]:
    """Speak this language inside the ``with`` block; None goes on with the one that is spoken.

    Inside a generator, gather what is said before the next ``yield``: what a generator chooses would last for its user too.

    Raises
    ------
    UnknownNameError
        There is no such language.
    """
    token = _here.set(_known(spoken() if language is None else language))
    try:
        yield spoken()
    finally:
        _here.reset(token)


def spoken() -> str:
    """The language that is spoken just now."""
    return _here.get() or _session[0]


@contextmanager
def worded(words: str) -> Iterator[None]:
    """Say things in these words inside the ``with`` block: a sentence of ``topic_words.toml`` goes before that of ``topic.toml``.

    So those who are spoken to differently (pupils) need a table of what differs only.  Empty: the ordinary words.

    Examples
    --------
    >>> with worded("pupil"):
    ...     say("stories.state_bounced")
    'returned to the sender (bounced)'
    """
    token = _words.set(words)
    try:
        yield
    finally:
        _words.reset(token)


def _tables(topic: str) -> tuple[str, ...]:
    """The topics that a sentence is looked for in, the first first."""
    return (f"{topic}_{_words.get()}", topic) if _words.get() else (topic,)


def say(key: str, /, **facts: object) -> str:
    """The sentence ``topic.name`` in the language spoken, its facts filled in; every fact is made printable.

    With a fact ``count`` that is 1 the sentence ``topic.name_one`` is said, where there is one.

    Parameters
    ----------
    key : str
        Which sentence.
    **facts
        What stands in its braces.

    Examples
    --------
    >>> say("stories.deferred", who="isp", wait="5m")
    'isp keeps it and will try again in 5m'
    """
    topic, _, name = key.partition(".")
    names = (f"{name}_one", name) if facts.get("count") in (1, "1") else (name,)
    for language, where in product((spoken(), SOURCE), _tables(topic)):
        table = sentences(language, where)
        for one in names:
            if one in table:
                return table[one].format(**{fact: printable(str(value)) for fact, value in facts.items()})
    raise KeyError(f"no language has a sentence {key!r}")


def in_words(key: str, english: str) -> str:
    """A text that has its English beside a rule, as the language spoken says it: ``topic.name`` of its table, else the English.

    Examples
    --------
    >>> with speaking("de"):
    ...     in_words("reasons.null MX", "the domain says that it takes no mail")
    'Die Domain sagt, dass sie keine Mail annimmt'
    """
    topic, _, name = key.partition(".")
    return next((said for where in _tables(topic) if (said := sentences(spoken(), where).get(name)) is not None), english)


def _known(language: str) -> str:
    if language not in languages():
        raise UnknownNameError("language", language, languages())
    return language
