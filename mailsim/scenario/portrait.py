"""A scenario as people look at it: a plain text, and the same as HTML with everything of the user's escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from mailsim.scenario.zones import zone_reading
from mailsim.units import clock

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["as_html", "as_text", "parts"]

_MOST_ROWS = 30


def _node(node: Any) -> str:
    said = []
    if node.kind == "mta":
        said.append(node.flavour)
        said += [f"keeps {', '.join(node.final_for)}"] if node.final_for else []
        said += [f"passes on {', '.join(node.relays_for)}"] if node.relays_for else []
        said += ["takes submissions"] if node.submission else []
    elif node.kind == "client":
        said.append(node.address)
        said += [f"sends by {node.submission.discover}"] if node.submission else []
        said += [f"fetches by {node.fetch.protocol}"] if node.fetch else []
    elif node.kind == "mailstore":
        said.append(f"{len(node.mailboxes)} mailbox{'' if len(node.mailboxes) == 1 else 'es'}")
    elif node.kind == "resolver":
        said.append(node.flavour)
    elif node.kind == "dnsclient":
        said.append(", ".join(f"{query.name} {query.type}" for query in node.queries[:4]))
    elif node.kind == "dnsprocess":
        said.append(f"{node.stub.flavour}: " + ", ".join(f"{call.name} {call.type}" for call in node.calls[:4]))
    elif node.kind == "senders":
        said.append(", ".join(f"{name} {weight:g}" for name, weight in node.mix.items()))
    return "; ".join([*said, *([f"site {node.site}"] if node.site else [])])


def _traffic(stream: Any) -> str:
    origins = stream.from_.items() if isinstance(stream.from_, dict) else ()
    senders = ", ".join(f"{name} {weight:g}" for name, weight in origins) or stream.from_ or "those recorded"
    return f"{senders} to {stream.said_to()}: {stream.said()}"


def parts(scenario: Scenario) -> list[tuple[str, list[tuple[str, str]]]]:
    """Headings with rows of (name, what is said of it)."""
    zones = []
    for text in scenario.zones:
        zone = zone_reading(text).zone
        if zone is not None:
            mx = zone.rrsets.get((zone.origin, "MX"))
            hosts = ", ".join(f"{preference} {host or '.'}" for preference, host in sorted(mx.rdatas)) if mx else "no MX"
            zones.append((zone.origin, f"MX {hosts}" if mx else hosts))
    faults = [(f.where, f"{f.words} {f.when}") for f in scenario.faults]
    return [
        ("nodes", [(name, f"{node.kind}: {_node(node)}".rstrip(": ")) for name, node in scenario.nodes.items()]),
        ("zones", zones),
        ("traffic", [("", _traffic(stream)) for stream in scenario.traffic]),
        ("faults", faults),
        ("changes", [(change.zone, f"at {clock(change.at)}") for change in scenario.changes]),
    ]


def _visible(text: str) -> str:
    """Text that can't move a terminal's cursor or colour it."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def as_text(scenario: Scenario) -> str:
    """The scenario in a few lines of plain text."""
    lines = [f"Scenario {scenario.name!r}, seed {scenario.seed}, starts {scenario.starts}"]
    if scenario.lesson:
        lines.append(f"  lesson: {scenario.lesson}")
    for heading, rows in parts(scenario):
        width = max((len(name) for name, _ in rows), default=0)
        for k, (name, what) in enumerate(rows[:_MOST_ROWS]):
            label = heading if k == 0 else ""
            lines.append(f"  {label:<8}{name:<{width}} {what}" if name else f"  {label:<8}{what}")
        if len(rows) > _MOST_ROWS:
            lines.append(f"          ... and {len(rows) - _MOST_ROWS} more")
    return "\n".join(_visible(line) for line in lines)


def as_html(scenario: Scenario, *, picture: str = "") -> str:
    """The scenario as HTML; every text of the user is escaped.  ``picture`` is markup that is put in as it is."""
    body = [
        "<div class='mailsim-scenario' style='font-family:sans-serif;max-width:60em'>",
        f"<div style='font-size:1.2em;font-weight:bold'>{escape(scenario.name)}</div>",
        f"<div><em>{escape(scenario.lesson)}</em></div>" if scenario.lesson else "",
        picture,
        "<table style='border-collapse:collapse'>",
    ]
    for heading, rows in parts(scenario):
        for k, (name, what) in enumerate(rows[:_MOST_ROWS]):
            label = f"<th scope='row' style='text-align:left;vertical-align:top'>{heading if k == 0 else ''}</th>"
            body.append(
                f"<tr>{label}<td style='text-align:left'><b>{escape(name)}</b></td><td style='text-align:left'>{escape(what)}</td></tr>"
            )
        if len(rows) > _MOST_ROWS:
            body.append(f"<tr><td></td><td></td><td>... and {len(rows) - _MOST_ROWS} more</td></tr>")
    foot = f"seed {scenario.seed}, starts {escape(scenario.starts)}, digest {scenario.digest()[:12]}"
    return "\n".join(part for part in [*body, "</table>", f"<div style='color:#555'>{foot}</div>", "</div>"] if part)
