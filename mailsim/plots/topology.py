"""The topology: who hands mail to whom, from the sending client to the reader, with each way's share of the mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mailsim.events import Event, EventLog
from mailsim.plots.bands import bands
from mailsim.plots.lanes import LAYERS, Place, node_by_host, path_order
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.results.columns import by_message, view
from mailsim.results.metrics import ordinary
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result
    from mailsim.scenario import Scenario

__all__ = ["Way", "describe_topology", "topology", "ways"]

#: letters of a node's name that fit its box
_LETTERS = 9

#: half the width and half the height of a node's box, in columns and rows
_WIDE, _HIGH = 0.26, 0.26


class Way(NamedTuple):
    """From one node to another: what for, its share of the mail (None without a run), fallback or not.

    ``via`` is ``relay``, ``dns`` ... as in the scenario's graph, or ``seen`` for a way that only the log knows.
    """

    start: str
    end: str
    via: str
    share: float | None
    fallback: bool


def ways(scenario: Scenario, log: EventLog | None = None) -> list[Way]:
    """The ways of a scenario in the order of its file; with a log, each with the share of ordinary mail that took it."""
    graph = scenario.graph()
    best: dict[tuple[str, str], int] = {}
    for start, _, edge in graph.edges(data=True):
        if edge["via"] == "relay":
            key = (start, edge["domain"])
            best[key] = min(edge["preference"], best.get(key, edge["preference"]))
    shares = _handed_over(log) if log is not None and log.level == "events" else None
    found: dict[tuple[str, str], Way] = {}
    for start, end, edge in graph.edges(data=True):
        fallback = edge["via"] == "relay" and edge["preference"] > best[(start, edge["domain"])]
        share = None if shares is None or edge["via"] == "dns" else shares.get((start, end), 0.0)
        known = found.get((start, end))
        found[(start, end)] = Way(start, end, edge["via"], share, fallback and (known is None or known.fallback))
    for (start, end), share in (shares or {}).items():  # what only happened, such as to a host that failover DNS handed out
        if (start, end) not in found and start != end and {start, end} <= scenario.nodes.keys():
            found[(start, end)] = Way(start, end, "seen", share, False)
    return list(found.values())


def _handed_over(log: EventLog) -> dict[tuple[str, str], float]:
    """Share of ordinary mail that went from one node to another, by who took it from whom."""
    mail = np.unique(view(log.messages, "message")[ordinary(log)])
    kind, peer = view(log.events, "kind"), view(log.events, "peer")
    rows = np.isin(kind, (Event.ACCEPTED, Event.STORED, Event.FETCHED)) & (peer >= 0) & np.isin(view(log.events, "message"), mail)
    names, most = log.names, len(log.names)
    pair = peer[rows].astype(np.int64) * most + view(log.events, "node")[rows]
    pairs, place = np.unique(pair, return_inverse=True)
    once = np.unique(place * (int(mail.max(initial=0)) + 1) + view(log.events, "message")[rows])  # a message counts once a way
    counts = np.bincount(once // (int(mail.max(initial=0)) + 1), minlength=len(pairs))
    return {(names[one // most], names[one % most]): count / len(mail) for one, count in zip(pairs.tolist(), counts.tolist(), strict=True)}


def topology(data: Result | Scenario, *, ax: Axes | None = None, style: Style = "print") -> Axes:
    """Draw the nodes from left to right in the order of the path.

    Width of a line: share of the mail that went this way; dashed: fallback; dotted: questions to DNS.  A hatched box was
    out for a time.

    Parameters
    ----------
    data : Result or Scenario
        A scenario shows what can happen, a result what did.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    scenario, log = _parts(data)
    order = path_order(scenario)
    place = _positions(order)
    with drawing(ax, style=style, height=0.85) as axes:
        axes.set_axis_off()
        found = ways(scenario, log)
        for way in found:
            _draw_way(axes, way, place, style)
        idle = _idle(found)
        wrong: dict[str, list[str]] = {}
        for band in bands(log.conditions, end_s=log.end_us / 1e6) if log is not None else ():
            wrong.setdefault(band.node, []).append(band.label)
        for one in order:
            _draw_node(axes, one, place[one.node], _at_fault(wrong.get(one.node, [])), idle=one.node in idle, style=style)
        x, y = zip(*place.values(), strict=True)
        axes.set_xlim(min(x) - 0.5, max(x) + 0.5)
        axes.set_ylim(min(y) - 0.6, max(y) + 0.55)
        caption = caption_of(data) if log is not None else f"{scenario.name} · digest {scenario.digest()[:8]}"  # type: ignore[arg-type]
        return finish(axes, title=_title(data), description=describe_topology(data), caption=caption, style=style)


def _at_fault(labels: list[str]) -> str:
    """What was wrong with a node, short enough to stand above its box."""
    return f"{len(labels)} faults" if len(labels) > 1 else labels[0] if labels else ""


def _parts(data: Result | Scenario) -> tuple[Scenario, EventLog | None]:
    log = getattr(data, "log", None)
    return (data.scenario, log) if log is not None else (data, None)  # type: ignore[union-attr,return-value]


def _positions(order: list[Place]) -> dict[str, tuple[float, float]]:
    """Column and height of each node: a column for each layer of the mail's path, DNS above it, senders' mailboxes below."""
    layers = [layer for layer in LAYERS if layer != "DNS" and any(place.layer == layer for place in order)]
    found: dict[str, tuple[float, float]] = {}
    for x, layer in enumerate(layers):
        here = [place for place in order if place.layer == layer]
        main = [place.node for place in here if layer == "mailbox" or place.role != "mailbox"]
        middle = (len(main) - 1) / 2
        for k, node in enumerate(main + [place.node for place in here if place.node not in main]):
            found[node] = (float(x), middle - k)
    above = max((y for _, y in found.values()), default=0.0) + 1.15
    dns = [place.node for place in order if place.layer == "DNS"]
    around = [layers.index(layer) for layer in ("sender MTA", "MX") if layer in layers] or [len(layers) // 2]
    centre = sum(around) / len(around)
    for k, node in enumerate(dns):
        found[node] = (centre + (k - (len(dns) - 1) / 2) * 0.8, above)
    return found


def _idle(found: list[Way]) -> set[str]:
    """Nodes that no mail passed, where that is known."""
    known = [way for way in found if way.share is not None]
    return {node for way in known for node in (way.start, way.end)} - {node for way in known if way.share for node in (way.start, way.end)}


def _draw_node(ax: Axes, place: Place, at: tuple[float, float], wrong: str, *, idle: bool, style: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = at
    size = SIZES[style]
    border = COLOURS["down"] if wrong else COLOURS["dns"] if place.layer == "DNS" else COLOURS["faint"] if idle else COLOURS["delivered"]
    box = FancyBboxPatch(
        (x - _WIDE, y - _HIGH),
        2 * _WIDE,
        2 * _HIGH,
        boxstyle="round,pad=0,rounding_size=0.08",
        linewidth=size.line * 1.3,
        edgecolor=border,
        facecolor="#F2F2F2" if wrong else "white",
        hatch="////" if wrong else None,
        zorder=3,
    )
    ax.add_patch(box)
    plain: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 4}
    paper: dict[str, Any] = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9} if wrong else {}
    ax.text(
        x, y + 0.06, place.node, fontsize=size.font * 1.1 * min(1.0, _LETTERS / len(place.node)), weight="bold", bbox=paper or None, **plain
    )
    ax.text(
        x,
        y - 0.14,
        place.role,
        fontsize=size.font * 0.85 * min(1.0, _LETTERS / len(place.role)),
        color=COLOURS["quiet"],
        bbox=paper or None,
        **plain,
    )
    if wrong:
        ax.text(
            x, y + _HIGH + 0.05, wrong, fontsize=size.font * 0.85, color=COLOURS["quiet"], ha="center", va="bottom", zorder=4, bbox=paper
        )


def _draw_way(ax: Axes, way: Way, place: dict[str, tuple[float, float]], style: str) -> None:
    from matplotlib.patches import FancyArrowPatch

    if way.start not in place or way.end not in place or way.start == way.end:
        return
    (x1, y1), (x2, y2) = place[way.start], place[way.end]
    size, dns = SIZES[style], way.via == "dns"
    width = size.line * (0.5 if dns else 1.0 if way.share is None else 0.5 + 4.5 * way.share)
    unused = way.share == 0.0
    colour = COLOURS["dns"] if dns else COLOURS["faint"] if unused else COLOURS["deferred"] if way.fallback else COLOURS["transit"]
    bend = 0.35 if x1 == x2 and not dns else 0.0
    arrow = FancyArrowPatch(
        _edge_of((x1, y1), (x2, y2)),
        _edge_of((x2, y2), (x1, y1)),
        arrowstyle="-" if dns else "-|>",
        mutation_scale=size.font * 1.1 + width,
        linewidth=width,
        linestyle=(0, (1, 1.6)) if dns else (0, (4, 1.6)) if way.fallback else "-",
        color=colour,
        shrinkA=2,
        shrinkB=2,
        connectionstyle=f"arc3,rad={bend}",
        zorder=1 if dns or unused else 2,
    )
    ax.add_patch(arrow)
    if way.share and not dns:
        slope = 0.0 if bend else abs(y2 - y1)
        middle = ((x1 + x2) / 2 + (0.27 if bend else 0.0), (y1 + y2) / 2 + (0.0 if bend else 0.13 + 0.12 * slope))
        ax.text(
            *middle,
            percent(way.share),
            fontsize=size.font * 0.9,
            ha="center",
            va="center",
            zorder=5,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9},
        )


def _edge_of(here: tuple[float, float], there: tuple[float, float]) -> tuple[float, float]:
    """The point on the border of the box at ``here`` that faces ``there``."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    if abs(dx) < 1e-9:
        return here[0], here[1] + (_HIGH if dy > 0 else -_HIGH)
    reach = min(_WIDE / abs(dx), _HIGH / abs(dy) if dy else 1e9)
    return here[0] + dx * reach, here[1] + dy * reach


def _title(data: Result | Scenario) -> str:
    scenario, log = _parts(data)
    mx = [place for place in path_order(scenario) if place.layer == "MX" and place.preference >= 0]
    if log is None:
        if not mx:
            return f"{len(scenario.nodes)} nodes, no MX record."
        if len(mx) == 1:
            return f"There is one way in: {mx[0].node}."
        return f"Mail goes to {mx[0].node}; {_listed([place.node for place in mx[1:]])} take{'s' * (len(mx) == 2)} it when that fails."
    by = _by_mx(scenario, log)
    if not by:
        return "No mail reached an MX of its recipient."
    most, share = max(by.items(), key=lambda item: item[1])
    if len(by) == 1:
        return f"All mail that got in went by {most}." if share < 1 else f"All mail went by {most}."
    return "Of the mail sent, " + _listed([f"{percent(share)} went by {node}" for node, share in by.items()]) + "."


def _by_mx(scenario: Scenario, log: EventLog) -> dict[str, float]:
    """Share of ordinary mail by the node that first took it on the receiving side, in the order of the path."""
    mail = ordinary(log)
    hosts, found = node_by_host(scenario), dict[str, float]()
    if log.level == "events":  # by who took it, since failover DNS lets several nodes have one name
        relayed = by_message(log, "relayed_us")
        message, t_us = view(log.events, "message"), view(log.events, "t_us")
        rows = (
            (view(log.events, "kind") == Event.ACCEPTED)
            & (t_us == relayed[message])
            & np.isin(message, view(log.messages, "message")[mail])
        )
        first = view(log.events, "node")[rows]
    else:
        first = view(log.messages, "via")[mail]
    for number in np.unique(first[first >= 0]).tolist():
        node = hosts.get(log.names[number], log.names[number])
        found[node] = found.get(node, 0.0) + int((first == number).sum()) / max(int(mail.sum()), 1)
    rank = {place.node: k for k, place in enumerate(path_order(scenario))}
    return dict(sorted(found.items(), key=lambda item: rank.get(item[0], len(rank))))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def describe_topology(data: Result | Scenario) -> str:
    """The topology in words."""
    scenario, log = _parts(data)
    order = path_order(scenario)
    layers = [(layer, [place.node for place in order if place.layer == layer]) for layer in LAYERS]
    parts = ["From left to right: " + "; ".join(f"{layer}: {', '.join(nodes)}" for layer, nodes in layers if nodes) + ".", _title(data)]
    told = [f"{way.start} to {way.end}{' (fallback)' * way.fallback} {percent(way.share)}" for way in ways(scenario, log) if way.share]
    if told:
        parts.append("Share of the mail: " + ", ".join(told) + ".")
    if log is not None:
        wrong = [f"{band.node} {band.label}" for band in bands(log.conditions, end_s=log.end_us / 1e6)]
        parts += ["Wrong: " + "; ".join(wrong) + "."] if wrong else []
    return " ".join(parts)
