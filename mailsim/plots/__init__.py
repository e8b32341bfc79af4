"""Pictures: each a function ``f(result, *, ax=None, style="print") -> Axes`` that draws figures which a metric made."""

__all__: list[str] = []
