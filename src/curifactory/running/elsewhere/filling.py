"""What goes into one order: chains whose values nobody keeps, and steps that are short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from curifactory.running.elsewhere.work import Work

# an order of short steps is filled up to this: what sending costs is small beside it
FULL_ORDER_SECONDS = 0.1


class Steps(Protocol):
    """What is asked of a schedule."""

    def work(self, position: int) -> Work: ...
    def readers(self, position: int) -> Sequence[int]: ...
    def expected(self, position: int) -> float | None: ...
    def can_follow(self, position: int, order: Sequence[int]) -> bool: ...
    def take_like(self, position: int, is_wanted: Callable[[int], bool]) -> int | None: ...


class Filling:
    """One order while it is filled.

    Parameters
    ----------
    steps : Steps
        The schedule.
    first : int
        The step that it begins with.
    is_alone : bool
        Whether nothing is added that could be sent on its own.
    """

    def __init__(self, steps: Steps, first: int, is_alone: bool) -> None:
        self._steps, self._is_alone = steps, is_alone
        self._order: list[int] = []
        # those whose values the steps that follow need in memory
        self._makers: list[Work] = []
        self._seconds: float | None = 0.0
        self._add(first)

    def filled(self, most: int) -> list[int]:
        """The steps of the order, in which only what belongs together makes more than `most`."""
        while True:
            following = self._following()
            if following is None and len(self._order) < most:
                following = self._another_short_one()
            if following is None:
                return self._order
            self._add(following)

    def _add(self, position: int) -> None:
        self._order.append(position)
        work, more = self._steps.work(position), self._steps.expected(position)
        if work.hands_on and self._is_kept_together(work):
            self._makers.append(work)
        self._seconds = None if self._seconds is None or more is None else self._seconds + more

    def _following(self) -> int | None:
        """What comes right after the last step on the same worker."""
        steps, order = self._steps, self._order
        for made in reversed(self._makers):
            for reader in sorted(made.hands_on):
                if steps.can_follow(reader, order):
                    return reader
        for reader in () if self._is_alone else steps.readers(order[-1]):
            if steps.can_follow(reader, order) and self._fits(reader):
                return reader
        return None

    def _is_kept_together(self, made: Work) -> bool:
        """Whether what reads a value that nobody keeps follows on the same worker.

        Not if that would keep others waiting, or from running at the same time.
        """
        readers = self._steps.readers(made.position)
        return len(readers) == 1 or all(self._steps.work(one).line == made.line for one in readers)

    def _another_short_one(self) -> int | None:
        if self._is_alone:
            return None

        def is_wanted(position: int) -> bool:
            return self._steps.can_follow(position, self._order) and self._fits(position)

        return self._steps.take_like(self._order[0], is_wanted)

    def _fits(self, position: int) -> bool:
        more = self._steps.expected(position)
        if self._seconds is None or more is None:
            return False
        return self._seconds + more <= FULL_ORDER_SECONDS
