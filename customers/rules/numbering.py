"""The nested-set numbers of a tree, from who hangs below whom (HIER-7)."""

from collections.abc import Iterable
from typing import NamedTuple


class Node(NamedTuple):
    """An account as numbering sees it; those with one parent come in the order to be shown."""

    id: int
    parent_id: int | None


class Numbers(NamedTuple):
    """Left and right edge, and depth; the edges of a tree count from 1 without gap."""

    lft: int
    rght: int
    level: int


def numbered(root_id: int, nodes: Iterable[Node]) -> dict[int, Numbers]:
    """Return the numbers of the root and of every node that can be reached from it.

    A parent's edges enclose those of its children, which follow each other in the order given.
    """
    below: dict[int, list[int]] = {}
    for node in nodes:
        if node.parent_id is not None:
            below.setdefault(node.parent_id, []).append(node.id)
    found: dict[int, Numbers] = {}
    left = {root_id: 1}
    edge = 1
    way = [(root_id, iter(below.get(root_id, ())))]
    while way:
        at, rest = way[-1]
        edge += 1
        child = next(rest, None)
        if child is None:
            way.pop()
            found[at] = Numbers(left[at], edge, len(way))
        else:
            left[child] = edge
            way.append((child, iter(below.get(child, ()))))
    return found
