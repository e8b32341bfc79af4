"""A film: frames with the words that tell each, to be played in a notebook or saved as an animated picture or as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.errors import LimitError, UnsupportedError
from mailsim.language import printable
from mailsim.plots.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from PIL import Image

__all__ = ["DPI", "MOST_FRAMES", "Film", "Frame", "checked", "film_file", "shot_frames"]

#: dots per inch of a frame, by style: fewer than a picture's, since a film holds many
DPI: dict[str, int] = {"print": 100, "slide": 80}

#: most frames of a film
MOST_FRAMES = 1000

#: how a film's file may end
_KINDS = (".gif", ".html")

#: how much of each colour is in the shades of it that the edges of letters and lines have, and how many greys there are
_LIGHTER, _GREYS = (1.0, 0.83, 0.66, 0.5, 0.33, 0.17), 24

#: how long the last frame of an animated picture stands before it begins again
_REST_MS = 1500


class Frame(NamedTuple):
    """A picture (PNG) with the words that tell it, how long it stands, and whether stepping through the film halts at it."""

    png: bytes
    words: str
    hold_ms: int
    halt: bool = True


@dataclass(frozen=True, repr=False)
class Film:
    """What :func:`mailsim.plots.animation.animation` gives: a notebook shows it with a player, :meth:`save` writes it.

    Attributes
    ----------
    frames : tuple of Frame
        The pictures in order.
    title : str
        What the film shows, in a sentence.
    description : str
        The same in more words, for those who can't see it.
    language : str
        Language of its words.
    """

    frames: tuple[Frame, ...]
    title: str
    description: str
    language: str

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"<Film of {len(self)} frames, {self.seconds:g} s: {printable(self.title)}>"

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return sum(frame.hold_ms for frame in self.frames) / 1000

    def describe(self) -> str:
        """The film in words."""
        return self.description

    def save(self, path: str | Path) -> Path:
        """Write the film: ``film.gif`` as an animated picture, ``film.html`` as a page with a player that needs nothing else.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UnsupportedError
            The name ends in neither ``.gif`` nor ``.html``.
        """
        from mailsim.plots.player import page
        from mailsim.results.files import write_whole

        place = film_file(path)
        return write_whole(place, self.gif() if place.suffix.lower() == ".gif" else page(self))

    def gif(self) -> bytes:
        """The film as a GIF that begins again at its end."""
        from PIL import Image

        pictures = [Image.open(BytesIO(frame.png)) for frame in self.frames]
        holds = [max(20, round(frame.hold_ms, -1)) for frame in self.frames]  # GIF counts in hundredths; viewers slow down what is faster
        holds[-1] = max(holds[-1], _REST_MS)
        stream = BytesIO()
        pictures[0].save(
            stream, format="GIF", save_all=True, append_images=pictures[1:], duration=holds, loop=0, comment=self.description.encode()
        )
        return stream.getvalue()

    def _repr_html_(self) -> str:
        from mailsim.plots.player import player

        return player(self)


def film_file(path: str | Path) -> Path:
    """The path, if a film can be saved under this name.

    Raises
    ------
    UnsupportedError
        The name ends in neither ``.gif`` nor ``.html``.
    """
    place = Path(path)
    if place.suffix.lower() not in _KINDS:
        raise UnsupportedError(f"a film is saved as {' or '.join(_KINDS)}, not as {place.name!r}; try {place.stem + _KINDS[0]!r}")
    return place


def checked(frames: int, seconds: float) -> None:
    """A film of so many frames that plays so long can be made.

    Raises
    ------
    LimitError
        Too many frames.
    UnsupportedError
        Fewer than two frames, or no time to play them.
    """
    if frames < 2:
        raise UnsupportedError(f"frames={frames!r}: a film has at least 2 frames")
    if frames > MOST_FRAMES:
        raise LimitError(f"frames={frames!r}: a film has at most {MOST_FRAMES:,} frames; window= shows a shorter stretch more closely")
    if not 0 < seconds < float("inf"):
        raise UnsupportedError(f"seconds={seconds!r}: a film plays for some seconds, such as seconds=15")


def shot_frames(figure: Any, moving: Sequence[Artist], count: int, show: Callable[[int], None]) -> Iterator[bytes]:
    """The pictures of a film as PNG: what stands still is drawn once, on a copy of it the artists that move, frame after frame.

    Parameters
    ----------
    figure : Figure
        Laid out, on an Agg canvas.
    moving : sequence of Artist
        Animated artists in the order in which they are drawn.
    count : int
        How many frames.
    show : callable
        Makes the artists what they are on the frame of a number, from 0.
    """
    from PIL import Image

    figure.canvas.draw()
    figure.set_layout_engine("none")
    still = figure.canvas.copy_from_bbox(figure.bbox)

    def picture(number: int) -> Image.Image:
        show(number)
        figure.canvas.restore_region(still)
        for artist in moving:
            figure.draw_artist(artist)
        return Image.frombuffer("RGBA", figure.canvas.get_width_height(), figure.canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")

    colours = _colours()
    for number in range(count):
        stream = BytesIO()
        picture(number).quantize(palette=colours, dither=Image.Dither.NONE).save(stream, format="PNG")
        yield stream.getvalue()


def _colours() -> Image.Image:
    """The colours of all frames, so that nothing flickers: those that we draw with, lighter ones of them, and greys."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    inks = [to_rgb(colour) for colour in COLOURS.values() if len(set(to_rgb(colour))) > 1]
    shades = [(1 - part * (1 - channel)) for ink in inks for part in _LIGHTER for channel in ink]
    greys = [level / _GREYS for level in range(_GREYS + 1) for _ in "rgb"]
    sample = Image.new("P", (1, 1))
    sample.putpalette([round(255 * channel) for channel in greys[::-1] + shades])
    return sample
