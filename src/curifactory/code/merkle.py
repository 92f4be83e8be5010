"""Digests over a graph that may have cycles: each node's covers all that it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

Edges = Mapping[str, list[tuple[str, str]]]


def digest_of(*parts: str) -> str:
    """Give 32 hexadecimal digits for some strings; where one ends counts."""
    state = blake2b(b"curifactory code:1:", digest_size=16)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(content) + content)
    return state.hexdigest()


def digests(own: Mapping[str, str], edges: Edges) -> dict[str, str]:
    """Give the digest of each node over its own content and that of all that it reaches.

    The names of the nodes do not count, only their content and the labels of the edges. Nodes that
    reach each other are condensed: every one of them covers all of them.

    Parameters
    ----------
    own : mapping of str to str
        The content of each node, as a digest.
    edges : mapping of str to list of (str, str)
        For each node the label and the node of every edge.
    """
    done: dict[str, str] = {}
    for component in components(edges):
        if len(component) == 1:
            (node,) = component
            done[node] = _joined(own[node], [(label, done.get(to, "itself")) for label, to in
                                             edges[node]])  # fmt: skip
        else:
            done.update(_condensed(component, own, edges, done))
    return done


def _joined(content: str, below: list[tuple[str, str]]) -> str:
    return digest_of(content, *(part for edge in sorted(below) for part in edge))


def _condensed(
    component: list[str], own: Mapping[str, str], edges: Edges, done: Mapping[str, str]
) -> dict[str, str]:
    inside = set(component)
    now = {
        node: _joined(own[node], [(label, done[to]) for label, to in edges[node] if to in done])
        for node in component
    }
    for _ in component:
        # each round tells nodes apart by one edge more; the names of nodes tell nothing
        apart = len(set(now.values()))
        now = {
            node: _joined(
                now[node], [(label, now[to]) for label, to in edges[node] if to in inside]
            )
            for node in component
        }
        if len(set(now.values())) == apart:
            break
    all_ = sorted(now.values())
    return {node: digest_of("cycle", digest, *all_) for node, digest in now.items()}


def components(edges: Edges) -> list[list[str]]:
    """Give the groups of nodes that reach each other, what they reach before them (Tarjan)."""
    found: list[list[str]] = []
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    inside: set[str] = set()
    for start in edges:
        # a stack of our own, since code may be deeper than Python's
        waiting = [(start, [to for _, to in edges[start]])] if start not in order else []
        while waiting:
            node, children = waiting[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
                inside.add(node)
            child = children.pop() if children else None
            if child is None:
                waiting.pop()
                if waiting:
                    parent = waiting[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == order[node]:
                    found.append(_cut(stack, inside, node))
            elif child not in order:
                waiting.append((child, [to for _, to in edges[child]]))
            elif child in inside:
                low[node] = min(low[node], order[child])
    return found


def _cut(stack: list[str], inside: set[str], node: str) -> list[str]:
    place = stack.index(node)
    component = stack[place:]
    del stack[place:]
    inside.difference_update(component)
    return component
