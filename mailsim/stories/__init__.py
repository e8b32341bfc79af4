"""Stories: what happened to one message and why, told from the log."""

from mailsim.stories.examples import Example, example
from mailsim.stories.story import Step, Story

__all__ = ["Example", "Step", "Story", "example"]
