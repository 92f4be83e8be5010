"""Which artifacts to remove from a cache, and in which order; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from operator import attrgetter

from curifactory.care.steps import Step


def choose(
    steps: Collection[Step], needed_size: int = 0, max_size: int | None = None
) -> tuple[list[Step], list[Step]]:
    """Choose what is removed.

    Parameters
    ----------
    steps : collection of Stored or StoredStep
        What may go.
    needed_size : int
        Bytes of what may not.
    max_size : int, optional
        Bytes that all may have; what fits into it stays. Without it, everything goes.

    Returns
    -------
    tuple of list and list
        What goes, first what is cheapest to compute again per byte, then what is oldest; and what
        stays.
    """
    candidates = in_order(steps)
    if max_size is None:
        return candidates, []
    chosen, staying = list[Step](), list[Step]()
    size = needed_size + sum(step.size for step in steps)
    for step in candidates:
        if size > max_size and step.size > 0:
            chosen.append(step)
            size -= step.size
        else:
            staying.append(step)
    return chosen, staying


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Sort by what it costs to compute again per byte, then by age, the oldest first."""
    # one after the other: to compare two numbers takes a third of comparing two pairs
    return sorted(sorted(steps, key=attrgetter("made")), key=_cost)


def _cost(step: Step) -> float:
    if step.seconds is None or step.size <= 0:
        return math.inf
    return step.seconds / step.size
