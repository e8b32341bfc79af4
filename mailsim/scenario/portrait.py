"""A scenario as people look at it: a plain text, and the same as HTML with everything of the user's escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailsim.language import counted, numeral, phrased, printable, say
from mailsim.markup import Markup, card, cell_table, details, joined, tag
from mailsim.scenario.zones import zone_reading
from mailsim.units import clock

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["as_html", "as_text", "parts"]

_MOST_ROWS = 30
#: more nodes than these are folded away where the scenario is shown as HTML
_FEW_NODES = 12


def _node(node: Any) -> str:
    said = []
    if node.kind == "mta":
        said.append(node.flavour)
        said += [say("portrait.keeps", domains=", ".join(node.final_for))] if node.final_for else []
        said += [say("portrait.passes_on", domains=", ".join(node.relays_for))] if node.relays_for else []
        said += [say("portrait.takes_submissions")] if node.submission else []
    elif node.kind == "client":
        said.append(node.address)
        said += [say("portrait.sends_by", way=node.submission.discover)] if node.submission else []
        said += [say("portrait.fetches_by", protocol=node.fetch.protocol)] if node.fetch else []
    elif node.kind == "mailstore":
        said.append(say("portrait.mailboxes", count=len(node.mailboxes)))
    elif node.kind == "resolver":
        said.append(node.flavour)
    elif node.kind == "dnsclient":
        said.append(", ".join(f"{query.name} {query.type}" for query in node.queries[:4]))
    elif node.kind == "dnsprocess":
        said.append(f"{node.stub.flavour}: " + ", ".join(f"{call.name} {call.type}" for call in node.calls[:4]))
    elif node.kind == "senders":
        said.append(", ".join(f"{name} {weight:g}" for name, weight in node.mix.items()))
    return "; ".join([*said, *([say("portrait.site", site=node.site)] if node.site else [])])


def _traffic(stream: Any) -> str:
    origins = stream.from_.items() if isinstance(stream.from_, dict) else ()
    senders = ", ".join(f"{name} {weight:g}" for name, weight in origins) or stream.from_ or say("portrait.recorded")
    return say("portrait.traffic_line", senders=senders, recipients=stream.said_to(), often=stream.said())


def parts(scenario: Scenario) -> dict[str, list[tuple[str, str]]]:
    """The parts ``nodes``, ``zones``, ``traffic``, ``faults`` and ``changes``, each with rows of (name, what is said of it)."""
    zones = []
    for text in scenario.zones:
        zone = zone_reading(text).zone
        if zone is not None:
            mx = zone.rrsets.get((zone.origin, "MX"))
            hosts = ", ".join(f"{preference} {host or '.'}" for preference, host in sorted(mx.rdatas)) if mx else ""
            zones.append((zone.origin, f"MX {hosts}" if mx else say("portrait.no_mx")))
    return {
        "nodes": [(name, f"{node.kind}: {_node(node)}".rstrip(": ")) for name, node in scenario.nodes.items()],
        "zones": zones,
        "traffic": [("", _traffic(stream)) for stream in scenario.traffic],
        "faults": [(fault.where, f"{phrased('faults', fault.words)} {fault.when}") for fault in scenario.faults],
        "changes": [(change.zone, say("portrait.at", at=numeral(clock(change.at)))) for change in scenario.changes],
    }


def as_text(scenario: Scenario) -> str:
    """The scenario in a few lines of plain text."""
    lines = [say("portrait.headline", name=repr(scenario.name), seed=scenario.seed, starts=scenario.starts)]
    if scenario.lesson:
        lines.append("  " + say("portrait.lesson", lesson=scenario.lesson))
    shown = parts(scenario)
    indent = max(len(say(f"portrait.{part}")) for part in shown) + 1
    for part, rows in shown.items():
        width = max((len(name) for name, _ in rows), default=0)
        for k, (name, what) in enumerate(rows[:_MOST_ROWS]):
            label = say(f"portrait.{part}") if k == 0 else ""
            lines.append(f"  {label:<{indent}}{name:<{width}} {what}" if name else f"  {label:<{indent}}{what}")
        if len(rows) > _MOST_ROWS:
            lines.append("  " + " " * indent + say("portrait.more", count=len(rows) - _MOST_ROWS))
    return "\n".join(printable(line) for line in lines)


def as_html(scenario: Scenario, *, picture: str = "") -> str:
    """The scenario as HTML; every text of the user is escaped.

    What happens stands open; zones, assumptions and the nodes of a large world fold out.  ``picture`` is markup that is put in as it is.
    """
    shown = parts(scenario)
    open_parts = ("traffic", "faults", "changes")
    happens = [(say(f"portrait.{part}"), f"{name} {what}".strip()) for part in open_parts for name, what in shown[part]]
    foot = say("portrait.foot", seed=scenario.seed, starts=scenario.starts, digest=scenario.digest()[:12])
    body = [
        tag("div", " ".join(scenario.lesson.split()), class_="lesson") if scenario.lesson else Markup(""),
        Markup(picture),
        _table([(label if k == 0 or happens[k - 1][0] != label else "", what) for k, (label, what) in enumerate(happens)]),
        details(_counted("nodes", len(shown["nodes"])), _table(shown["nodes"]), opened=len(shown["nodes"]) <= _FEW_NODES),
        _zones(scenario, shown["zones"]),
        _assumptions(scenario),
    ]
    return str(card(body, kind=say("portrait.scenario"), name=scenario.name, foot=foot))


def _counted(part: str, count: int) -> str:
    return say("portrait.counted_part", part=say(f"portrait.{part}"), count=counted(count))


def _table(rows: list[Any]) -> Markup:
    """Rows of words without headings; of very many the first."""
    more = [(say("portrait.more", count=len(rows) - _MOST_ROWS), *("" for _ in rows[0][1:]))] if len(rows) > _MOST_ROWS else []
    return cell_table([*rows[:_MOST_ROWS], *more], words=True, heading=False)


def _zones(scenario: Scenario, rows: list[tuple[str, str]]) -> Markup:
    if not scenario.zones:
        return Markup("")
    texts = joined(tag("pre", text.strip()) for text in scenario.zones)
    return details(_counted("zones", len(scenario.zones)), joined((_table(rows), texts)))


def _assumptions(scenario: Scenario) -> Markup:
    from mailsim.scenario.assumptions import assumptions

    found = assumptions(scenario)
    unverified = sum(one.status == "unverified" for one in found)
    return details(say("portrait.assumptions", count=counted(len(found)), unverified=counted(unverified)), found.html())
