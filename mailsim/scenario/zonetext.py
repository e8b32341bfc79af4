"""The text of a zone before dnspython reads it: logical lines with their owners, directives, caps, and laymen's lines."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["DEFAULT_TTL_S", "Line", "ZoneText", "scan"]

#: TTL in seconds of records in a zone that names none anywhere: the hour that is common in practice
DEFAULT_TTL_S = 3600

#: no zone text may be longer, in characters
LONGEST_TEXT = 2**20

#: no zone may have more records
MOST_RECORDS = 20_000

_NAMELESS = "the zone does not say which domain it is; begin it with a line such as: $ORIGIN example.com."
_DIRECTIVES = {
    "$INCLUDE": "$INCLUDE is not allowed: a zone never reads other files; put its records here",
    "$GENERATE": "$GENERATE is not allowed; write the records out",
}
_LAYMAN = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\s+(?P<preference>\d{1,5})\s+(?P<target>[A-Za-z0-9_.:-]+)")


class Line(NamedTuple):
    """A record as it stands: its row in the text from 1, its owner as an absolute name, and what follows."""

    row: int
    owner: str
    rest: str
    indented: bool = False


@dataclass
class ZoneText:
    """A scanned zone: its origin (lower case, no final dot), its records' lines, notes and problems (row, what)."""

    text: str
    origin: str = ""
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    added_lines: int = 0

    def as_master_file(self) -> str:
        """The text for dnspython, with what it would miss put in front."""
        return f"$TTL {DEFAULT_TTL_S}\n{self.text}" if self.added_lines else self.text


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with parentheses joined and comments cut off (RFC 1035 section 5.1), with the row that each begins in."""
    row = start = 1
    depth, quoted, comment, escaped = 0, False, False, False
    part: list[str] = []
    for character in text + "\n":
        if character == "\n":
            comment = escaped = False
            if depth == 0 or quoted:  # a text does not run over the end of a line
                depth, quoted = 0, False
                yield start, "".join(part)
                part, start = [], row + 1
            else:
                part.append(" ")
            row += 1
            continue
        if comment:
            continue
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character == ";":
            comment = True
            continue
        elif not quoted and character in "()":
            depth = max(0, depth + (1 if character == "(" else -1))
            character = " "
        part.append(character)
    if depth:
        yield start, "".join(part)


def scan(text: str, file: str, *, origin: str = "") -> ZoneText:
    """Find the origin and the records' lines; refuse what must not be read at all.

    Parameters
    ----------
    text : str
        The zone.
    file : str
        A name such as ``example.com.zone`` gives the origin where the text does not.
    origin : str
        The origin, where the text is part of a known zone.
    """
    result = ZoneText(text)
    if len(text) > LONGEST_TEXT:
        result.problems.append((1, f"the zone has more than {LONGEST_TEXT // 1024} KiB of text"))
        return result
    logical = [(row, line) for row, line in _logical(text) if line.strip()]
    if len(logical) > MOST_RECORDS:
        result.problems.append((logical[MOST_RECORDS][0], f"the zone has more than {MOST_RECORDS:,} records"))
        return result
    if not logical:
        result.problems.append((1, "the zone is empty; it needs at least one record"))
        return result
    if not origin and all(_LAYMAN.fullmatch(line.strip()) for _, line in logical):
        return _laymans(text, logical)
    _walk(result, logical, _starting_origin(file, origin))
    if origin:
        result.origin = origin
    _default_ttl(result, logical)
    return result


def _starting_origin(file: str, origin: str) -> str:
    if origin:
        return origin.rstrip(".").lower() + "."
    stem = re.sub(r"^db\.|\.(zone|db|txt)$", "", re.split(r"[/\\]", file)[-1])
    return stem.lower() + "." if "." in stem and stem != re.split(r"[/\\]", file)[-1] else ""


def _walk(result: ZoneText, logical: list[tuple[int, str]], current: str) -> None:
    """Follow ``$ORIGIN`` and owners from line to line."""
    hint, owner, soa, first = current, "", "", ""
    for row, line in logical:
        words = line.split(None, 1)
        word = words[0].upper()
        if word.startswith("$"):
            if word in _DIRECTIVES:
                result.problems.append((row, _DIRECTIVES[word]))
            elif word == "$ORIGIN":
                named = words[1].split()[0].lower() if len(words) > 1 else ""
                if not named.endswith(".") and not current:
                    mend = f"; write: $ORIGIN {named}." if named else "; write for example: $ORIGIN example.com."
                    result.problems.append((row, f"$ORIGIN needs an absolute name, with a final dot{mend}"))
                    named = named and named + "."
                current = _absolute(named, current)
                first = first or current
            elif word != "$TTL":
                result.problems.append((row, f"unknown directive {words[0][:40]!r}; a zone here may use $ORIGIN and $TTL"))
            continue
        indented = line[0] in " \t"
        if not indented:
            owner = _absolute(words[0].lower(), current)
        elif not owner:
            result.problems.append((row, "the first record has no name; write it at the start of the line (@ for the zone itself)"))
            owner = current
        rest = line.strip() if indented else (words[1] if len(words) > 1 else "")
        if not owner.endswith("."):
            if not any(what == _NAMELESS for _, what in result.problems):
                result.problems.append((row, _NAMELESS))
            continue
        result.lines.append(Line(row, owner, rest, indented))
        if "SOA" in rest.upper().split()[:3]:
            if soa and soa != owner:
                result.problems.append((row, f"a second SOA record, for {owner}; one text holds one zone"))
            soa = owner
    found = soa or first or hint or _shortest(result.lines)
    result.origin = found.rstrip(".")
    if found != ".":  # the root zone has everything inside it
        _outside(result)


def _absolute(name: str, origin: str) -> str:
    if name == "@":
        return origin
    if name.endswith(".") or not origin:
        return name  # without an origin it stays relative, and is refused
    return name + "." if origin == "." else f"{name}.{origin}"


def _shortest(lines: list[Line]) -> str:
    """The origin of a text without ``$ORIGIN`` and SOA, all names absolute: the name that all others end in."""
    owners = sorted({line.owner for line in lines}, key=len)
    return owners[0] if owners and all(o == owners[0] or o.endswith("." + owners[0]) for o in owners) else ""


def _outside(result: ZoneText) -> None:
    """Records whose owner lies outside the zone are passed over, as name servers do, but not in silence."""
    if not result.origin:
        if result.lines and not result.problems:
            result.problems.append((result.lines[0].row, _NAMELESS))
        return
    inside = (result.origin + ".", "." + result.origin + ".")
    for line in result.lines:
        if line.owner != inside[0] and not line.owner.endswith(inside[1]):
            result.notes.append(f"zone {result.origin}: the record of {line.owner} in row {line.row} lies outside the zone and is ignored")


def _default_ttl(result: ZoneText, logical: list[tuple[int, str]]) -> None:
    """Without ``$TTL`` a record has the TTL of the one before it, or of the SOA (RFC 1035 section 5.1); the first needs one."""
    if not result.lines or any(line.split(None, 1)[0].upper() == "$TTL" for _, line in logical):
        return
    words = result.lines[0].rest.upper().split()
    if words and words[0] in ("IN", "CH", "HS"):
        words = words[1:]
    if words and not re.fullmatch(r"(\d+[WDHMS]?)+", words[0]) and "SOA" not in words[:2]:
        result.added_lines = 1
        result.notes.append(f"zone {result.origin}: no $TTL; records without a TTL of their own get {DEFAULT_TTL_S} s")


def _laymans(text: str, logical: list[tuple[int, str]]) -> ZoneText:
    """``domain.tld 10 123.123.123.123``: the hosts get names, because an MX record points to a name (RFC 5321 section 5.1)."""
    result = ZoneText(text)
    records: list[str] = []
    named: list[str] = []
    for row, line in logical:
        found = _LAYMAN.fullmatch(line.strip())
        assert found is not None
        name = found["name"].rstrip(".").lower()
        result.origin = result.origin or name
        if name != result.origin:
            result.problems.append((row, f"one text holds one zone: {name} needs a text of its own beside {result.origin}"))
            continue
        if int(found["preference"]) > 65_535:
            result.problems.append((row, "a preference is a number from 0 to 65535"))
            continue
        try:
            address = ipaddress.ip_address(found["target"])
        except ValueError:
            if re.fullmatch(r"[\d.]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*", found["target"]):
                result.problems.append((row, f"{found['target']!r} is not an address"))
            records.append(f"{name}. MX {found['preference']} {found['target'].rstrip('.')}.")
            continue
        host = f"mx{len(named) + 1}.{name}"
        named.append(f"{host} ({address})")
        records += [f"{name}. MX {found['preference']} {host}.", f"{host}. {'A' if address.version == 4 else 'AAAA'} {address}"]
    result.text = f"$TTL {DEFAULT_TTL_S}\n" + "\n".join(records) + "\n"
    if named:
        result.notes.append(
            f"zone {result.origin}: a real MX record points to a host name, never to an address (RFC 5321 section 5.1); "
            f"the hosts are named {', '.join(named)}"
        )
    result.notes.append(f"zone {result.origin}: the lines name no TTL; the records get {DEFAULT_TTL_S} s")
    return result
