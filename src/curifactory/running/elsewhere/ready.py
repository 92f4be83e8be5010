"""The steps that are ready, in the order in which they are sent, by what they need."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

Need = frozenset[tuple[str, float]]
"""How much of each resource a step holds while it runs."""


class ReadySteps:
    """One queue for each need, so that what there is no room for delays nothing else.

    Parameters
    ----------
    limits : dict of str to float
        How much there is of each resource; what is not named here is not limited.
    is_ready : callable
        Tells whether a step that was put in still is ready.
    """

    def __init__(self, limits: Mapping[str, float], is_ready: Callable[[int], bool]) -> None:
        self._free = dict(limits)
        self._is_ready = is_ready
        self._queues: dict[Need, list[tuple[float, int]]] = {}

    def __len__(self) -> int:
        """How many there are at most."""
        return sum(map(len, self._queues.values()))

    def __bool__(self) -> bool:
        return any(self._next(need) is not None for need in self._queues)

    def put(self, position: int, priority: float, need: Need) -> None:
        """A step became ready."""
        heapq.heappush(self._queues.setdefault(need, []), (-priority, position))

    def first(self) -> int | None:
        """The step of the highest priority for which there is room."""
        need = self._first_need()
        return None if need is None else self._queues[need][0][1]

    def take(self) -> int | None:
        """That step, which is not ready any more."""
        need = self._first_need()
        return None if need is None else heapq.heappop(self._queues[need])[1]

    def take_with(self, need: Need, is_wanted: Callable[[int], bool]) -> int | None:
        """The step of the highest priority of those with this need, if it is wanted."""
        top = self._next(need) if need in self._queues else None
        if top is None or not is_wanted(top[1]):
            return None
        return heapq.heappop(self._queues[need])[1]

    def hold(self, need: Need) -> None:
        """What a step needs is in use from now on."""
        self._change(need, -1)

    def give_back(self, need: Need) -> None:
        """What a step needed is free again."""
        self._change(need, 1)

    def _first_need(self) -> Need | None:
        fitting = (need for need in self._queues if self._has_room(need))
        tops = [(top, need) for need in fitting if (top := self._next(need)) is not None]
        return min(tops, key=lambda one: one[0])[1] if tops else None

    def _next(self, need: Need) -> tuple[float, int] | None:
        queue = self._queues[need]
        while queue and not self._is_ready(queue[0][1]):
            heapq.heappop(queue)
        return queue[0] if queue else None

    def _has_room(self, need: Need) -> bool:
        return all(self._free.get(tag, much) >= much for tag, much in need)

    def _change(self, need: Need, sign: int) -> None:
        for tag, much in need:
            if tag in self._free:
                self._free[tag] += sign * much
