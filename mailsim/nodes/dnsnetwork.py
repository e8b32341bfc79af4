"""What becomes of a DNS question that is sent to an address: who gets it, what comes back, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.draws import Distribution
from mailsim.nodes.dnspackets import DnsPackets, Unheard
from mailsim.nodes.world import Life, World
from mailsim.rules.conditions import NORMAL, Condition, Direction
from mailsim.rules.dns import Answer, Question, Rcode, answer_octets
from mailsim.rules.dns.machine import Send, Trouble
from mailsim.rules.reasons import Why

__all__ = ["DNS_ORDER", "DnsNetwork", "Hear"]

#: rank of DNS among the events of one instant: after changes of conditions, before messages
DNS_ORDER = 1
SECOND_US = 1_000_000

#: what hears that something came back, and when
Hear = Callable[[Answer | Trouble, int], None]


class DnsNetwork:
    """Carries questions over UDP and TCP to name servers (look-ahead) and to resolvers (actors).

    A question is judged at the instant at which it reaches the server; an answer on its way gets through.  A TCP question
    costs one round trip more, for the connection (RFC 9293 section 3.5).  What asking a resolver costs is charged on the way
    back (its ``stub_delay``), so that its cache is read at the instant asked.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._sent: dict[tuple[str, Question], int] = {}
        self._lossy: dict[tuple[str, str], int] = {}
        self._orders: dict[tuple[str, Question], int] = {}
        self._packets = DnsPackets(world)

    def send(self, asker: str, question: Send, t_us: int, hear: Hear, far: Distribution) -> Why:
        """Send a question at the clock's instant; ``hear`` is called when something comes back, if ever.

        Parameters
        ----------
        asker : str
            The node that sends.
        question : Send
            What is asked of which address, over which transport.
        t_us : int
            The clock.
        hear : callable
            Takes the answer (or trouble) and the instant at which it is here.
        far : Distribution
            Round-trip time of servers that are not declared as nodes.

        Returns
        -------
        Why
            What became of it on the way: ``OK`` it was answered, ``SILENT``, ``REFUSED`` nobody read it there.
        """
        world = self._world
        resolver = world.server_at(question.server, "dns")
        if resolver is not None:
            return self._ask_resolver(asker, resolver, question, t_us, hear)
        serving = world.compiled.name_service.servings.get(question.server)
        if serving is None:
            return Why.SILENT  # an address without a DNS server: nothing comes back
        rtt = self._rtt_us(asker, serving.node, question.question, far) + self._packets.lag_us(asker, serving.node, t_us)
        if question.proto == "open":
            world.spawn(self._opened(asker, serving.node, question.server, t_us, rtt, hear), DNS_ORDER)
            return Why.OK
        again = self._packets.again_us(asker, serving.node, question.server, t_us, rtt) if question.proto == "tcp" else 0
        if again is None:
            return Why.SILENT
        there = t_us + again + (rtt >> 1) + (rtt if question.proto == "tcp" and not question.standing else 0)
        condition = self._name_condition(question.question, there)
        if serving.node is not None:
            condition = condition.with_worse(self._condition(asker, serving.node, question, there))
        if condition.reach != Why.OK:
            if condition.reach != Why.SILENT:
                self.later(t_us + rtt, hear, Trouble.CLOSED)
            return condition.reach
        if condition.loss and self._lost(asker, question.server, condition.loss):
            return Why.SILENT
        if question.proto == "udp" and any(self._packets.lost(asker, question.server, condition) for _ in ("question", "answer")):
            return Why.SILENT
        shown = there if condition.as_of_us < 0 else condition.as_of_us
        answer = world.compiled.name_service.answer(question.server, question.question, shown)
        if serving.manner.permuted and len(answer.rdatas) > 1:
            answer = self._permuted(answer, question, serving.manner.order_us, there)
        if condition.rcode >= 0:
            soa = answer.authority if condition.rcode == Rcode.NXDOMAIN else ()
            answer = Answer(condition.rcode, negative_ttl=answer.negative_ttl, authority=soa)
        leaves = there + condition.delay_us + self._work_us(asker, serving.node, question.question)
        self.later(leaves + (rtt - (rtt >> 1)), hear, _as_sent(answer, question, condition))
        return Why.OK

    def reach(self, asker: str, node: str, question: Question, t_us: int, proto: str = "udp") -> Why:
        """Whether a resolver node can be asked at an instant."""
        compiled = self._world.compiled
        path, service = compiled.path(asker, node), compiled.dns_service(node, proto, question.rtype, question.name)
        if path.quiet and service.quiet:
            return Why.OK
        reach: Why = path.at(t_us).with_worse(service.at(t_us)).reach
        return reach

    def _ask_resolver(self, asker: str, resolver: Any, question: Send, t_us: int, hear: Hear) -> Why:
        condition = self._condition(asker, resolver.name, question, t_us)
        if condition.reach == Why.SILENT and condition.direction == Direction.BACK and not condition.stopped:
            resolver.put(question.question, t_us, Unheard())  # it is asked all the same, and keeps the answer
        if condition.reach != Why.OK:
            if condition.reach != Why.SILENT:
                self.later(t_us + resolver.stub_delay_us, hear, Trouble.CLOSED)
            return condition.reach
        if condition.loss and self._lost(asker, question.server, condition.loss):
            return Why.SILENT
        udp = question.proto == "udp"
        again = 0 if udp else self._packets.again_us(asker, resolver.name, question.server, t_us, resolver.stub_delay_us)
        if again is None or (udp and self._packets.lost(asker, question.server, condition)):
            return Why.SILENT
        if udp and self._packets.lost(asker, question.server, condition):
            resolver.put(question.question, t_us, Unheard())
            return Why.SILENT
        back = resolver.stub_delay_us + condition.delay_us + condition.lag_us + again

        said = _Said(self, question, condition, back, hear)
        if condition.rcode >= 0:
            said(Answer(condition.rcode), t_us)
        else:
            resolver.put(question.question, t_us, said)
        return Why.OK

    def _opened(self, asker: str, node: str | None, server: str, t_us: int, rtt_us: int, hear: Hear) -> Life:
        """A TCP connection: SYNs go out at 0, 1, 3, 7 ... s until one is answered (RFC 6298 section 5.7; Linux tcp_syn_retries 6)."""
        at = t_us
        for wait_s in (1, 2, 4, 8, 16, 32, 64):
            reach = Why.OK
            if node is not None:
                compiled = self._world.compiled
                condition = compiled.dns_service(node, "open", "", "").at(at).with_worse(compiled.path(asker, node).at(at))
                lost = any(self._packets.lost(asker, server, condition) for _ in ("SYN", "its answer"))
                reach = Why.SILENT if lost else condition.reach
            if reach != Why.SILENT:
                yield at + rtt_us
                hear(Trouble.OPEN if reach == Why.OK else Trouble.CLOSED, at + rtt_us)
                return
            at += wait_s * SECOND_US
            yield at

    def _rtt_us(self, asker: str, node: str | None, question: Question, far: Distribution) -> int:
        """Round-trip time, drawn for each time that this asker sends this question."""
        turn = self._sent.get((asker, question), 0)
        self._sent[(asker, question)] = turn + 1
        distance = far if node is None else self._world.compiled.link(asker, node).rtt
        return self._world.draws.stream(f"dns {asker} {question.name}/{question.rtype}", distance).at(turn)

    def _work_us(self, asker: str, node: str | None, question: Question) -> int:
        """What a declared server needs for its answer."""
        if node is None:
            return 0
        work = self._world.compiled.nodes[node].declaration.answer_time
        turn = self._sent[(asker, question)]
        return self._world.draws.stream(f"dns work {node} {question.name}/{question.rtype}", work.distribution()).at(turn)

    def _condition(self, asker: str, node: str, question: Send, t_us: int) -> Condition:
        """All that is wrong on the way to a server and with its service."""
        compiled = self._world.compiled
        service: Condition = compiled.dns_service(node, question.proto, question.question.rtype, question.question.name).at(t_us)
        return service.with_worse(compiled.path(asker, node).at(t_us))

    def _name_condition(self, question: Question, t_us: int) -> Condition:
        """What is wrong with a name, whichever server is asked."""
        found = NORMAL
        for fault in self._world.compiled.conditions.names:
            if fault.concerns(*question):
                found = found.with_worse(fault.timeline.at(t_us))
        return found

    def _permuted(self, answer: Answer, question: Send, life_us: int, t_us: int) -> Answer:
        """The answer with its records in a drawn order: for each answer, or the same one as long as a server keeps its answers."""
        key = (question.server, question.question)
        turn = self._orders[key] = t_us // life_us if life_us else self._orders.get(key, -1) + 1
        name, rtype = question.question
        order = self._world.draws.order(f"order of {question.server} {name}/{rtype}", turn, 0, len(answer.rdatas))
        rdatas = tuple(answer.rdatas[k] for k in order)
        return answer._replace(rdatas=rdatas, chain=(*answer.chain[:-1], answer.chain[-1]._replace(rdatas=rdatas)))

    def _lost(self, asker: str, server: str, share: float) -> bool:
        turn = self._lossy.get((asker, server), 0)
        self._lossy[(asker, server)] = turn + 1
        return self._world.draws.uniform(f"dns loss {asker} {server}", turn) < share

    def later(self, at_us: int, hear: Hear, what: Answer | Trouble) -> None:
        """Call ``hear`` then."""
        self._world.spawn(_delivered(at_us, hear, what), DNS_ORDER)


class _Said:
    """Passes a resolver's answer back to who asked; equal for the repeats of one question, which come from one socket."""

    def __init__(self, network: DnsNetwork, question: Send, condition: Condition, back_us: int, hear: Hear) -> None:
        self._network, self._question, self._condition, self._back_us, self._hear = network, question, condition, back_us, hear

    def __call__(self, answer: Answer, at_us: int) -> None:
        self._network.later(at_us + self._back_us, self._hear, _as_sent(answer, self._question, self._condition))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Said) and self._hear == other._hear

    def __hash__(self) -> int:
        return hash(self._hear)


def _as_sent(answer: Answer, question: Send, condition: Condition) -> Answer | Trouble:
    """The answer as it leaves: too large for what the asker takes over UDP, it is only the TC bit (RFC 2181 section 9)."""
    if question.proto == "udp" and (condition.truncated or answer_octets(question.question, answer) > question.octets):
        return Trouble.TRUNCATED
    return answer


def _delivered(at_us: int, hear: Hear, what: Answer | Trouble) -> Life:
    yield at_us
    hear(what, at_us)
