"""How long c-ares has learnt to wait for a server: five times the average of its recent answers (src/lib/ares_metrics.c)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LatencyRules", "Metrics"]

SECOND_US = 1_000_000
#: what averages are kept over: a minute, a quarter of an hour, an hour, a day, for ever
_SPANS_S = (60, 900, 3600, 86_400, 0)


class LatencyRules(NamedTuple):
    """``factor`` times the average of at least ``least`` answers, within the bounds."""

    minimum_us: int = 250_000
    maximum_us: int = 5 * SECOND_US
    factor: int = 5
    least: int = 3


class _Bucket:
    """Answers of the current span and of the one before."""

    __slots__ = ("before", "count", "count_before", "span", "total_ms", "total_ms_before")

    def __init__(self) -> None:
        self.span = self.before = -1
        self.count = self.total_ms = self.count_before = self.total_ms_before = 0


class Metrics:
    """The answers of one server."""

    def __init__(self, rules: LatencyRules) -> None:
        self._rules = rules
        self._buckets = tuple(_Bucket() for _ in _SPANS_S)

    def record(self, sent_us: int, t_us: int) -> None:
        """A good answer came at ``t_us`` to a question sent at ``sent_us``.

        Seconds are added to the milliseconds instead of being converted, as in the program.
        """
        took = t_us - sent_us
        took_ms = max(took // SECOND_US + took % SECOND_US // 1000, 1)
        for span_s, bucket in zip(_SPANS_S, self._buckets, strict=True):
            span = _span(span_s, t_us)
            if span != bucket.span:
                bucket.before, bucket.count_before, bucket.total_ms_before = bucket.span, bucket.count, bucket.total_ms
                bucket.span, bucket.count, bucket.total_ms = span, 0, 0
            bucket.count += 1
            bucket.total_ms += took_ms

    def timeout_us(self, t_us: int, initial_us: int) -> int:
        """How long to wait for the server: from the shortest span that knows enough, else ``initial_us``."""
        rules = self._rules
        timeout = initial_us
        for span_s, bucket in zip(_SPANS_S, self._buckets, strict=True):
            span = _span(span_s, t_us)
            if span == bucket.span and bucket.count >= rules.least:
                timeout = bucket.total_ms // bucket.count * 1000 * rules.factor
            elif bucket.before >= 0 and bucket.before == span - 1 and bucket.count_before >= rules.least:
                timeout = bucket.total_ms_before // bucket.count_before * 1000 * rules.factor
            else:
                continue
            break
        return min(max(timeout, rules.minimum_us), rules.maximum_us)


def _span(span_s: int, t_us: int) -> int:
    return t_us // (span_s * SECOND_US) if span_s else 1
