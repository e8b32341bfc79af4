"""How unbound finds an answer: from the cache, down the delegations, server after server, and up again when all have failed."""

from __future__ import annotations

from typing import Protocol

from mailsim.rules.dns.machine import Chance, Hint
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.unbound.delegation import Delegation
from mailsim.rules.dns.unbound.infra import Infra
from mailsim.rules.dns.unbound.lookup import Lookup, Minimise
from mailsim.rules.dns.unbound.settings import UnboundRules
from mailsim.rules.dns.unbound.store import GLUE, Reply, Store
from mailsim.rules.dns.zones import Answer

__all__ = ["Iterator", "Mesh"]

#: name servers' addresses that a lookup of this depth asks for beforehand (unbound.conf(5) target-fetch-policy "3 2 1 0 0")
FETCH_POLICY = (3, 2, 1, 0, 0)
#: names of more labels are asked several labels at a time (iterator.h MAX_MINIMISE_COUNT, MINIMISE_ONE_LAB, MINIMISE_MULTIPLE_LABS)
MANY_LABELS, ONE_BY_ONE, STEPS = 10, 4, 6
MOST_REFERRALS = 130  #: iterator.h MAX_REFERRAL_COUNT


class Mesh(Protocol):
    """What the iterator needs of the mesh around it."""

    def send(self, lookup: Lookup, server: str, zone: str, t_us: int) -> None:
        """Ask a server ``lookup.out``."""
        ...

    def sub(self, above: Lookup, question: Question, delegation: Delegation | None, t_us: int) -> bool:
        """Begin (or join) a lookup that ``above`` waits for; with a delegation, at its parent's side.  False for a ring."""
        ...

    def done(self, lookup: Lookup, reply: Reply | None, t_us: int) -> None:
        """The lookup is over: with a reply, or (None) with SERVFAIL."""
        ...


def _above(name: str) -> str:
    return name.partition(".")[2]


def _inside(name: str, zone: str) -> bool:
    return zone == "" or name == zone or name.endswith("." + zone)


class Iterator:
    """The iterator module (iterator/iterator.c), the states INIT_REQUEST, QUERYTARGETS and QUERY_RESP."""

    def __init__(self, rules: UnboundRules, hints: tuple[Hint, ...], store: Store, infra: Infra, chance: Chance, mesh: Mesh) -> None:
        self._rules = rules
        self._hints = {hint.origin: hint for hint in hints}
        self._store = store
        self._infra = infra
        self._chance = chance
        self._mesh = mesh

    # -- INIT_REQUEST

    def begin(self, lookup: Lookup, t_us: int) -> None:
        """Follow the cache as far as it goes, then find the closest known servers and ask them."""
        now_s = self._store.second(t_us)
        while not lookup.fresh:
            if lookup.restarts > self._rules.max_restarts:
                return self._fail(lookup, t_us, keep=False)
            message = self._store.message(lookup.chase, now_s)
            if message is not None:
                if message.rcode == Rcode.SERVFAIL:
                    return self._fail(lookup, t_us, keep=False)
                chain = tuple(k.rrset._replace(ttl=k.expiry_s - now_s) for k in self._store.answer(message))
                return self._finish(lookup, Reply(message.rcode, chain, ()), t_us)
            alias = self._store.rrset(lookup.chase.name, "CNAME", now_s) if lookup.chase.rtype != "CNAME" else None
            if alias is None:
                break
            self._follow(lookup, (alias.rrset._replace(ttl=alias.expiry_s - now_s),))
        if lookup.restarts > self._rules.max_restarts:
            return self._fail(lookup, t_us, keep=False)
        found = self._delegation(lookup, now_s)
        lookup.refetch = False
        if found is None:
            return self._fail(lookup, t_us, keep=False)
        lookup.delegation = found
        return self.targets(lookup, t_us)

    def _follow(self, lookup: Lookup, links: tuple[RRset, ...]) -> None:
        """An alias: go on with the name that it points to."""
        lookup.links.extend(links)
        lookup.chase = Question(links[-1].rdatas[0], lookup.chase.rtype)
        lookup.restarts += 1
        lookup.sent = 0
        lookup.minimise = Minimise.INIT

    def _delegation(self, lookup: Lookup, now_s: int) -> Delegation | None:
        """The servers of the closest enclosing zone that are known; above ``lookup.delegation`` for a second look at it."""
        if self._rules.forward:
            found = Delegation("", forward=True, parent_side=True)
            for address in self._rules.forward:
                found.add(address)
            return found
        name = lookup.chase.name
        if lookup.refetch and lookup.delegation is not None:
            if lookup.delegation.zone == "":
                return None
            name = _above(lookup.delegation.zone)
        while True:
            if name in self._hints:
                found = Delegation(name)
                for host, addresses in self._hints[name].servers:
                    found.hosts[host] = True
                    for address in addresses:
                        found.add(address)
                return found
            ns = self._store.rrset(name, "NS", now_s)
            if ns is not None:
                found = Delegation(name)
                self._add_hosts(found, ns.rrset, now_s)
                if found.targets or not all(_inside(host, name) for host in found.hosts):
                    return found
            if name == "":
                return None
            name = _above(name)

    def _add_hosts(self, delegation: Delegation, ns: RRset, now_s: int) -> None:
        """Name servers with the addresses that the cache has."""
        for host in ns.rdatas:
            delegation.hosts.setdefault(host, False)
            for rtype in ("A", "AAAA"):
                kept = self._store.rrset(host, rtype, now_s)
                if kept is not None:
                    delegation.hosts[host] = True
                    for address in kept.rrset.rdatas:
                        delegation.add(address)

    # -- QUERYTARGETS

    def targets(self, lookup: Lookup, t_us: int) -> None:
        """Ask the next server; when there is none left, wait for addresses, or try the last resorts."""
        delegation = lookup.delegation
        if lookup.over or lookup.busy or delegation is None:
            return None
        if lookup.referrals > MOST_REFERRALS or lookup.sent > self._rules.max_sent:
            return self._fail(lookup, t_us, keep=False)
        now_s = self._store.second(t_us)
        if delegation.forward or not self._rules.qname_minimisation:
            lookup.out = lookup.chase
        else:
            self._minimise(lookup, delegation, now_s)
        policy = FETCH_POLICY[min(lookup.depth, len(FETCH_POLICY) - 1)]
        if policy and not lookup.subs:
            self._fetch(lookup, delegation, policy, t_us)
        target = delegation.choose(self._infra, lookup.out.rtype, now_s, self._rules, self._chance)
        if target is not None:
            lookup.busy = True
            lookup.sent += 1
            return self._mesh.send(lookup, target.address, delegation.zone, t_us)
        if lookup.subs or self._fetch(lookup, delegation, 1, t_us):
            return None
        return self._last_resort(lookup, delegation, t_us)

    def _minimise(self, lookup: Lookup, delegation: Delegation, now_s: int) -> None:
        """Which name is shown to these servers, and with which type (processQueryTargets)."""
        if lookup.minimise is Minimise.INIT:
            lookup.out = Question(delegation.zone, "A")
            lookup.minimised = 0
            lookup.minimise = Minimise.ON
        while lookup.minimise is Minimise.ON:
            labels = lookup.chase.name.split(".") if lookup.chase.name else []
            shown = len(lookup.out.name.split(".")) if lookup.out.name else 0
            hidden = len(labels) - shown
            lookup.minimised += 1
            lookup.timeouts = 0
            delegation.forgive(self._rules.outbound_msg_retry)
            strip = _stripped(len(labels), hidden, lookup.minimised)
            lookup.out = Question(".".join(labels[max(strip - 1, 0) :]), "A")
            if hidden < 1 or (strip < 2 and lookup.chase.rtype in ("A", "DS")):
                lookup.minimise = Minimise.OFF
                break
            message = self._store.message(lookup.out, now_s)
            if message is None or message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
                return  # else it is known already: one label more
        if lookup.minimise is Minimise.SKIP:
            lookup.minimise = Minimise.ON if lookup.timeouts < self._rules.minimise_timeouts else Minimise.OFF
        if lookup.minimise is Minimise.OFF:
            lookup.out = lookup.chase

    def _fetch(self, lookup: Lookup, delegation: Delegation, most: int, t_us: int) -> int:
        """Ask for addresses of name servers that have none yet, at most so many; gives how many were asked for."""
        begun = 0
        for host, known in list(delegation.hosts.items()):
            if known or begun >= most or lookup.depth >= self._rules.max_depth:
                continue
            delegation.hosts[host] = True
            if self._mesh.sub(lookup, Question(host, "A"), None, t_us):
                begun += 1
        return begun if not lookup.over else 1

    def _last_resort(self, lookup: Lookup, delegation: Delegation, t_us: int) -> None:
        """All servers have failed: look at the parent's NS records and addresses once more (processLastResort)."""
        now_s = self._store.second(t_us)
        if delegation.forward or not self._rules.last_resort:
            return self._fail(lookup, t_us)
        if not delegation.parent_side:
            ns = self._store.parent(delegation.zone, "NS", now_s)
            if ns is None and delegation.zone != "":
                lookup.earlier = delegation
                lookup.refetch = True
                lookup.restarts += 1
                lookup.sent = 0
                return self.begin(lookup, t_us)
            delegation.parent_side = True
            if ns is not None:
                self._add_hosts(delegation, ns, now_s)
        before = len(delegation.targets)
        for host in delegation.hosts:
            glue = self._store.parent(host, "A", now_s)
            if glue is not None and host not in delegation.at_parent:
                delegation.at_parent.add(host)
                for address in glue.rdatas:
                    delegation.add(address)
        if len(delegation.targets) > before:
            return self.targets(lookup, t_us)
        if lookup.depth < self._rules.max_depth and delegation.zone != "":
            for host in delegation.hosts:
                if host not in delegation.at_parent:
                    delegation.at_parent.add(host)
                    if self._mesh.sub(lookup, Question(host, "A"), delegation, t_us):
                        return None
        if lookup.parent_glue and not lookup.found_glue:
            self._store.keep_no_parent(lookup.chase, now_s)
        return self._fail(lookup, t_us)

    # -- QUERY_RESP

    def heard(self, lookup: Lookup, answer: Answer | None, t_us: int) -> None:
        """A server answered, or (None) did not (processQueryResponse)."""
        lookup.busy = False
        delegation = lookup.delegation
        if lookup.over or delegation is None:
            return None
        minimising = self._rules.qname_minimisation and not delegation.forward
        if answer is None:
            lookup.timeouts += 1
            if minimising:
                lookup.minimise = Minimise.SKIP
            return self.targets(lookup, t_us)
        ns = answer.delegation
        if ns is not None and ns.name != delegation.zone and _inside(ns.name, delegation.zone) and _inside(lookup.out.name, ns.name):
            return self._referred(lookup, answer, ns, t_us)
        if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN) or ns is not None:
            lookup.minimise = Minimise.OFF if minimising else lookup.minimise
            return self.targets(lookup, t_us)
        links = tuple(rrset for rrset in answer.chain if rrset.rtype == "CNAME")
        if not delegation.forward and lookup.out.rtype != "CNAME":
            links = links[:1]  # of a chain only the first link is believed, the next name is asked for (recorded: cname_long)
        complete = not links or (len(links) < len(answer.chain) and delegation.forward) or lookup.out.rtype == "CNAME"
        hiding = minimising and lookup.minimise is not Minimise.OFF
        now_s = self._store.second(t_us)
        if complete:
            beside = tuple(r for r in (*answer.authority, *answer.additional) if _inside(r.name, delegation.zone))
            reply = Reply(answer.rcode, answer.chain, beside)
            # a name shown with another type leaves its RRsets only: the next question for it shows it once more
            message = self._store.put(lookup.out, reply, t_us, lookup.leeway_s, whole=lookup.out.rtype == lookup.chase.rtype)
            reply = reply._replace(chain=tuple(k.rrset._replace(ttl=k.expiry_s - now_s) for k in self._store.answer(message)))
        elif not hiding:
            for rrset in links:
                self._store.keep(rrset, GLUE + 1, now_s, lookup.leeway_s)
            self._follow(lookup, links)
            lookup.delegation = None
            return self.begin(lookup, t_us)
        if hiding:
            if answer.rcode != Rcode.NOERROR:
                lookup.minimise = Minimise.OFF
            return self.targets(lookup, t_us)
        return self._finish(lookup, reply, t_us)

    def _referred(self, lookup: Lookup, answer: Answer, ns: RRset, t_us: int) -> None:
        """Go down to the servers that the referral names."""
        now_s = self._store.second(t_us)
        self._store.keep(ns, GLUE, now_s)
        glue = [rrset for rrset in answer.additional if rrset.rtype in ("A", "AAAA") and rrset.name in ns.rdatas]
        for rrset in glue:
            self._store.keep(rrset, GLUE, now_s)
            if lookup.parent_glue and not lookup.found_glue and (rrset.name, rrset.rtype) == lookup.chase:
                lookup.found_glue = True
                self._store.keep_parent(rrset, now_s)
        if lookup.earlier is not None:
            self._store.keep_parent(ns, now_s)
        found = Delegation(ns.name, parent_side=True)
        self._add_hosts(found, ns, now_s)
        if lookup.earlier is not None and lookup.earlier.zone == found.zone:
            found.inherit(lookup.earlier, self._rules.outbound_msg_retry)
        lookup.delegation = found
        lookup.minimise = Minimise.INIT
        lookup.referrals += 1
        lookup.sent = 0
        self.targets(lookup, t_us)

    # -- the end

    def _finish(self, lookup: Lookup, reply: Reply, t_us: int) -> None:
        if lookup.links:
            reply = Reply(reply.rcode, (*lookup.links, *reply.chain), reply.beside)
            self._store.put(lookup.question, reply, t_us, lookup.leeway_s)
        self._mesh.done(lookup, reply, t_us)

    def _fail(self, lookup: Lookup, t_us: int, *, keep: bool = True) -> None:
        """SERVFAIL; kept for a while where it was established by asking (error_response_cache)."""
        if keep and not (lookup.leeway_s > self._rules.servfail_ttl_s and self._store.postpone(lookup.question, t_us)):
            self._store.put_failure(lookup.question, t_us)
        self._mesh.done(lookup, None, t_us)


def _stripped(labels: int, hidden: int, step: int) -> int:
    """How many labels stay hidden, plus one: usually one label more is shown at each step."""
    if labels + 1 > MANY_LABELS and hidden > 1 and step > ONE_BY_ONE:
        if step >= MANY_LABELS:
            return 1
        several = labels - ONE_BY_ONE
        extra = several // STEPS - (1 if MANY_LABELS - step >= several % STEPS else 0)
        return hidden - extra if extra < hidden else 1
    return hidden
