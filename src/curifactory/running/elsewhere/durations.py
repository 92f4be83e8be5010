"""How long steps are expected to take: known from earlier runs, or learned in this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


class Lasting(Protocol):
    """What is asked of a step."""

    @property
    def position(self) -> int: ...
    @property
    def stage(self) -> object: ...
    @property
    def seconds(self) -> float | None: ...


@dataclass(slots=True)
class _Left:
    """The steps of one stage that are not over yet: so many, and what is known of some."""

    positions: set[int] = field(default_factory=set)
    known: int = 0
    seconds: float = 0.0


class Durations:
    """Expected seconds of steps, and of all that are left.

    Parameters
    ----------
    works : iterable of Lasting
        All steps that are to run.
    """

    def __init__(self, works: Iterable[Lasting]) -> None:
        self._observed: dict[object, float] = {}
        self._left: dict[object, _Left] = {}
        for work in works:
            left = self._left.setdefault(work.stage, _Left())
            left.positions.add(work.position)
            if work.seconds is not None:
                left.known += 1
                left.seconds += work.seconds

    def expected(self, work: Lasting) -> float | None:
        """How long a step will take; ``None`` if nobody knows."""
        return self._observed.get(work.stage, work.seconds)

    def learn(self, stage: object, seconds: float) -> None:
        """A step of a stage took so long."""
        self._observed[stage] = (self._observed.get(stage, seconds) + seconds) / 2

    def leave(self, work: Lasting) -> None:
        """A step is over, or never sent."""
        left = self._left[work.stage]
        if work.position in left.positions:
            left.positions.remove(work.position)
            if work.seconds is not None:
                left.known -= 1
                left.seconds -= work.seconds

    def seconds_left(self) -> float | None:
        """How long all that is left takes one worker; ``None`` if that is not known."""
        known, seconds, count = 0, 0.0, 0
        for stage, left in self._left.items():
            count += len(left.positions)
            if stage in self._observed:
                known += len(left.positions)
                seconds += len(left.positions) * self._observed[stage]
            else:
                known += left.known
                seconds += left.seconds
        if not known:
            return None if count else 0.0
        return seconds / known * count
