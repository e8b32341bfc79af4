"""The figures of stub resolvers and of authoritative name servers, validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from mailsim.declared import Declared, Duration, HostName
from mailsim.flavours import flavour
from mailsim.flavours.models import Drawn
from mailsim.rules.dns.machine import Chance
from mailsim.rules.dns.stubs import (
    CaresRules,
    CaresStub,
    DighostRules,
    DighostStub,
    DnspythonRules,
    DnspythonStub,
    GlibcRules,
    GlibcStub,
    LatencyRules,
    Rfc1035Rules,
    Rfc1035Stub,
    StubMachine,
)

__all__ = [
    "STUB_MODELS",
    "CaresFigures",
    "DighostFigures",
    "DnspythonFigures",
    "GlibcFigures",
    "NameserverFigures",
    "Rfc1035Figures",
    "StubFigures",
    "nameserver_figures",
    "stub_figures",
    "stub_model",
]

Count = Annotated[int, Field(ge=1)]
#: octets of UDP that a stub takes: 512 without EDNS (RFC 1035 section 4.2.1), else what its OPT record says
UdpOctets = Annotated[int, Field(ge=512, le=65_535)]


class _Figures(Declared):
    """What every stub has: ``overhead`` is what a call costs besides waiting, such as the start of a program."""

    overhead: Drawn


class GlibcFigures(_Figures):
    """The GNU C library; named after the options of resolv.conf(5)."""

    timeout: Annotated[Duration, Field(ge=1_000_000, le=30_000_000)]
    attempts: Annotated[int, Field(ge=1, le=5)]
    ndots: Annotated[int, Field(ge=0, le=15)]
    rotate: bool
    udp_octets: UdpOctets
    tcp_timeout: Duration
    single_request: bool
    single_request_reopen: bool
    use_vc: bool
    no_aaaa: bool
    search: tuple[HostName, ...] = ()

    def machine(self, servers: tuple[str, ...], chance: Chance, phase_us: int) -> StubMachine:
        """A process that uses the library."""
        rules = GlibcRules(
            timeout_us=self.timeout,
            attempts=self.attempts,
            ndots=self.ndots,
            rotate=self.rotate,
            octets=self.udp_octets,
            tcp_timeout_us=self.tcp_timeout,
            single_request=self.single_request,
            reopen=self.single_request_reopen,
            by_tcp=self.use_vc,
            no_aaaa=self.no_aaaa,
            search=self.search,
        )
        return GlibcStub(rules, servers, chance)


class DnspythonFigures(_Figures):
    """dnspython; named after the attributes of ``dns.resolver.Resolver``."""

    timeout: Duration
    lifetime: Duration
    backoff: Duration
    backoff_maximum: Duration
    udp_octets: UdpOctets
    rotate: bool
    retry_servfail: bool

    def machine(self, servers: tuple[str, ...], chance: Chance, phase_us: int) -> StubMachine:
        """A resolver object."""
        rules = DnspythonRules(
            timeout_us=self.timeout,
            lifetime_us=self.lifetime,
            pause_us=self.backoff,
            pause_most_us=self.backoff_maximum,
            octets=self.udp_octets,
            rotate=self.rotate,
            retry_servfail=self.retry_servfail,
        )
        return DnspythonStub(rules, servers, chance)


class CaresFigures(_Figures):
    """c-ares; named after the options of ares_init_options(3) and the constants of ares_metrics.c."""

    timeout: Duration
    tries: Count
    udp_octets: UdpOctets
    retry_chance: Annotated[int, Field(ge=0)]
    retry_delay: Duration
    qcache_max_ttl: Duration
    rotate: bool
    ndots: Annotated[int, Field(ge=0, le=15)]
    timeout_minimum: Duration
    timeout_maximum: Duration
    timeout_factor: Count
    answers_for_average: Count
    search: tuple[HostName, ...] = ()

    def machine(self, servers: tuple[str, ...], chance: Chance, phase_us: int) -> StubMachine:
        """A channel; ``phase_us`` is how far its clock is into its second."""
        rules = CaresRules(
            timeout_us=self.timeout,
            tries=self.tries,
            octets=self.udp_octets,
            retry_chance=self.retry_chance,
            retry_delay_us=self.retry_delay,
            cache_most_s=self.qcache_max_ttl // 1_000_000,
            rotate=self.rotate,
            ndots=self.ndots,
            search=self.search,
            latency=LatencyRules(self.timeout_minimum, self.timeout_maximum, self.timeout_factor, self.answers_for_average),
        )
        return CaresStub(rules, servers, chance, phase_us=phase_us)


class DighostFigures(_Figures):
    """dig and host; named after the options of dig(1)."""

    timeout: Duration
    tcp_timeout: Duration
    tries: Count
    udp_octets: UdpOctets
    fail: bool
    ndots: Annotated[int, Field(ge=0, le=15)]
    search: tuple[HostName, ...] = ()

    def machine(self, servers: tuple[str, ...], chance: Chance, phase_us: int) -> StubMachine:
        """A run of the program."""
        rules = DighostRules(self.timeout, self.tcp_timeout, self.tries, self.udp_octets, self.fail, self.ndots, self.search)
        return DighostStub(rules, servers, chance)


class Rfc1035Figures(_Figures):
    """librfc1035, the resolver library of Courier, and libasr, that of OpenSMTPD."""

    first_wait: Annotated[Duration, Field(gt=0)]
    rounds: Count
    growth: Count
    shared: bool = False
    udp_octets: UdpOctets

    def machine(self, servers: tuple[str, ...], chance: Chance, phase_us: int) -> StubMachine:
        """A process that uses the library."""
        return Rfc1035Stub(Rfc1035Rules(self.first_wait, self.rounds, self.growth, self.udp_octets, self.shared), servers, chance)


#: the figures of any stub program
StubFigures: TypeAlias = GlibcFigures | DnspythonFigures | CaresFigures | DighostFigures | Rfc1035Figures

#: machine that a stub's flavour file names -> the model of its figures
STUB_MODELS: dict[str, type[StubFigures]] = {
    "glibc": GlibcFigures,
    "dnspython": DnspythonFigures,
    "cares": CaresFigures,
    "dighost": DighostFigures,
    "rfc1035": Rfc1035Figures,
}


class NameserverFigures(Declared):
    """How an authoritative server writes its answers.

    Parameters
    ----------
    permutes : bool
        The records of an answer come in a drawn order.
    order_life : duration
        How long such an order stays (0: each answer has its own).
    additional : bool
        Answers carry the addresses of mail and name servers.
    """

    permutes: bool
    order_life: Duration = 0
    additional: bool


def stub_model(name: str) -> type[StubFigures]:
    """The model that the figures of the stub flavour ``name`` are validated by."""
    return STUB_MODELS[flavour(name, "stub").machine]


def stub_figures(name: str, overrides: Mapping[str, Any] | None = None) -> StubFigures:
    """The figures of the stub flavour ``name`` with ``overrides`` on top.

    Raises
    ------
    UnknownNameError
        There is no such flavour.
    pydantic.ValidationError
        An override is wrong.
    """
    found = flavour(name, "stub")
    values = {key: figure.value for key, figure in found.figures.items()}
    return STUB_MODELS[found.machine].model_validate({**values, **(overrides or {})})


def nameserver_figures(name: str, overrides: Mapping[str, Any] | None = None) -> NameserverFigures:
    """The figures of the name server flavour ``name`` with ``overrides`` on top; raises as :func:`stub_figures`."""
    values = {key: figure.value for key, figure in flavour(name, "nameserver").figures.items()}
    return NameserverFigures.model_validate({**values, **(overrides or {})})
