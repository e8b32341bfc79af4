"""How BIND finds an answer: down the zone cuts with minimised names, pass after pass over the servers, until ten seconds are over."""

from __future__ import annotations

from mailsim.rules.dns.bind.addresses import Addresses
from mailsim.rules.dns.bind.fetch import Asking, Fetch, Outcome, Waiter
from mailsim.rules.dns.bind.settings import BindRules
from mailsim.rules.dns.bind.store import Store
from mailsim.rules.dns.machine import Action, Alarm, Hint, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer

__all__ = ["Resolver"]

#: shorter names are tried for so many labels at the most (DNS_QMIN_MAXLABELS)
MOST_CUTS = 7
SERVFAIL = Outcome(Rcode.SERVFAIL)
TIMED_OUT = Outcome(Rcode.SERVFAIL, timed_out=True)


def _inside(name: str, zone: str) -> bool:
    return zone == "" or name == zone or name.endswith("." + zone)


class Resolver:
    """The resolver (lib/dns/resolver.c); what is to be done is put into ``actions``."""

    def __init__(self, rules: BindRules, hints: tuple[Hint, ...], store: Store, addresses: Addresses, actions: list[Action]) -> None:
        self._rules = rules
        self._hints = {hint.origin: hint for hint in hints}
        self._store = store
        self._addresses = addresses
        self._actions = actions
        self._fetches: dict[tuple[Question, bool], Fetch] = {}
        self._asking: dict[int, Fetch] = {}
        self._numbers = 0

    def running(self, question: Question) -> Fetch | None:
        """The fetch for a question, if there is one."""
        return self._fetches.get((question, False))

    def fetch(
        self,
        question: Question,
        waiter: Waiter | None,
        t_us: int,
        *,
        client: bool = False,
        for_cut: bool = False,
        depth: int = 0,
        from_root: bool = False,
    ) -> None:
        """Begin a fetch, or wait for the one that is running (dns_resolver_createfetch)."""
        key = (question, for_cut)
        running = self._fetches.get(key)
        fetch = running or Fetch(question, for_cut, t_us, depth)
        fetch.clients += client
        if waiter is not None:
            fetch.waiters.append(waiter)
        if running is not None:
            return None
        self._fetches[key] = fetch
        limit = t_us + self._rules.resolver_query_timeout_us
        self._actions.append(Alarm(limit + self._rules.backstop_us, ("over", fetch)))
        if depth > self._rules.max_recursion_depth:
            return self._done(fetch, SERVFAIL, t_us)
        self._find_cut(fetch, t_us, from_root=from_root)
        self._minimise(fetch)
        return self._try(fetch, t_us)

    # -- where to ask

    def _find_cut(self, fetch: Fetch, t_us: int, *, from_root: bool = False) -> None:
        """The closest enclosing zone whose name servers are known (dns_view_findzonecut)."""
        if self._rules.forward:
            fetch.zone, fetch.servers = "", self._rules.forward
            return
        now_s = self._store.second(t_us)
        name = "" if from_root else fetch.question.name
        while True:
            if name in self._hints:
                fetch.zone = name
                fetch.servers = tuple(a for _, addresses in self._hints[name].servers for a in addresses)
                return
            ns = self._store.living(name, "NS", now_s)
            if ns is not None:
                fetch.zone = name
                self._servers_of(fetch, ns, t_us)
                return
            if name == "":
                fetch.zone, fetch.servers = "", ()
                return
            name = name.partition(".")[2]

    def _servers_of(self, fetch: Fetch, ns: RRset, t_us: int) -> None:
        """Addresses of name servers; those that are not known are fetched beside (dns_adb_createfind)."""
        now_s = self._store.second(t_us)
        found: dict[str, None] = {}
        for host in ns.rdatas:
            known = [self._store.living(host, rtype, now_s) for rtype in ("A", "AAAA")]
            for rrset in known:
                found.update(dict.fromkeys(rrset.rdatas if rrset is not None else ()))
            if not any(known) and host not in fetch.hosts_asked and not _inside(host, ns.name):
                fetch.hosts_asked.add(host)
                fetch.waits += 1

                def came(outcome: Outcome, at_us: int) -> None:
                    fetch.waits -= 1
                    if outcome.rrset is not None:
                        fetch.servers += tuple(a for a in outcome.rrset.rdatas if a not in fetch.servers)
                    if fetch.asking is None and not fetch.over:
                        self._try(fetch, at_us)

                self.fetch(Question(host, "A"), came, t_us, depth=fetch.depth + 1)
        fetch.servers = tuple(found)

    def _minimise(self, fetch: Fetch) -> None:
        """The name to show: one label more than the zone has (fctx_minimize_qname); None for the full name."""
        fetch.cut = None
        if not self._rules.qname_minimization or self._rules.forward or fetch.full or fetch.for_cut:
            return
        labels = fetch.question.name.split(".") if fetch.question.name else []
        shown = (len(fetch.zone.split(".")) if fetch.zone else 0) + 1
        if shown < len(labels) and shown <= MOST_CUTS:
            fetch.cut = ".".join(labels[-shown:])

    # -- asking

    def _try(self, fetch: Fetch, t_us: int) -> None:
        """Ask the next server; after the last one begin again (fctx_try)."""
        if fetch.over or fetch.asking is not None:
            return None
        if t_us >= fetch.began_us + self._rules.resolver_query_timeout_us:
            return self._done(fetch, TIMED_OUT, t_us)
        untried = [server for server in fetch.untried if server not in fetch.bad]
        if not untried:
            untried = [server for server in fetch.servers if server not in fetch.bad]
            if not untried:
                if not fetch.waits:
                    self._done(fetch, SERVFAIL, t_us)
                return None
            fetch.restarts += 1
        order = self._addresses.order(untried)
        if fetch.cut is not None:
            fetch.untried = []
            return self._look_for_cut(fetch, fetch.cut, t_us)
        server, fetch.untried = order[0], order[1:]
        return self._send(fetch, server, t_us)

    def _look_for_cut(self, fetch: Fetch, cut: str, t_us: int) -> None:
        """Ask for the NS records of a shorter name first, in a fetch of its own (RFC 9156, relaxed)."""
        fetch.cut = None
        before = fetch.zone

        def came(outcome: Outcome, at_us: int) -> None:
            if fetch.over:
                return
            self._find_cut(fetch, at_us)
            fetch.full = outcome.rcode != Rcode.NOERROR
            if fetch.zone == before and not fetch.full:
                fetch.zone = cut  # no zone cut there: one label more, at the same servers
                self._minimise(fetch)
                fetch.zone = before
                if fetch.cut == cut:
                    fetch.cut = None
            else:
                self._minimise(fetch)
            self._try(fetch, at_us)

        self.fetch(Question(cut, "NS"), came, t_us, for_cut=True, depth=fetch.depth)

    def _send(self, fetch: Fetch, server: str, t_us: int, *, tcp: bool = False) -> None:
        """One question; over TCP only the fetch's own end stops the waiting."""
        self._numbers += 1
        number = self._numbers
        fetch.asking = Asking(number, server, t_us, tcp)
        self._asking[number] = fetch
        self._actions.append(Send(number, server, fetch.question, "tcp" if tcp else "udp"))
        if not tcp:
            wait = min(self.interval_us(fetch.restarts, server), fetch.began_us + self._rules.resolver_query_timeout_us - t_us)
            self._actions.append(Alarm(t_us + max(wait, 0) + self._rules.timer_slack_us, ("packet", number)))

    def interval_us(self, restarts: int, server: str) -> int:
        """How long to wait for a server in a pass (fctx_setretryinterval)."""
        wait = self._rules.retry_interval_us << min(max(restarts - self._rules.nonbackoff_tries, 0), 6)
        rtt = self._addresses.srtt_us(server)
        if server in self._rules.forward:
            rtt = max(rtt, self._rules.forwarder_rtt_us)
        rtt += 50_000 if rtt < 50_000 else 100_000 if rtt < 100_000 else 200_000
        return min(max(wait, rtt), self._rules.longest_wait_us)

    # -- hearing

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> None:
        """Something came for a question that is still under way; whatever comes later finds its port closed."""
        fetch = self._asking.pop(number, None)
        if fetch is None or fetch.asking is None:
            return None
        asking, fetch.asking = fetch.asking, None
        if what is Trouble.CLOSED:
            fetch.bad.add(asking.server)
            self._addresses.lost(asking.server)
            return self._try(fetch, t_us)
        self._addresses.answered(asking.server, t_us - asking.sent_us)
        self._addresses.age(fetch.untried, self._store.second(t_us))
        if what is Trouble.TRUNCATED:
            return self._send(fetch, asking.server, t_us, tcp=True)
        assert isinstance(what, Answer)
        return self._response(fetch, asking.server, what, t_us)

    def _response(self, fetch: Fetch, server: str, answer: Answer, t_us: int) -> None:
        ns = answer.delegation
        if ns is not None and ns.name != fetch.zone and _inside(ns.name, fetch.zone) and _inside(fetch.question.name, ns.name):
            return self._referred(fetch, answer, ns, t_us)
        if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN) or ns is not None:
            fetch.bad.add(server)
            return self._try(fetch, t_us)
        for rrset in answer.additional:
            if _inside(rrset.name, fetch.zone):
                self._store.put(rrset, t_us, answer=False)
        if not answer.chain:
            self._store.put_absence(fetch.question, answer.rcode, answer.soa, t_us)
            return self._done(fetch, Outcome(answer.rcode), t_us)
        # of a chain of aliases only the first link is taken: the rest is asked for (rctx_answer_cname)
        return self._done(fetch, Outcome(Rcode.NOERROR, self._store.put(answer.chain[0], t_us, answer=True).rrset), t_us)

    def _referred(self, fetch: Fetch, answer: Answer, ns: RRset, t_us: int) -> None:
        """Servers of a zone further down (rctx_referral): the next ones to ask, or all that was wanted."""
        self._store.put(ns, t_us, answer=False)
        for rrset in answer.additional:
            if rrset.name in ns.rdatas and _inside(rrset.name, fetch.zone):
                self._store.put(rrset, t_us, answer=False)
        if fetch.for_cut and ns.name == fetch.question.name:
            return self._done(fetch, Outcome(Rcode.NOERROR, ns), t_us)
        fetch.zone = ns.name
        self._servers_of(fetch, ns, t_us)
        fetch.untried, fetch.restarts = [], 0
        self._minimise(fetch)
        return self._try(fetch, t_us)

    def rang(self, number: int, t_us: int) -> None:
        """A question's time is over: the next server, or the end of the fetch (rctx_timedout)."""
        fetch = self._asking.pop(number, None)
        if fetch is None or fetch.asking is None:
            return None
        asking, fetch.asking = fetch.asking, None
        self._addresses.lost(asking.server)
        if t_us >= fetch.began_us + self._rules.resolver_query_timeout_us:
            return self._done(fetch, TIMED_OUT, t_us)
        return self._try(fetch, t_us)

    def expire(self, fetch: Fetch, t_us: int) -> None:
        """The backstop: a fetch that hangs is ended."""
        if not fetch.over:
            self._done(fetch, TIMED_OUT, t_us)

    def _done(self, fetch: Fetch, outcome: Outcome, t_us: int) -> None:
        fetch.over = True
        if fetch.asking is not None:
            self._asking.pop(fetch.asking.number, None)
            fetch.asking = None
        del self._fetches[(fetch.question, fetch.for_cut)]
        if fetch.spilled:
            outcome = outcome._replace(spilled=fetch.clients)
        for waiter in fetch.waiters:
            waiter(outcome, t_us)
