"""A plan: all steps of a run in the order of their calls, with what is needed of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from curifactory.planning.decide import Decision, Facts, Reason, decide


class Node(NamedTuple):
    """One step as a plan sees it.

    Parameters
    ----------
    facts : Facts
        What is known about it.
    reads : tuple of (int, str)
        Earlier steps, by position, and the outputs of them that it reads.
    wanted : frozenset of str
        Outputs that somebody read outside of any stage.
    same_as : int, optional
        An earlier step with equal slots and an equal recipe: this one takes over what that made.
    """

    facts: Facts
    reads: tuple[tuple[int, str], ...] = ()
    wanted: frozenset[str] = frozenset()
    same_as: int | None = None


class Planned(NamedTuple):
    """What a plan says about one step: the decision, and which outputs are needed."""

    decision: Decision
    needed: frozenset[str]


def decide_all(nodes: Sequence[Node]) -> list[Planned]:
    """Decide every step, from the last to the first.

    Needed are the outputs that nobody reads, those that somebody wants, and what a step that
    runs reads in its turn.
    """
    # most steps need no set of their own, and equal ones are one
    needed = [node.facts.outputs for node in nodes]
    sets = {one: one for one in needed}

    def need(position: int, outputs: frozenset[str]) -> None:
        needed[position] = sets.setdefault(outputs, outputs)

    for node in nodes:
        for position, output in node.reads:
            if output in needed[position]:
                need(position, needed[position] - {output})
    for position, node in enumerate(nodes):
        if node.wanted:
            need(position, needed[position] | node.wanted)
    planned: list[Planned] = []
    known: dict[tuple[int, int], Planned] = {}
    for position in range(len(nodes) - 1, -1, -1):
        node = nodes[position]
        decision = _decide(node, needed[position])
        # few differ, and a plan may be long: by identity, since the objects stay
        both = (id(decision), id(needed[position]))
        if both not in known:
            known[both] = Planned(decision, needed[position])
        planned.append(known[both])
        if decision.action == "RUN":
            for read, output in node.reads:
                need(read, needed[read] | {output})
        elif node.same_as is not None:
            need(node.same_as, needed[node.same_as] | needed[position])
    planned.reverse()
    return planned


def _decide(node: Node, needed: frozenset[str]) -> Decision:
    if node.same_as is not None and needed and not needed & node.facts.uncached:
        return Decision("LOAD", Reason("valid", "an earlier step of this run makes it"))
    return decide(node.facts, needed)
