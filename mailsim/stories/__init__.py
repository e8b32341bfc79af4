"""Stories: what happened to one message and why, told from the log.

``str(story)`` is text, ``story.html()`` a page, ``story.plot()`` a picture, ``story.mermaid()`` a diagram for Mermaid and
``story.transcript()`` what swaks and dig would have shown; in English or German, in the field's words or in those of pupils.
"""

from mailsim.stories.examples import Example, example
from mailsim.stories.story import Step, Story

__all__ = ["Example", "Step", "Story", "example"]
