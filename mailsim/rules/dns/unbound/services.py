"""How unbound sends one question to one server: two packets a step, time-outs from the infra cache, TCP after truncation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mailsim.rules.dns.machine import Action, Alarm, Send, Trouble
from mailsim.rules.dns.records import Question
from mailsim.rules.dns.unbound.infra import Infra
from mailsim.rules.dns.unbound.settings import UnboundRules
from mailsim.rules.dns.zones import Answer

__all__ = ["Service", "Services"]


@dataclass
class Service:
    """A question under way to a server; everybody who wants the same of the same server waits for it (serviced_query)."""

    number: int
    server: str
    zone: str
    question: Question
    waiting: list[Any] = field(default_factory=list)
    #: the second packet of a step is under way, with a smaller EDNS size
    fragment: bool = False
    tcp: bool = False
    sent_us: int = 0
    timeout_ms: int = 0


class Services:
    """The outgoing side (services/outside_network.c).

    ICMP errors are not seen: the sockets are not connected (unbound 1.17.1 observed).
    """

    def __init__(self, rules: UnboundRules, infra: Infra) -> None:
        self._rules = rules
        self._infra = infra
        self._by_key: dict[tuple[str, Question], Service] = {}
        self._by_number: dict[int, Service] = {}
        self._numbers = 0

    def ask(self, waiter: object, server: str, zone: str, question: Question, t_us: int, now_s: int) -> list[Action]:
        """Send a question for somebody, or let him wait for the same one."""
        key = (server, question)
        service = self._by_key.get(key)
        if service is not None:
            service.waiting.append(waiter)
            return []
        service = self._by_key[key] = Service(0, server, zone, question, [waiter])
        return self._send(service, t_us, now_s)

    def heard(self, number: int, what: Answer | Trouble, t_us: int, now_s: int) -> tuple[list[Action], Service | None, Answer | None]:
        """Something came: gives what to do, and the service that is over with its answer (None for none).

        An answer to a packet that is no longer waited for is lost: each packet has a port of its own.
        """
        service = self._by_number.get(number)
        if service is None:
            return [], None, None
        if what is Trouble.CLOSED:
            return ([], self._over(service), None) if service.tcp else ([], None, None)
        if not service.tcp:
            took = (t_us - service.sent_us) // 1000
            self._infra.answered(service.server, service.zone, service.question.rtype, took, now_s)
        if what is Trouble.TRUNCATED:
            del self._by_number[number]
            service.tcp = True
            return self._transmit(service, t_us, self._rules.tcp_timeout_ms), None, None
        assert isinstance(what, Answer)
        return [], self._over(service), what

    def rang(self, number: int, t_us: int, now_s: int) -> tuple[list[Action], Service | None]:
        """A packet's time is over: the second one of the step, or the step has failed."""
        service = self._by_number.get(number)
        if service is None:
            return [], None
        if not service.tcp:
            if not service.fragment and service.timeout_ms < self._rules.second_packet_below_ms:
                del self._by_number[number]
                service.fragment = True
                return self._send(service, t_us, now_s), None
            self._infra.lost(service.server, service.zone, service.question.rtype, service.timeout_ms, now_s)
        return [], self._over(service)

    def _send(self, service: Service, t_us: int, now_s: int) -> list[Action]:
        return self._transmit(service, t_us, self._infra.timeout_ms(service.server, service.zone, now_s))

    def _transmit(self, service: Service, t_us: int, timeout_ms: int) -> list[Action]:
        self._numbers += 1
        service.number, service.sent_us, service.timeout_ms = self._numbers, t_us, timeout_ms
        self._by_number[service.number] = service
        proto = "tcp" if service.tcp else "udp"
        return [Send(service.number, service.server, service.question, proto), Alarm(t_us + timeout_ms * 1000, ("packet", service.number))]

    def _over(self, service: Service) -> Service:
        del self._by_number[service.number]
        del self._by_key[(service.server, service.question)]
        return service
