"""``result.example``: called with a kind, or completed by the Tab key from the kinds that a run has an example of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import say
from mailsim.stories.examples import KINDS, Example, example, kinds_shown

if TYPE_CHECKING:
    from mailsim.stories.explain import Told

__all__ = ["Examples"]


class Examples:
    """Messages that show something: ``examples("bounced")`` or ``examples.bounced``.

    Completion offers the kinds that the run has an example of; asking for another says why there is none.

    Parameters
    ----------
    result : Result
        A run.

    Examples
    --------
    >>> import mailsim as ms
    >>> ms.load("first-mail").run().example.slowest.explain()
    <Story of message 0: ann@example.org to bob@example.com: read after 1.9s>
    """

    def __init__(self, result: Told) -> None:
        self._result = result

    def __call__(self, kind: str) -> Example:
        """A message that shows ``kind``: see :func:`mailsim.stories.examples.example`."""
        return example(self._result, kind)

    def __getattr__(self, kind: str) -> Example:
        if kind.startswith("_"):  # what notebooks and copy ask of everything
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {kind!r}")
        try:
            return example(self._result, kind)
        except (UnknownNameError, UnsupportedError) as error:
            raise AttributeError(str(error)) from None

    def __dir__(self) -> list[str]:
        return sorted(self._kinds)

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        """The kinds that this run has an example of."""
        return kinds_shown(self._result)

    def __repr__(self) -> str:
        shown = self._kinds
        absent = [kind for kind in KINDS if kind not in shown]
        return say("examples.shown", kinds=", ".join(shown) or "–", absent=", ".join(absent) or "–")
