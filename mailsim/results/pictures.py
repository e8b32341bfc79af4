"""The pictures of a result, each a method that imports what it draws with when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from mailsim.plots.film import Film
    from mailsim.plots.picture import Sheet
    from mailsim.plots.queues import By
    from mailsim.plots.sequence import Scale
    from mailsim.plots.style import Style
    from mailsim.plots.timeaxis import At, Window
    from mailsim.results.result import Result

__all__ = ["PictureName", "Plots"]

#: pictures of a whole run that can be asked for by name
PictureName = Literal[
    "timeline", "latency", "sawtooth", "queues", "topology", "budget", "mx_share", "outcomes", "raster", "dns_cache", "dashboard"
]


class Plots:
    """The pictures of a result; each method gives the Axes it drew on, which a notebook shows by itself.

    Each takes ``ax`` (yours, or None for a new figure), ``style`` (``print`` or ``slide``), ``language`` and, where time runs
    along the axis, ``window=("1h", "6h")``.  The dashboard fills a sheet of its own and takes no ``ax``.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    def timeline(
        self,
        *,
        beside: Result | None = None,
        ax: Axes | None = None,
        style: Style = "print",
        window: Window = None,
        language: str | None = None,
    ) -> Axes:
        """What happened when: one lane per server, outages, attempts, queues, deliveries; with another run ``beside`` it, to compare."""
        from mailsim.plots.timeline import timeline

        return timeline(self._result, beside=beside, ax=ax, style=style, window=window, language=language)

    def latency(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """How long mail takes to the mailbox and to the reader, with what is still under way."""
        from mailsim.plots.latency import latency

        return latency(self._result, ax=ax, style=style, window=window, language=language)

    def sawtooth(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """How long each mail took, above the instant at which it was sent: who sends first in an outage waits longest."""
        from mailsim.plots.sawtooth import sawtooth

        return sawtooth(self._result, ax=ax, style=style, window=window, language=language)

    def queues(
        self, *, by: By = "reason", ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None
    ) -> Axes:
        """How the queues fill and drain, stacked by the reason for waiting (or by ``node``), with their size at the right."""
        from mailsim.plots.queues import queues

        return queues(self._result, by=by, ax=ax, style=style, window=window, language=language)

    def topology(self, *, at: At = None, ax: Axes | None = None, style: Style = "print", language: str | None = None) -> Axes:
        """Who hands mail to whom, how much, and how much of it fails: over the run, or ``at`` an instant such as ``"2h"``."""
        from mailsim.plots.topology import topology

        return topology(self._result, at=at, ax=ax, style=style, language=language)

    def sequence(
        self, message: int, *, scale: Scale = "rank", ax: Axes | None = None, style: Style = "print", language: str | None = None
    ) -> Axes:
        """One message as a sequence diagram, every step one row or (``scale="time"``) true to time."""
        from mailsim.plots.sequence import sequence

        return sequence(self._result, message, scale=scale, ax=ax, style=style, language=language)

    def budget(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """Where the time from send to read went, as means, for mail sent during the faults and for all."""
        from mailsim.plots.budget import budget

        return budget(self._result, ax=ax, style=style, window=window, language=language)

    def mx_share(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """Which server was the first to take the mail, over time."""
        from mailsim.plots.mx_share import mx_share

        return mx_share(self._result, ax=ax, style=style, window=window, language=language)

    def outcomes(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """What became of the mail: in time, late, returned, rejected, lost, under way."""
        from mailsim.plots.outcomes import outcomes

        return outcomes(self._result, ax=ax, style=style, window=window, language=language)

    def raster(
        self,
        flavours: Sequence[str] = (),
        *,
        outage: str | None = None,
        ax: Axes | None = None,
        style: Style = "print",
        window: Window = None,
        language: str | None = None,
    ) -> Axes:
        """When programs try again during an outage: by default those that send in this scenario, and its longest outage."""
        from mailsim.plots.raster import raster, raster_of

        if flavours:
            return raster(flavours, outage=outage or "6h", ax=ax, style=style, window=window, language=language)
        return raster_of(self._result, outage=outage, ax=ax, style=style, window=window, language=language)

    def dns_cache(self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
        """What resolvers had in their caches and until when, and how each question fared."""
        from mailsim.plots.dns_cache import dns_cache

        return dns_cache(self._result, ax=ax, style=style, window=window, language=language)

    def dashboard(self, *, style: Style = "print", window: Window = None, language: str | None = None) -> Sheet:
        """The four that matter on one sheet: timeline, queues, latency, outcomes."""
        from mailsim.plots.dashboard import dashboard

        return dashboard(self._result, style=style, window=window, language=language)

    def animation(
        self,
        *,
        message: int | None = None,
        frames: int = 120,
        seconds: float = 15.0,
        window: Window = None,
        style: Style = "print",
        language: str | None = None,
    ) -> Film:
        """The run as a film that a notebook plays, or one message of it; ``.save("film.gif")``."""
        from mailsim.plots.animation import animation

        return animation(self._result, message=message, frames=frames, seconds=seconds, window=window, style=style, language=language)

    def png(self, name: PictureName, *, style: Style = "print") -> bytes:
        """The picture ``name`` as a PNG file."""
        from mailsim.plots.picture import png

        return png(getattr(self, name)(style=style))
