"""The progress bar of all long work: shown after two seconds where someone watches, gone when the work is done."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from mailsim.language import printable

__all__ = ["PATIENCE_S", "counting", "shown"]

#: a progress bar appears only after so many seconds of work
PATIENCE_S = 2.0

T = TypeVar("T")


def shown(work: Sequence[T], *, progress: bool | None, title: str) -> Iterator[T]:
    """The items of ``work`` one by one, with a progress bar where it is long and someone watches.

    Parameters
    ----------
    progress : bool, optional
        True: always; False: never; None: after two seconds, on a terminal or in a notebook.
    """
    with counting(len(work), progress=progress, title=title, unit="run") as done:
        for one in work:
            yield one
            if done is not None:
                done(1)


@contextmanager
def counting(total: float, *, progress: bool | None, title: str, unit: str) -> Iterator[Callable[[int], object] | None]:
    """A function to call with how much more is done; None where nobody watches.

    Parameters
    ----------
    total : float
        How much there is to do.
    progress : bool, optional
        As of :func:`shown`.
    title, unit : str
        What stands at the bar.
    """
    notebook = _in_notebook()
    if not (sys.stderr.isatty() or notebook if progress is None else progress):
        yield None
        return
    try:
        kind = _notebook_bar() if notebook else _terminal_bar()
    except ImportError:  # a core installation, without tqdm
        yield None
        return
    delay = 0.0 if progress else PATIENCE_S
    with kind(total=total, desc=printable(title), unit=unit, delay=delay, leave=False, file=io.StringIO() if notebook else None) as bar:
        yield bar.update


def _in_notebook() -> bool:
    """Whether a kernel runs this; that its package is imported says nothing."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def _terminal_bar() -> type[Any]:
    from tqdm import tqdm

    bar: type[Any] = tqdm
    return bar


def _notebook_bar() -> type[Any]:
    """A bar that rewrites one output of its cell and empties it in the end.

    On standard error, as on a terminal, it would leave a coloured line of blanks, and every step of it in the stored notebook.
    """
    from IPython.display import display
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        """Shows itself as an output of the cell."""

        monitor_interval = 0  # an output that another thread writes would land in another cell
        output: Any = None

        def display(self, msg: str | None = None, pos: int | None = None) -> bool:
            """Write the bar, or ``msg`` in its place."""
            text = {"text/plain": str(self) if msg is None else msg}
            if self.output is None:
                self.output = display(text, raw=True, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self.output.update(text, raw=True)
            return True

    return Bar
