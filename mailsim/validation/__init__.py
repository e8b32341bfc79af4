"""Recorded reality: what real programs did, rebuilt as scenarios and compared."""

__all__: list[str] = []
