"""Which steps go to a worker next: a pure core, without processes, files or clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from curifactory.running.elsewhere.durations import Durations
from curifactory.running.elsewhere.filling import FULL_ORDER_SECONDS, Filling
from curifactory.running.elsewhere.ready import ReadySteps
from curifactory.running.elsewhere.work import Work

# of what is ready, each worker gets so small a part at once that all stay busy to the end
_PARTS_PER_SLOT = 4


class Schedule:
    """What waits, what is ready, what was sent, and what is over.

    Parameters
    ----------
    works : sequence of Work
        The steps to run, each after those that it reads from.
    limits : dict of str to float
        How much there is of each resource; what is not named here is not limited.
    """

    def __init__(self, works: Sequence[Work], limits: Mapping[str, float] | None = None) -> None:
        self._works = {work.position: work for work in works}
        self._readers: dict[int, list[int]] = {work.position: [] for work in works}
        self._unmet: dict[int, set[int]] = {}
        for work in works:
            self._unmet[work.position] = set(work.reads)
            for read in work.reads:
                self._readers[read].append(work.position)
        self._durations = Durations(works)
        self._staying = {work.position for work in works if work.stays}
        self._order_of: dict[int, set[int]] = {}
        self._over: set[int] = set()
        self._blocked: set[int] = set()
        self._alone: set[int] = set()
        self._priority = self._longest_paths()
        self._ready = ReadySteps(limits or {}, self.is_ready)
        for work in works:
            self._enqueue(work.position)

    # ---------------------------------------------------------------- questions

    def work(self, position: int) -> Work:
        """A step that is to run."""
        return self._works[position]

    def readers(self, position: int) -> Sequence[int]:
        """The steps that read from a step."""
        return self._readers[position]

    def expected(self, position: int) -> float | None:
        """How long a step will take; ``None`` if nobody knows."""
        return self._durations.expected(self._works[position])

    def can_follow(self, position: int, order: Sequence[int]) -> bool:
        """Whether a step may come after the steps of an order on the same worker."""
        work = self._works[position]
        return (
            self._is_open(position)
            and position not in order
            and self._unmet[position].issubset(order)
            and work.resources == self._works[order[0]].resources
        )

    def take_like(self, position: int, is_wanted: Callable[[int], bool]) -> int | None:
        """The next step that is ready and needs what a step needs, if it is wanted."""
        return self._ready.take_with(self._works[position].need, is_wanted)

    def of_same_stage(self, position: int) -> list[int]:
        """All steps of the stage that a step is of."""
        stage = self._works[position].stage
        return [other for other, work in self._works.items() if work.stage == stage]

    def is_sent(self, position: int) -> bool:
        """Whether a worker has it."""
        return position in self._order_of

    def is_ready(self, position: int) -> bool:
        """Whether all that it reads is there and it waits for a worker only."""
        return self._is_open(position) and not self._unmet[position]

    @property
    def is_idle(self) -> bool:
        """Whether no worker has anything, and nothing can be sent."""
        return not self._order_of and not self._ready

    @property
    def running(self) -> int:
        """How many orders workers have."""
        return len({id(order) for order in self._order_of.values()})

    def priority(self, position: int) -> float:
        """The expected length of the way from a step to the end, itself included."""
        return self._priority[position]

    def seconds_left(self, slots: int) -> float | None:
        """How long what is left takes on so many workers; ``None`` if that is not known."""
        seconds = self._durations.seconds_left()
        return None if seconds is None else seconds / max(1, slots)

    def goes_ahead(self, slots: int) -> bool:
        """Whether the next order is sent though all workers have one: they need not wait for it.

        So it is if it will be short, and there is enough for all workers after it.
        """
        first = self._ready.first()
        if first is None or first in self._alone or len(self._ready) <= _PARTS_PER_SLOT * slots:
            return False
        seconds = self.expected(first)
        return seconds is not None and seconds <= FULL_ORDER_SECONDS / _PARTS_PER_SLOT

    # ------------------------------------------------------------------ changes

    def next_order(self, slots: int) -> tuple[int, ...]:
        """The steps that a worker gets next, in the order in which it carries them out.

        The step with the longest way to the end comes first. What needs a value that nobody
        keeps goes with the step that makes it; short steps go together. Empty if nothing is ready
        for which there are resources.

        Parameters
        ----------
        slots : int
            How many workers share what is ready.
        """
        first = self._ready.take()
        if first is None:
            return ()
        most = 1 + len(self._ready) // (_PARTS_PER_SLOT * max(1, slots))
        order = Filling(self, first, first in self._alone).filled(most)
        self._ready.hold(self._works[first].need)
        together = set(order)
        self._order_of.update(dict.fromkeys(order, together))
        return tuple(order)

    def done(self, position: int, seconds: float | None = None) -> None:
        """A step is over, wherever it was carried out: what it makes is there."""
        self._end(position)
        if seconds is not None and position in self._works:
            self._durations.learn(self._works[position].stage, seconds)
        for reader in self._readers.get(position, ()):
            self._unmet[reader].discard(position)
            self._enqueue(reader)

    def failed(self, position: int) -> None:
        """A step is over and made nothing: what depends on it is never sent."""
        self._end(position)
        found = list(self._readers.get(position, ()))
        while found:
            blocked = found.pop()
            if blocked not in self._blocked:
                self._blocked.add(blocked)
                self._durations.leave(self._works[blocked])
                found += self._readers[blocked]

    def back(self, position: int, alone: bool = False) -> None:
        """A step that was sent and is not over is to be sent again, perhaps on its own."""
        if position in self._order_of:
            self._leave_order(position)
            self._enqueue(position)
            if alone:
                self._alone.add(position)

    def stay(self, position: int) -> None:
        """A step is carried out where ``run`` is after all."""
        self._leave_order(position)
        if position in self._works:
            self._staying.add(position)

    # ------------------------------------------------------------------ insides

    def _is_open(self, position: int) -> bool:
        return position in self._works and not (
            position in self._order_of
            or position in self._over
            or position in self._staying
            or position in self._blocked
        )

    def _enqueue(self, position: int) -> None:
        if self._is_open(position) and not self._unmet[position]:
            self._ready.put(position, self._priority[position], self._works[position].need)

    def _end(self, position: int) -> None:
        self._leave_order(position)
        if position in self._works:
            self._over.add(position)
            self._durations.leave(self._works[position])

    def _leave_order(self, position: int) -> None:
        order = self._order_of.pop(position, None)
        if order is not None:
            order.discard(position)
            if not order:
                # all steps of an order need the same
                self._ready.give_back(self._works[position].need)

    def _longest_paths(self) -> dict[int, float]:
        known = [work.seconds for work in self._works.values() if work.seconds is not None]
        otherwise = sum(known) / len(known) if known else 1.0
        longest: dict[int, float] = {}
        for position in sorted(self._works, reverse=True):
            own = self._works[position].seconds
            after = max((longest[reader] for reader in self._readers[position]), default=0.0)
            longest[position] = (otherwise if own is None else own) + after
        return longest
