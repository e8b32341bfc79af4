"""The command ``gallery``: every kind of picture once, from shipped scenarios."""

from __future__ import annotations

from pathlib import Path

import click

from mailsim.cli.show import complain, show
from mailsim.language import say

__all__ = ["gallery"]


@click.command()
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("gallery"), show_default=True, help="Folder.")
@click.option("--style", type=click.Choice(["print", "slide"]), default="print", show_default=True, help="For a page or for a wall.")
@click.option("--list", "only_list", is_flag=True, help="Print the names and what each picture answers; draw nothing.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def gallery(names: tuple[str, ...], out: Path, style: str, only_list: bool, quiet: bool) -> None:
    """Draw every kind of picture (or those NAMED) from shipped scenarios, one sheet with all of them, and a page.

    The pictures of the project's README are these.
    """
    from mailsim.gallery import EXHIBITS
    from mailsim.gallery import gallery as draw

    if only_list:
        for one in EXHIBITS:
            show(f"{one.name:12} {one.question}")
        return
    for path in draw(out, names=names, style="slide" if style == "slide" else "print"):
        if not quiet:
            complain(say("cli.wrote", path=path))
