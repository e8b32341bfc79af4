"""unbound as a machine: clients that wait, lookups that wait for lookups, expired answers and refreshes behind."""

from __future__ import annotations

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.machine import Action, Alarm, Chance, Hint, Say, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.unbound.delegation import Delegation
from mailsim.rules.dns.unbound.infra import Infra
from mailsim.rules.dns.unbound.iterator import Iterator
from mailsim.rules.dns.unbound.lookup import Lookup
from mailsim.rules.dns.unbound.services import Service, Services
from mailsim.rules.dns.unbound.settings import UnboundRules
from mailsim.rules.dns.unbound.store import Message, Reply, Store, shown
from mailsim.rules.dns.zones import Answer

__all__ = ["Unbound"]

SERVFAIL = Answer(Rcode.SERVFAIL)
#: a refresh replaces everything that dies within so much after the answer that it refreshes (PREFETCH_EXPIRY_ADD)
REFRESH_AHEAD_S = 60


class Unbound:
    """The program (services/mesh.c, daemon/worker.c around the iterator).

    Parameters
    ----------
    rules : UnboundRules
        Its settings.
    hints : tuple of Hint
        Delegations that it knows without asking.
    chance : callable
        Uniform draws by purpose.
    phase_us : int
        How far the wall clock is into its second at t = 0.
    """

    def __init__(self, rules: UnboundRules, hints: tuple[Hint, ...], chance: Chance, phase_us: int) -> None:
        self._rules = rules
        self._chance = chance
        self._store = Store(rules, phase_us)
        self._infra = Infra(rules)
        self._services = Services(rules, self._infra)
        self._iterator = Iterator(rules, hints, self._store, self._infra, chance, self)
        self._lookups: dict[Question, Lookup] = {}
        self._actions: list[Action] = []

    # -- the machine

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the message cache answers at once."""
        return self._store.hit(question, t_us)

    def asking(self, question: Question) -> bool:
        """Whether a lookup for it is under way."""
        return question in self._lookups

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client asks (worker_handle_request)."""
        now_s = self._store.second(t_us)
        message = self._store.message(question, now_s)
        if message is not None:
            self._say(client, self._from_cache(message, question, now_s))
            if self._rules.prefetch and now_s >= message.prefetch_s:
                self._refresh(question, message.expiry_s - now_s, t_us)
            return self._done()
        if self._rules.serve_expired and not self._rules.serve_expired_client_timeout_ms:
            stale = self._stale(question, now_s)
            if stale is not None:
                self._say(client, stale)
                self._refresh(question, 0, t_us)
                return self._done()
        lookup = self._lookups.get(question)
        begun = lookup is not None
        if lookup is None:
            lookup = self._lookups[question] = Lookup(question, question, question)
        lookup.clients.append((client, t_us))
        if self._rules.serve_expired and self._rules.serve_expired_client_timeout_ms and not lookup.stale_clock:
            lookup.stale_clock = True
            self._actions.append(Alarm(t_us + self._rules.serve_expired_client_timeout_ms * 1000, ("stale", lookup)))
        if not begun:
            self._iterator.begin(lookup, t_us)
        return self._done()

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came from a server."""
        actions, service, answer = self._services.heard(number, what, t_us, self._store.second(t_us))
        self._actions += actions
        self._served(service, answer, t_us)
        return self._done()

    def rang(self, what: object, t_us: int) -> list[Action]:
        """A packet's time is over, or clients have waited long enough for an expired answer."""
        assert isinstance(what, tuple)
        kind, which = what
        if kind == "packet":
            actions, service = self._services.rang(which, t_us, self._store.second(t_us))
            self._actions += actions
            self._served(service, None, t_us)
        elif not which.over:
            which.stale_clock = False
            self._say_stale(which, t_us)
        return self._done()

    def _done(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    # -- what the iterator wants

    def send(self, lookup: Lookup, server: str, zone: str, t_us: int) -> None:
        """Ask a server."""
        self._actions += self._services.ask(lookup, server, zone, lookup.out, t_us, self._store.second(t_us))

    def sub(self, above: Lookup, question: Question, delegation: Delegation | None, t_us: int) -> bool:
        """Begin or join a lookup of a name server's address."""
        if _waits_for(above, question):
            return False
        lookup = self._lookups.get(question)
        begun = lookup is not None
        if lookup is None:
            lookup = self._lookups[question] = Lookup(question, question, question, depth=above.depth + 1)
            if delegation is not None:
                lookup.delegation, lookup.refetch = delegation, True
                lookup.fresh = lookup.parent_glue = True
        lookup.supers.append(above)
        above.subs += 1
        if not begun:
            self._iterator.begin(lookup, t_us)
        return True

    def done(self, lookup: Lookup, reply: Reply | None, t_us: int) -> None:
        """Answer all who wait (mesh_query_done); who has waited longer than the discard time-out gets nothing."""
        lookup.over = True
        if self._lookups.get(lookup.question) is lookup:
            del self._lookups[lookup.question]
        if reply is None and self._rules.serve_expired and lookup.clients:
            self._say_stale(lookup, t_us)
        answer = SERVFAIL if reply is None else shown(reply.rcode, list(reply.chain), lookup.question)
        limit = self._rules.discard_timeout_ms * 1000
        for client, asked_us in lookup.clients:
            if not limit or t_us - asked_us <= limit:
                self._say(client, answer)
        lookup.clients = []
        for above in lookup.supers:
            above.subs -= 1
            if reply is not None and above.delegation is not None:
                for rrset in reply.chain:
                    for address in rrset.rdatas if rrset.rtype in ("A", "AAAA") else ():
                        above.delegation.add(address)
            self._iterator.targets(above, t_us)

    def _served(self, service: Service | None, answer: Answer | None, t_us: int) -> None:
        for lookup in service.waiting if service is not None else ():
            self._iterator.heard(lookup, answer, t_us)

    # -- answers

    def _say(self, client: object, answer: Answer) -> None:
        if self._rules.rrset_roundrobin and any(len(rrset.rdatas) > 1 for rrset in answer.chain):
            answer = _rotated(answer, self._chance("rotation"))
        self._actions.append(Say(client, answer))

    def _from_cache(self, message: Message, question: Question, now_s: int) -> Answer:
        chain = [kept.rrset._replace(ttl=kept.expiry_s - now_s) for kept in self._store.answer(message)]
        return shown(message.rcode, chain, question)

    def _stale(self, question: Question, now_s: int) -> Answer | None:
        """The expired answer, if there is one and it is not too old (RFC 8767; unbound.conf(5) serve-expired-ttl)."""
        message = self._store.message(question, now_s, expired=True)
        if message is None or message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return None
        if self._rules.serve_expired_ttl_s and message.expiry_s + self._rules.serve_expired_ttl_s < now_s:
            return None
        ttl = self._rules.serve_expired_reply_ttl_s
        return shown(message.rcode, [kept.rrset._replace(ttl=ttl) for kept in self._store.answer(message)], question)

    def _say_stale(self, lookup: Lookup, t_us: int) -> None:
        """Give all who wait the expired answer, if there is one; the lookup goes on (mesh_serve_expired_callback)."""
        stale = self._stale(lookup.question, self._store.second(t_us))
        if stale is None:
            return
        limit = self._rules.discard_timeout_ms * 1000
        for client, asked_us in lookup.clients:
            if not limit or t_us - asked_us <= limit:
                self._say(client, stale)
        lookup.clients = []

    def _refresh(self, question: Question, left_s: int, t_us: int) -> None:
        """Fetch it again behind the answer (mesh_new_prefetch)."""
        if question not in self._lookups:
            lookup = self._lookups[question] = Lookup(question, question, question, fresh=True, leeway_s=left_s + REFRESH_AHEAD_S)
            self._iterator.begin(lookup, t_us)


def _waits_for(lookup: Lookup, question: Question) -> bool:
    """Whether a lookup, or one that waits for it, is for this very question: then it would wait for itself."""
    return lookup.question == question or any(_waits_for(above, question) for above in lookup.supers)


def _rotated(answer: Answer, draw: float) -> Answer:
    """Each RRset begins at a random place (unbound.conf(5) rrset-roundrobin)."""
    chain = []
    for rrset in answer.chain:
        k = int(draw * len(rrset.rdatas))
        chain.append(RRset(rrset.name, rrset.rtype, rrset.ttl, rrset.rdatas[k:] + rrset.rdatas[:k]))
    return answer._replace(chain=tuple(chain), rdatas=chain[-1].rdatas if answer.rdatas else ())
