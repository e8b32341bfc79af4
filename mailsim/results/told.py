"""Who was told what became of a mail, when and by whom: rejections in the session, delay notices and reports in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim.nodes import Mta

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mailsim.results.result import Result

__all__ = ["told"]


class _News(NamedTuple):
    """One time that someone was told: about which message, whom, what, when, by which node, and whether it arrived."""

    message: int
    sender: str
    told: str
    at_s: float
    by: str
    arrived: bool


def _program(nodes: Mapping[str, object], name: str) -> str:
    node = nodes.get(name)
    return node.flavour if isinstance(node, Mta) else ""


def told(result: Result) -> pd.DataFrame:
    """Who was told what became of a mail, one row for each time, in the order of time.

    Columns: ``message``; its ``sender``; ``told``: ``rejected`` (refused while the user's own program was handing it over, so that
    this program says so), or the action of a report: ``delayed`` (still trying), ``failed`` (given up), ``delivered``,
    ``relayed`` (RFC 3464 section 2.3.3); ``after_h``: hours from send until the sender had it, or, if a report never arrived,
    until it was written; ``by``: the node that said it; ``program``: its flavour, where it is a mail server; ``arrived``.
    """
    import pandas as pd

    messages, reports, nodes = result.messages, result.reports, result.scenario.nodes
    sent = dict(zip(messages["message"], messages["sent_s"], strict=True))
    refused = messages[messages["state"] == "rejected"]
    news = [
        _News(int(number), str(sender), "rejected", float(at), str(by), True)
        for number, sender, at, by in zip(refused["message"], refused["sender"], refused["ended_s"], refused["origin"], strict=True)
    ]
    for number, to, action, by, written, stored, arrived in zip(
        *(reports[name] for name in ("message", "to", "action", "node", "t_s", "stored_s")), reports["stored_s"].notna(), strict=True
    ):
        news.append(_News(int(number), str(to), str(action), float(stored if arrived else written), str(by), bool(arrived)))
    news.sort(key=lambda one: (one.at_s, one.message))
    columns = ["message", "sender", "told", "after_h", "by", "program", "arrived"]
    hours = (round((one.at_s - sent[one.message]) / 3_600, 1) for one in news)
    rows = [(*one[:3], after_h, one.by, _program(nodes, one.by), one.arrived) for one, after_h in zip(news, hours, strict=True)]
    return pd.DataFrame(rows, columns=columns)
