"""BIND as a machine: clients, aliases, failures that are remembered, expired answers, and refreshes before and behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from mailsim.rules.dns.bind.addresses import Addresses
from mailsim.rules.dns.bind.fetch import Outcome
from mailsim.rules.dns.bind.resolver import Resolver
from mailsim.rules.dns.bind.settings import BindRules
from mailsim.rules.dns.bind.store import Kept, Store
from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.machine import Action, Alarm, Chance, Hint, Say, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer

__all__ = ["Bind"]

#: by how much clients-per-query grows when a question with so many clients was answered (fctx_sendevents)
_SPILL_STEP = 5


@dataclass(eq=False)
class _Client:
    """A client's question as it stands (ns_client, query.c)."""

    token: object
    question: Question
    current: Question
    chain: list[RRset] = field(default_factory=list)
    restarts: int = 0
    #: expired answers will do from now on
    stale: bool = False
    waiting: bool = False
    over: bool = False


class Bind:
    """The program (lib/ns/query.c around the resolver).

    Parameters
    ----------
    rules : BindRules
        Its settings.
    hints : tuple of Hint
        Delegations that it knows without asking.
    chance : callable
        Uniform draws by purpose.
    phase_us : int
        How far the wall clock is into its second at t = 0.
    """

    def __init__(self, rules: BindRules, hints: tuple[Hint, ...], chance: Chance, phase_us: int) -> None:
        self._rules = rules
        self._chance = chance
        self._actions: list[Action] = []
        self._store = Store(rules, phase_us)
        addresses = Addresses(chance, edns_seen=rules.edns_seen, longest_us=rules.longest_wait_us)
        self._resolver = Resolver(rules, hints, self._store, addresses, self._actions)
        self._failed: dict[Question, int] = {}
        self._spill_at = rules.clients_per_query
        self._turns: dict[tuple[str, str], int] = {}

    # -- the machine

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the cache answers at once."""
        return self._store.hit(question, t_us)

    def asking(self, question: Question) -> bool:
        """Whether a fetch for it is under way."""
        return self._resolver.running(question) is not None

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client asks."""
        self._look(_Client(client, question, question), t_us)
        return self._done()

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came from a server."""
        self._resolver.heard(number, what, t_us)
        return self._done()

    def rang(self, what: object, t_us: int) -> list[Action]:
        """A question's or a fetch's time is over, or a client has waited long enough for an expired answer."""
        assert isinstance(what, tuple)
        kind, which = what
        if kind == "packet":
            self._resolver.rang(which, t_us)
        elif kind == "over":
            self._resolver.expire(which, t_us)
        elif not which.over:
            self._say_stale(which, t_us)
        return self._done()

    def _done(self) -> list[Action]:
        actions = self._actions[:]
        self._actions.clear()
        return actions

    # -- a client's question

    def _look(self, client: _Client, t_us: int) -> None:
        """Follow the cache as far as it goes, then fetch (ns__query_start, query_lookup)."""
        now_s = self._store.second(t_us)
        while True:
            kept = self._store.find(client.current, now_s, stale=client.stale or self._rules.stale_client_timeout_us == 0)
            if kept is None:
                return self._recurse(client, t_us)
            expired = kept.expiry_s <= now_s and kept.ttl_s > 0
            if expired and not client.stale and not self._in_refresh_window(kept, now_s):
                self._refresh(client.current, t_us)  # stale-answer-client-timeout 0: at once, and a refresh behind
            elif not expired:
                self._prefetch(kept, client.current, now_s, t_us)
            if not self._take(client, kept, now_s, expired=expired):
                return self._say(client, kept.rcode)

    def _take(self, client: _Client, kept: Kept, now_s: int, *, expired: bool) -> bool:
        """Take an RRset into the answer; gives whether an alias has to be followed."""
        if kept.rrset is None:
            return False
        ttl = self._rules.stale_answer_ttl_s if expired else kept.expiry_s - now_s
        return self._add(client, kept.rrset._replace(ttl=ttl))

    def _add(self, client: _Client, rrset: RRset) -> bool:
        client.chain.append(rrset)
        if rrset.rtype != "CNAME" or client.current.rtype == "CNAME":
            return False
        client.current = Question(rrset.rdatas[0], client.current.rtype)
        client.restarts += 1
        if client.restarts > self._rules.max_query_restarts:
            client.over = True
        return not client.over

    def _recurse(self, client: _Client, t_us: int) -> None:
        """Fetch what the cache has not; a question with too many clients drops the next one (query_recurse)."""
        if self._failed.get(client.current, -1) > t_us:
            return self._say(client, Rcode.SERVFAIL)
        running = self._resolver.running(client.current)
        if running is not None and running.clients >= self._rules.clients_per_query > 0:
            running.spilled = running.spilled or running.clients >= self._spill_at
            if running.spilled:
                client.over = True
                return None  # no answer at all
        client.waiting = True
        if self._rules.stale_answer and self._rules.stale_client_timeout_us > 0:
            self._actions.append(Alarm(t_us + self._rules.stale_client_timeout_us, ("stale", client)))
        self._resolver.fetch(client.current, partial(self._resume, client), t_us, client=True)
        return None

    def _resume(self, client: _Client, outcome: Outcome, t_us: int) -> None:
        """The fetch is over (query_resume)."""
        if outcome.spilled and outcome.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
            self._spill_at = min(outcome.spilled + _SPILL_STEP, self._rules.max_clients_per_query)
        if client.over:
            return None
        client.waiting = False
        if outcome.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            if self._use_stale(client, outcome, t_us):
                return self._look(client, t_us)
            self._failed[client.current] = t_us + self._rules.servfail_ttl_us
            return self._say(client, Rcode.SERVFAIL)
        if outcome.rrset is None:
            return self._say(client, outcome.rcode)
        if self._add(client, outcome.rrset):
            return self._look(client, t_us)
        return self._say(client, Rcode.NOERROR)

    def _use_stale(self, client: _Client, outcome: Outcome, t_us: int) -> bool:
        """Whether an expired answer is to be tried (query_usestale); after a time-out it counts as fresh for a while."""
        if client.stale or not (self._rules.stale_answer and self._rules.stale_cache):
            return False
        kept = self._store.find(client.current, self._store.second(t_us), stale=True)
        if kept is None:
            return False
        if outcome.timed_out:
            kept.failed_s = self._store.second(t_us)
        client.stale = True
        return True

    def _say_stale(self, client: _Client, t_us: int) -> None:
        """stale-answer-client-timeout: the expired answer now, if there is one; the fetch goes on."""
        kept = self._store.find(client.current, self._store.second(t_us), stale=True)
        if client.waiting and kept is not None:
            client.stale = True
            self._look(client, t_us)

    # -- refreshes

    def _in_refresh_window(self, kept: Kept, now_s: int) -> bool:
        return kept.failed_s >= 0 and now_s < kept.failed_s + self._rules.stale_refresh_s

    def _refresh(self, question: Question, t_us: int) -> None:
        """Fetch it behind an expired answer, from the root down (query_stale_refresh; BIND 9.18.49 recorded)."""
        if self._resolver.running(question) is None:
            self._resolver.fetch(question, partial(self._refreshed, question), t_us, from_root=True)

    def _refreshed(self, question: Question, outcome: Outcome, t_us: int) -> None:
        kept = self._store.find(question, self._store.second(t_us), stale=True)
        if outcome.timed_out and kept is not None:
            kept.failed_s = self._store.second(t_us)

    def _prefetch(self, kept: Kept, question: Question, now_s: int, t_us: int) -> None:
        """Fetch it before it expires (named.conf prefetch)."""
        if kept.eligible and kept.expiry_s - now_s <= self._rules.prefetch_trigger_s:
            kept.eligible = False
            kept.entry = None
            if self._resolver.running(question) is None:
                self._resolver.fetch(question, None, t_us)

    # -- answers

    def _say(self, client: _Client, rcode: int) -> None:
        too_long = client.over
        client.over = True
        if too_long:
            rcode = Rcode.SERVFAIL  # max-query-restarts: the part that was found goes along
        last = client.chain[-1] if client.chain else None
        final = last is not None and last.rtype == client.question.rtype
        chain = tuple(self._ordered(rrset) for rrset in client.chain)
        ttl = min((rrset.ttl for rrset in chain), default=0)
        answer = Answer(rcode, chain, chain[-1].rdatas if final else (), ttl)
        self._actions.append(Say(client.token, answer))

    def _ordered(self, rrset: RRset) -> RRset:
        """The order in which records are written (named.conf rrset-order)."""
        n = len(rrset.rdatas)
        if n < 2 or self._rules.rrset_order in ("none", "fixed"):
            return rrset
        if self._rules.rrset_order == "cyclic":
            key = (rrset.name, rrset.rtype)
            k = self._turns[key] = (self._turns.get(key, -1) + 1) % n
            return rrset._replace(rdatas=rrset.rdatas[k:] + rrset.rdatas[:k])
        rest = list(rrset.rdatas)
        drawn = [rest.pop(int(self._chance("order") * len(rest))) for _ in range(n)]
        return rrset._replace(rdatas=tuple(drawn))
