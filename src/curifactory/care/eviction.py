"""Which artifacts to remove from a cache, and in which order; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, NamedTuple


class StoredStep(NamedTuple):
    """What one call of a stage left in the cache: its artifacts stay and go together.

    Parameters
    ----------
    generation : str
        The generation of their commits.
    size : int
        Bytes of all of them.
    seconds : float or None
        How long making and saving them took, if that was recorded.
    made : float
        When, in seconds since the epoch.
    artifacts : tuple
        What they are; not looked at here.
    """

    generation: str
    size: int
    seconds: float | None
    made: float
    artifacts: tuple[Any, ...] = ()


def choose(
    steps: Collection[StoredStep],
    needed: Collection[str],
    before: float = math.inf,
    max_size: int | None = None,
) -> list[StoredStep]:
    """Choose what is removed.

    Parameters
    ----------
    steps : collection of StoredStep
        Everything that is in the cache.
    needed : collection of str
        Generations of what is never removed.
    before : float
        Only what was made before this moment, in seconds since the epoch, may go.
    max_size : int, optional
        Bytes that the cache may have; what fits into it stays. Without it, everything goes that
        may go.

    Returns
    -------
    list of StoredStep
        What goes: first what is cheapest to compute again per byte, then what is oldest.
    """
    candidates = in_order(
        step for step in steps if step.generation not in needed and step.made < before
    )
    if max_size is None:
        return candidates
    chosen, size = [], sum(step.size for step in steps)
    for step in candidates:
        if size <= max_size:
            break
        if step.size > 0:
            chosen.append(step)
            size -= step.size
    return chosen


def in_order(steps: Iterable[StoredStep]) -> list[StoredStep]:
    """Sort by what it costs to compute again per byte, then by age, the oldest first."""
    # one after the other: to compare two numbers takes a third of comparing two pairs
    return sorted(sorted(steps, key=attrgetter("made")), key=_cost)


def _cost(step: StoredStep) -> float:
    if step.seconds is None or step.size <= 0:
        return math.inf
    return step.seconds / step.size
