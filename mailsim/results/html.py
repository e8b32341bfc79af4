"""Where HTML was written before every floor needed it: see :mod:`mailsim.markup`."""

from __future__ import annotations

from mailsim.markup import Markup, cell_table, details, image, joined, tag

__all__ = ["Markup", "cell_table", "details", "image", "joined", "tag"]
