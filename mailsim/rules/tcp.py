"""Packets on the way of one session: which get through, when lost ones are sent again, how fast a body passes: pure arithmetic.

Lost packets cost what TCP's rules say: a SYN is sent again by the client's timer, a command or a reply after the
retransmission time-out, which doubles (RFC 6298 section 5.5).  A body, which keeps many packets under way, moves at the
throughput of Padhye, Firoiu, Towsley and Kurose, "Modeling TCP Throughput: A Simple Model and its Empirical Validation",
SIGCOMM 1998, equation 31: with loss p, round trip R, time-out T and b = 2 packets to each ACK (RFC 5681 section 4.2)::

    1 / (R sqrt(2bp/3) + T min(1, 3 sqrt(3bp/8)) p (1 + 32 p^2))   packets a second, of 1460 octets

It is a steady state: short bodies, which end in slow start, pass a little otherwise.  Windows are as large as they need to be.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from mailsim.rules.conditions import Condition, Timeline
from mailsim.rules.reasons import Why

__all__ = ["DATA_RESENT_US", "SEGMENT_OCTETS", "SYN_RESENT_US", "Passage", "lossy_transfer_us", "resent_us"]

#: a SYN is sent again this long after the first one: Linux 6.5 and later (four linear time-outs, then doubling);
#: recorded at 1, 2, 3, 4, 5, 7, 11 s
SYN_RESENT_US = tuple(s * 1_000_000 for s in (1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131, 259))

#: data is sent again this long after it was first sent: RTO of 0.2 s at least, doubling (RFC 6298 section 5.5; Linux TCP_RTO_MIN)
DATA_RESENT_US = tuple(200_000 * (2**k - 1) for k in range(1, 15))

#: what a packet carries of a body: an Ethernet frame without the headers of IPv4 and TCP (RFC 879 section 3)
SEGMENT_OCTETS = 1460

_ACKED_TOGETHER = 2


def resent_us(rtt_us: int) -> tuple[int, ...]:
    """When lost data is sent again: a time-out is never shorter than the round trip (RFC 6298 section 2.3).

    >>> resent_us(100_000)[:3], resent_us(2_000_000)[:3]
    ((200000, 600000, 1400000), (2000000, 6000000, 14000000))
    """
    first = DATA_RESENT_US[0]
    return DATA_RESENT_US if rtt_us <= first else tuple(resent * rtt_us // first for resent in DATA_RESENT_US)


def lossy_transfer_us(octets: int, loss: float, rtt_us: int) -> int:
    """How long a body takes where each packet is lost with probability ``loss``, were there bandwidth without end.

    >>> lossy_transfer_us(1_000_000, 0.01, 100_000)
    8266774
    """
    rto_us = max(rtt_us, DATA_RESENT_US[0])
    by_duplicates = rtt_us * sqrt(2 * _ACKED_TOGETHER * loss / 3)
    by_timeouts = rto_us * min(1.0, 3 * sqrt(3 * _ACKED_TOGETHER * loss / 8)) * loss * (1 + 32 * loss * loss)
    return int(-(-octets // SEGMENT_OCTETS) * (by_duplicates + by_timeouts))


class Passage:
    """The way of one session.

    Parameters
    ----------
    path : Timeline
        What is wrong between client and server, as the client sees it.
    rtt_us : int
        Round-trip time of this session.
    chance : callable or None
        ``chance(k)``: the draw for its k-th packet, in [0, 1); without it only a loss of all packets loses any.

    Notes
    -----
    A packet is judged by the condition at the instant at which it is at the server, there and back.
    """

    __slots__ = ("_chance", "_packets", "path", "rtt_us")

    def __init__(self, path: Timeline, rtt_us: int, chance: Callable[[int], float] | None = None) -> None:
        self.path = path
        self.rtt_us = rtt_us
        self._chance = chance
        self._packets = 0

    def trip(self, sent_us: int) -> tuple[int, int]:
        """What a packet needs there, and its answer back, if sent at an instant."""
        rtt = self.rtt_us + self.path.at(sent_us).lag_us if self.path.unsteady else self.rtt_us
        return rtt - (rtt >> 1), rtt >> 1

    def meets(self, there_us: int, *, drawn: bool = True) -> Why:
        """What a packet of the client meets that is at the server at an instant: ``OK``, ``REFUSED`` or nobody (``SILENT``).

        ``drawn``: it may be lost by chance (not what travels in one packet with another).
        """
        condition = self.path.at(there_us)
        if condition.reach == Why.REFUSED:
            return Why.SILENT if self._loses(condition, drawn=drawn) else Why.REFUSED
        if condition.loses_there or condition.stopped:
            return Why.SILENT
        return Why.SILENT if self._loses(condition, drawn=drawn) else Why.OK

    def comes_back(self, left_us: int, here_us: int) -> bool:
        """Whether a packet that leaves the server at an instant is at the client at another."""
        condition = self.path.at(left_us)
        if condition.loses_back or self.path.at(here_us).loses_back:
            return False
        return not self._loses(condition, drawn=True)

    def whole_us(self, condition: Condition, body_us: int, octets: int, rtt_us: int) -> int:
        """How long a whole body takes in such a condition that takes ``body_us`` when nothing is wrong."""
        if not octets or not 0.0 < condition.packet_loss < 1.0:
            return body_us
        return max(body_us, lossy_transfer_us(octets, condition.packet_loss, rtt_us))

    def _loses(self, condition: Condition, *, drawn: bool) -> bool:
        """Whether chance takes the next packet."""
        if condition.packet_loss in (0.0, 1.0) or self._chance is None or not drawn:
            return condition.packet_loss >= 1.0
        self._packets += 1
        return self._chance(self._packets) < condition.packet_loss
