"""What should happen: decisions of mail and DNS as pure functions, with no clock, no chance and no simulator inside."""

__all__: list[str] = []
