"""What programs call their answers: words and lines as they stand in the recordings."""

from __future__ import annotations

import pytest

from mailsim.rules.dns import Rcode
from mailsim.rules.dns.stubs import CLOSED, CUT
from mailsim.rules.reasons import Why
from mailsim.validation.dns.stubwords import Told, in_words

S = 1_000_000
MX = "example.tld. 300 MX 10 n1.example.tld.\nexample.tld. 300 MX 20 n2.example.tld."
A = "n1.example.tld. 300 A 192.0.2.1"
SOA = ";example.tld. 3600 SOA ns1.example.tld. hostmaster.example.tld. 1 7200 900 1209600 60"


Asked = tuple[tuple[float, bool, Why], ...]
OPEN: tuple[float, bool, Why] = (0.0, False, Why.OK)


def told(function: str, name: str, rtype: str, rcode: int, records: str = "", asked: Asked = (OPEN,), end_s: float = 1) -> Told:
    rows = tuple((round(t * S), "192.0.2.53", by_tcp, why) for t, by_tcp, why in asked)
    return Told(function, name, rtype, rcode, records, rows, round(end_s * S))


@pytest.mark.parametrize(
    ("flavour", "function", "rtype", "rcode", "records", "word"),
    [
        ("glibc", "getaddrinfo", "A", 0, A, "OK"),
        ("glibc", "getaddrinfo", "ANY", Rcode.NXDOMAIN, "", "EAI_NONAME"),
        ("glibc", "getaddrinfo", "A", 0, "", "EAI_NODATA"),
        ("glibc", "getaddrinfo", "A", Rcode.SERVFAIL, "", "EAI_AGAIN"),
        ("glibc", "res_query", "MX", 0, MX, "OK"),
        ("glibc", "res_query", "MX", 0, "", "NO_DATA/errno=0"),
        ("glibc", "res_search", "MX", Rcode.NXDOMAIN, "", "HOST_NOT_FOUND/errno=0"),
        ("glibc", "res_query", "MX", Rcode.TIMEOUT, "", "TRY_AGAIN/errno=110"),
        ("glibc", "res_query", "MX", Rcode.SERVFAIL, "", "TRY_AGAIN/errno=110"),
        ("glibc", "res_query", "MX", CLOSED, "", "TRY_AGAIN/errno=111"),  # ECONNREFUSED (res_send.c)
        ("glibc", "res_query", "MX", CUT, "", "TRY_AGAIN/errno=0"),  # send_vc: errno is 0 when the other side closes
        ("dnspython", "resolve", "A", Rcode.TIMEOUT, "", "LifetimeTimeout"),
        ("dnspython", "resolve", "A", Rcode.SERVFAIL, "", "NoNameservers"),
        ("dnspython", "resolve", "A", Rcode.NXDOMAIN, "", "NXDOMAIN"),
        ("dnspython", "resolve", "A", 0, "", "NoAnswer"),
        ("cares", "query", "A", 0, "", "ARES_ENODATA"),
        ("cares", "query", "A", Rcode.NXDOMAIN, "", "ARES_ENOTFOUND"),
        ("cares", "query", "A", Rcode.TIMEOUT, "", "ARES_ETIMEOUT"),
        ("cares", "query", "A", CLOSED, "", "ARES_ECONNREFUSED"),  # ares.h
    ],
)
def test_status_words(flavour: str, function: str, rtype: str, rcode: int, records: str, word: str) -> None:
    assert in_words(flavour, told(function, "n1.example.tld.", rtype, rcode, records))[0] == word


@pytest.mark.parametrize(
    ("flavour", "function", "rtype", "records", "answers"),
    [
        ("glibc", "getaddrinfo", "ANY", A, ["192.0.2.1"]),
        ("glibc", "res_query", "MX", MX, ["10 n1.example.tld.", "20 n2.example.tld."]),
        ("dnspython", "resolve", "MX", MX, ["10 n1.example.tld.", "20 n2.example.tld."]),
        ("cares", "query", "A", A, ["ARecordData(addr='192.0.2.1')"]),
        (
            "cares",
            "query",
            "MX",
            MX,
            ["MXRecordData(priority=10, exchange='n1.example.tld')", "MXRecordData(priority=20, exchange='n2.example.tld')"],
        ),
        ("dig", "dig", "MX", MX, ["example.tld.\t\t300\tIN\tMX\t10 n1.example.tld.", "example.tld.\t\t300\tIN\tMX\t20 n2.example.tld."]),
        ("host", "host", "MX", MX, [f"example.tld mail is handled by {mx} n{mx // 10}.example.tld." for mx in (10, 20)]),
        ("host", "host", "A", A, ["n1.example.tld has address 192.0.2.1"]),
    ],
)
def test_records_as_programs_print_them(flavour: str, function: str, rtype: str, records: str, answers: list[str]) -> None:
    assert in_words(flavour, told(function, "example.tld.", rtype, 0, records))[1] == answers


class TestDig:
    def test_no_is_shown_with_the_soa(self) -> None:
        status, lines = in_words("dig", told("dig", "nx.example.tld.", "MX", Rcode.NXDOMAIN, SOA, (OPEN,)))
        assert status == "exit=0 NXDOMAIN"
        assert lines == ["example.tld.\t\t3600\tIN\tSOA\tns1.example.tld. hostmaster.example.tld. 1 7200 900 1209600 60"]

    def test_every_question_in_vain_is_complained_about(self) -> None:
        asked = ((0.0, False, Why.SILENT), (5.0, False, Why.REFUSED), (5.1, False, Why.SILENT))
        status, _ = in_words("dig", told("dig", "example.tld.", "MX", Rcode.TIMEOUT, "", asked, 10.1))
        error = "communications error to 192.0.2.53#53"
        assert status == f"exit=9 | {error}: timed out | {error}: connection refused | {error}: timed out | no servers could be reached"

    def test_an_answer_that_came_too_late_is_a_time_out(self) -> None:
        status, _ = in_words("dig", told("dig", "example.tld.", "MX", 0, MX, (OPEN, (5.0, False, Why.OK)), 5.01))
        assert status == "exit=0 | communications error to 192.0.2.53#53: timed out NOERROR"

    def test_tcp_has_ten_seconds(self) -> None:
        asked = (OPEN, (0.01, True, Why.SILENT), (10.01, True, Why.OK))
        status, _ = in_words("dig", told("dig", "example.tld.", "MX", 0, MX, asked, 10.02))
        assert status.count("timed out") == 1

    def test_refused_is_a_status(self) -> None:
        assert in_words("dig", told("dig", "example.tld.", "MX", Rcode.REFUSED, "", (OPEN,))) == ("exit=0 REFUSED", [])


class TestHost:
    @pytest.mark.parametrize(
        ("rcode", "status", "line"),
        [
            (Rcode.NXDOMAIN, "exit=1 | Host nx.tld. not found: 3(NXDOMAIN)", "Host nx.tld. not found: 3(NXDOMAIN)"),
            (Rcode.REFUSED, "exit=1", "Host nx.tld not found: 5(REFUSED)"),
            (Rcode.NOERROR, "exit=0", "nx.tld has no MX record"),
        ],
    )
    def test_a_no_in_its_words(self, rcode: int, status: str, line: str) -> None:
        assert in_words("host", told("host", "nx.tld.", "MX", rcode, "", (OPEN,))) == (status, [line])

    def test_silence_ends_with_status_one(self) -> None:
        status, lines = in_words("host", told("host", "nx.tld.", "MX", Rcode.TIMEOUT, "", ((0.0, False, Why.SILENT),), 5))
        assert status == "exit=1 | communications error to 192.0.2.53#53: timed out | no servers could be reached"
        assert lines == []
