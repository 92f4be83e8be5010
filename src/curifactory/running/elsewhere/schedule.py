"""Which steps go to a worker next: a pure core, without processes, files or clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curifactory.running.elsewhere.durations import Durations
from curifactory.running.elsewhere.ready import Need, ReadySteps

# an order of short steps is filled up to this: what sending costs is small beside it
_FULL_ORDER_SECONDS = 0.1
# of what is ready, each worker gets so small a part at once that all stay busy to the end
_PARTS_PER_SLOT = 4


@dataclass(frozen=True, slots=True)
class Work:
    """One step that is to run, as a schedule sees it.

    Parameters
    ----------
    position : int
        Its position in the plan.
    reads : frozenset of int
        The steps to run whose outputs it reads.
    stage : object
        Tells its stage: steps of one stage are expected to take equally long.
    seconds : float, optional
        How long it took when its artifacts were made before.
    resources : dict of str to float
        What it holds while it runs.
    stays : bool
        Whether it is never sent: it is carried out where ``run`` is.
    hands_on : frozenset of int
        Those of the steps that read from it which need a value that no cacher keeps.
    line : object
        Tells its record.
    """

    position: int
    reads: frozenset[int] = frozenset()
    stage: object = None
    seconds: float | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    stays: bool = False
    hands_on: frozenset[int] = frozenset()
    line: object = None

    @property
    def need(self) -> Need:
        """What it holds while it runs."""
        return frozenset(self.resources.items())


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
        seconds = self._expected(first)
        return seconds is not None and seconds <= _FULL_ORDER_SECONDS / _PARTS_PER_SLOT

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
        order, seconds = [first], self._expected(first)
        makers = self._makers_among(order)
        most = 1 + len(self._ready) // (_PARTS_PER_SLOT * max(1, slots))
        while True:
            following = self._following(order, makers, seconds)
            if following is None and len(order) < most:
                following = self._another_short_one(order, seconds)
            if following is None:
                break
            order.append(following)
            makers += self._makers_among([following])
            more = self._expected(following)
            seconds = None if seconds is None or more is None else seconds + more
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

    def _following(self, order: list[int], makers: list[Work], seconds: float | None) -> int | None:
        """What comes right after the last step of an order on the same worker."""
        for made in reversed(makers):
            for reader in sorted(made.hands_on):
                if self._can_follow(reader, order):
                    return reader
        for reader in self._readers[order[-1]] if order[0] not in self._alone else ():
            if self._can_follow(reader, order) and self._fits(reader, seconds):
                return reader
        return None

    def _makers_among(self, positions: Sequence[int]) -> list[Work]:
        """Those of some steps whose values the steps that follow need in memory."""
        works = (self._works[position] for position in positions)
        return [work for work in works if work.hands_on and self._is_kept_together(work)]

    def _is_kept_together(self, made: Work) -> bool:
        """Whether what reads a value that nobody keeps follows on the same worker.

        Not if that would keep others waiting, or from running at the same time.
        """
        readers = self._readers[made.position]
        return len(readers) == 1 or all(self._works[one].line == made.line for one in readers)

    def _another_short_one(self, order: list[int], seconds: float | None) -> int | None:
        if order[0] in self._alone:
            return None

        def is_wanted(position: int) -> bool:
            return self._can_follow(position, order) and self._fits(position, seconds)

        return self._ready.take_with(self._works[order[0]].need, is_wanted)

    def _can_follow(self, position: int, order: list[int]) -> bool:
        work = self._works[position]
        return (
            self._is_open(position)
            and position not in order
            and self._unmet[position].issubset(order)
            and work.resources == self._works[order[0]].resources
        )

    def _fits(self, position: int, seconds: float | None) -> bool:
        more = self._expected(position)
        return None not in (seconds, more) and seconds + more <= _FULL_ORDER_SECONDS  # type: ignore[operator]

    def _expected(self, position: int) -> float | None:
        return self._durations.expected(self._works[position])

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
