"""The figures of a program that checks passwords, validated: they serve its TOML file and a user's overrides."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Declared, Duration
from mailsim.rules.auth import LoginRules

__all__ = ["StoreFigures"]


class StoreFigures(Declared):
    """Every figure of a mail store's program: how it checks passwords."""

    failure_delay: Duration = 0
    failure_check: Duration = 0
    penalty_unit: Duration = 0
    penalty_longest: Duration = 0
    penalty_levels: Annotated[int, Field(ge=0, le=16)] = 0
    passwords_remembered: Annotated[int, Field(ge=0)] = 0
    penalty_forgotten: Duration = 0

    def rules(self) -> LoginRules:
        """The figures as a pure rule."""
        return LoginRules(
            self.failure_delay,
            self.failure_check,
            self.penalty_unit,
            self.penalty_longest,
            self.penalty_levels,
            self.passwords_remembered,
            self.penalty_forgotten,
        )
