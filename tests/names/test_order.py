"""Declarations in order: groups that need each other, each after what it needs, on random graphs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qdsl.lang.names.order import shortest_circle, strongly_connected

Graph = dict[int, list[int]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(1, 9))
    nodes = st.integers(0, size - 1)
    return {node: draw(st.lists(nodes, max_size=3)) for node in range(size)}


def reached(graph: Graph, start: int) -> set[int]:
    """What a node needs, directly or not."""
    found: set[int] = set()
    left = list(graph[start])
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += graph[node]
    return found


@given(graphs())
def test_a_group_is_what_needs_each_other(graph: Graph) -> None:
    groups = strongly_connected(graph)
    assert sorted(node for group in groups for node in group) == sorted(graph)
    place = {node: index for index, group in enumerate(groups) for node in group}
    for node in graph:
        for other in graph:
            together = other == node or (other in reached(graph, node) and node in reached(graph, other))
            assert (place[node] == place[other]) == together


@given(graphs())
def test_a_group_comes_after_all_that_it_needs(graph: Graph) -> None:
    place = {node: index for index, group in enumerate(strongly_connected(graph)) for node in group}
    assert all(place[need] <= place[node] for node, needs in graph.items() for need in needs)


@given(graphs())
def test_the_shortest_circle(graph: Graph) -> None:
    """A way that exists, from a node back to it, and none with fewer steps."""
    for start in graph:
        circle = shortest_circle(start, graph)
        if start not in reached(graph, start):
            assert circle == []
            continue
        assert circle[0] == circle[-1] == start
        assert all(after in graph[before] for before, after in pairwise(circle))
        front, steps = set(graph[start]), 1
        while start not in front:
            front, steps = {need for node in front for need in graph[node]}, steps + 1
        assert len(circle) - 1 == steps


def test_a_chain_of_ten_thousand() -> None:
    """Without recursion, so that long files are no trouble."""
    chain = {node: [node + 1] for node in range(9_999)} | {9_999: []}
    assert strongly_connected(chain) == [[node] for node in reversed(range(10_000))]
