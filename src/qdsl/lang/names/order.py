"""Dependencies -> groups in order: Tarjan's algorithm (SIAM J. Comput. 1, 146, 1972), without recursion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def strongly_connected(needs: Mapping[T, Sequence[T]]) -> list[list[T]]:
    """Groups of nodes that reach each other, every group after those it needs."""
    index: dict[T, int] = {}
    low: dict[T, int] = {}
    path: list[T] = []
    on_path: set[T] = set()
    groups: list[list[T]] = []
    for root in needs:
        if root in index:
            continue
        work = [(root, iter(needs[root]))]
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        while work:
            node, rest = work[-1]
            below = next((each for each in rest if each not in index or each in on_path), None)
            if below is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    groups.append(_cut(path, on_path, node))
            elif below in index:
                low[node] = min(low[node], index[below])
            else:
                index[below] = low[below] = len(index)
                path.append(below)
                on_path.add(below)
                work.append((below, iter(needs[below])))
    return groups


def _cut(path: list[T], on_path: set[T], node: T) -> list[T]:
    group: list[T] = []
    while True:
        last = path.pop()
        on_path.discard(last)
        group.append(last)
        if last is node:
            group.reverse()
            return group


def shortest_circle(start: T, needs: Mapping[T, Sequence[T]]) -> list[T]:
    """The shortest way from a node back to it, the node at both ends; empty where there is none."""
    came_from: dict[T, T] = {}
    front = [start]
    while front:
        ahead: list[T] = []
        for node in front:
            for each in needs[node]:
                if each not in came_from:
                    came_from[each] = node
                    ahead.append(each)
        if start in came_from:
            return _back(came_from, start)
        front = ahead
    return []


def _back(came_from: Mapping[T, T], start: T) -> list[T]:
    path = [start]
    while len(path) == 1 or path[-1] is not start:
        path.append(came_from[path[-1]])
    return path[::-1]
