"""Queues as areas on top of each other: which areas there are, how deep each is when, and no more steps than a picture can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mailsim.results.queues import QueueChanges, queue_total

if TYPE_CHECKING:
    from mailsim.events import EventLog

__all__ = ["stacked", "thinned"]

#: most areas of their own, and how full a queue must be for one, relative to the fullest
_AREAS, _THIN = 5, 0.03

#: most steps of an area
_STEPS = 4000


def stacked(changes: QueueChanges, log: EventLog) -> tuple[list[int], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Depth of each area at every instant at which any changed; the fullest first (lowest in the stack), thin ones together.

    Parameters
    ----------
    changes : QueueChanges
        By node or by reason.
    log : EventLog
        Whose they are: a message that two nodes hold for the moment of a handover is in the stack once.

    Returns
    -------
    nodes : list of int
        What the areas are, fullest first; where there are more than areas, the last area is of all the rest.
    t_s : ndarray
        Instants in seconds.
    depth : ndarray
        By area and instant.
    """
    nodes = np.unique(changes.node)
    t_us = np.unique(changes.t_us)
    depth = np.zeros((len(nodes), len(t_us)), dtype=np.int64)
    for k, node in enumerate(nodes.tolist()):
        one = changes.at_node(node)
        place = np.searchsorted(one.t_us, t_us, side="right") - 1
        depth[k] = np.where(place >= 0, one.depth[np.maximum(place, 0)], 0)
    order = np.argsort(-depth.max(axis=1, initial=0), kind="stable") if len(nodes) else np.zeros(0, dtype=np.int64)
    depth = depth[order]
    most = depth.max(axis=1, initial=0)
    kept = max(1, min(int((most >= _THIN * most[:1].sum()).sum()), _AREAS))
    if len(depth) > kept + 1:
        depth = np.concatenate([depth[:kept], depth[kept:].sum(axis=0, keepdims=True)])
    total = queue_total(log)
    place = np.searchsorted(total.t_us, t_us, side="right") - 1
    twice = depth.sum(axis=0) - np.where(place >= 0, total.depth[np.maximum(place, 0)], 0)
    for row in depth[::-1]:  # what two nodes hold for the moment of a handover is drawn once
        here = np.minimum(row, np.maximum(twice, 0))
        row -= here
        twice -= here
    return nodes[order].tolist(), t_us / 1e6, depth


def thinned(
    nodes: list[int], t_s: npt.NDArray[np.float64], depth: npt.NDArray[np.int64]
) -> tuple[list[int], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """No more steps than a picture can show: of neighbouring steps the highest, so that no peak is lost."""
    group = -(-len(t_s) // _STEPS)
    if group <= 1:
        return nodes, t_s, depth
    starts = np.arange(0, len(t_s), group)
    return nodes, t_s[starts], np.maximum.reduceat(depth, starts, axis=1)
