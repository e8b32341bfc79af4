"""What a fault may name, and what is said where it names nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailsim.errors import did_you_mean
from mailsim.nodes import Mailstore, Mta
from mailsim.rules.smtp import Stage
from mailsim.scenario.places import ends_of_link, places
from mailsim.scenario.zones import record_types

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.faults.base import FaultDeclaration
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["AUTH_OF", "STAGES", "check_kinds", "check_reply", "check_target", "is_one_of", "link_of"]

#: how a target begins that means who checks the passwords of a node
AUTH_OF = "auth of "

#: the words for the stages of a session
STAGES = {stage.name.lower(): stage for stage in (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.EOD)}

_REPLY = re.compile(r"(?P<code>[245][0-5][0-9])(?: (?P<enhanced>[245]\.\d{1,3}\.\d{1,3}))?(?: [ -~]*)?")


def is_one_of(found: list[str]) -> str:
    """``; there are mx1, mx2``, or nothing."""
    from mailsim.scenario.nodechecks import among

    return among(found)


def link_of(target: str, names: object) -> tuple[str, str]:
    """The two nodes of ``link a-b``, which was validated."""
    found = ends_of_link(target[5:].strip(), names)  # type: ignore[arg-type]
    assert found is not None, f"{target!r} was validated"
    return found


def check_target(sight: Sight, path: Path, target: str) -> Iterator[Complaint]:
    """Complain where a target means nothing."""
    known = dict.fromkeys(sight.names)
    if target in known:
        return
    kind, _, rest = target.partition(" ")
    if kind == "link":
        if ends_of_link(rest.strip(), known) is None:
            wrong = [part for part in rest.strip().split("-", 1) if part not in known]
            near = did_you_mean(wrong[0], known) if wrong else ""
            yield path, f"{target[:60]!r} names no two nodes; write link a-b{near or is_one_of(list(known))}", 0
    elif kind == "dns":
        yield from _check_name(sight, path, rest.strip())
    elif target.startswith(AUTH_OF):
        yield from _check_auth(sight, path, target.removeprefix(AUTH_OF).strip())
    elif target.startswith("site:"):
        sites = sorted({node.site for node in sight.scenario.nodes.values() if node.site is not None})
        if target[5:] not in sites and not sight.ghosts:
            yield path, f"no node is at a site {target[5:65]!r}{did_you_mean(target[5:], sites) or is_one_of(sites)}", 0
    elif target.startswith("group:"):
        groups = list(sight.scenario.groups)
        if target[6:] not in groups and "groups" not in sight.unsure:
            yield path, f"there is no group {target[6:66]!r}{did_you_mean(target[6:], groups) or is_one_of(groups)}", 0
    elif re.fullmatch(r"[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", target):
        if "zones" not in sight.unsure and not sight.ghosts and target not in places(sight.scenario).nodes_at:
            yield path, f"no node has the address {target[:60]}", 0
    else:
        of_site = any(node.site == target for node in sight.scenario.nodes.values())
        several = f"site:{target}" if of_site else f"group:{target}" if target in sight.scenario.groups else ""
        near = f"; did you mean {several[:60]!r}?" if several else did_you_mean(target, known) or is_one_of(list(known))
        yield path, f"there is no node {target[:60]!r}{near}", 0


def check_kinds(sight: Sight, path: Path, target: str, kinds: tuple[str, ...], what: str) -> Iterator[Complaint]:
    """Complain where a target means nothing, or a node that is of none of these kinds; ``what`` says what needs one."""
    known = dict.fromkeys(sight.names)
    if target not in known:
        if target.partition(" ")[0] in ("link", "dns", "auth"):
            wanted = [name for name in known if sight.kind_of(name) in kinds]
            yield path, f"{what} needs a node of kind {' or '.join(kinds)}, not {target[:60]!r}{is_one_of(wanted)}", 0
        else:
            yield from check_target(sight, path, target)
            yield from _check_members(sight, path, target, kinds, what)
        return
    if sight.kind_of(target) not in (None, *kinds):
        wanted = [name for name in known if sight.kind_of(name) in kinds]
        says = f"{target} is a node of kind {sight.kind_of(target)}; {what} needs one of kind {' or '.join(kinds)}"
        yield path, f"{says}{is_one_of(wanted)}", 0


def _check_members(sight: Sight, path: Path, target: str, kinds: tuple[str, ...], what: str) -> Iterator[Complaint]:
    """Complain of a site or group none of whose nodes is of these kinds."""
    of, _, name = target.partition(":")
    nodes = sight.scenario.nodes
    members = [one for one, node in nodes.items() if node.site == name] if of == "site" else []
    if of == "group" and "groups" not in sight.unsure:
        members = list(sight.scenario.groups.get(name, ()))
    if members and not sight.ghosts and not any(sight.kind_of(one) in (None, *kinds) for one in members):
        told = ", ".join(f"{one} ({sight.kind_of(one)})" for one in members[:6])
        yield path, f"{what} needs a node of kind {' or '.join(kinds)}; {target[:60]} has none: {told}", 0


def _check_auth(sight: Sight, path: Path, node: str) -> Iterator[Complaint]:
    """Passwords are checked at mail stores and at MTAs that offer a login."""
    found = sight.scenario.nodes.get(node)
    if node not in sight.names:
        yield path, f"there is no node {node[:60]!r}{did_you_mean(node, sight.names) or is_one_of(sight.names)}", 0
    elif found is not None and not (isinstance(found, Mailstore) or (isinstance(found, Mta) and (found.submission or found.login_on_smtp))):
        yield path, f"nobody logs in at {node}; passwords are checked by mail stores, and by MTAs with submission: true", 0


def _check_name(sight: Sight, path: Path, text: str) -> Iterator[Complaint]:
    name, slash, rtype = text.partition("/")
    if slash and rtype.upper() not in record_types():
        yield path, f"unknown record type {rtype[:60]!r}{did_you_mean(rtype.upper(), record_types())}", 0
    if "zones" in sight.unsure:
        return
    name = name.rstrip(".").lower()
    origins = [zone.origin for zone in sight.scenario.parsed_zones()]
    if name and not any(name == o or name.endswith("." + o) or o.endswith("." + name) for o in origins):
        yield path, f"{name[:60]} lies in none of the zones{did_you_mean(name, origins) or is_one_of(origins)}", 0


def check_reply(fault: FaultDeclaration, at: Path, reply: str | None, how: str) -> Iterator[Complaint]:
    """Complain where a reply can't be one, or is of another class than ``how`` (4xx, 5xx) says."""
    if reply is None:
        return
    found = _REPLY.fullmatch(reply)
    if how not in ("4xx", "5xx"):
        yield (*at, "reply"), f"a reply goes with how: 4xx or 5xx, not {how}", 0
    elif found is None:
        yield (*at, "reply"), f"{reply[:60]!r} is no SMTP reply; write for example: 451 4.3.0 try again later", 0
    elif found["code"][0] != how[0] or (found["enhanced"] or how)[0] != how[0]:
        yield (*at, "reply"), f"{reply[:60]!r} is no {how} reply", 0
