"""Feeding workers: a thread that sends what is ready and takes in what comes back."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from curifactory.errors import WorkerDiedError
from curifactory.running.elsewhere.answer import Answer, StepAnswer
from curifactory.running.elsewhere.live import Hearing
from curifactory.running.elsewhere.messages import unpack
from curifactory.running.elsewhere.news import News
from curifactory.running.elsewhere.outcomes import Outcomes
from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.sending import Sender
from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.staying import StaysError
from curifactory.running.executors.protocol import Executor, Work

_CHECK_SECONDS = 0.5
# an executor with a queue of its own gets all that is ready; the number is only for sharing it out
_SLOTS_UNKNOWN = 64


class Dispatcher:
    """Sends the steps of one pass to workers, as they become ready.

    All but what its thread does is called from the thread of ``run``.

    Parameters
    ----------
    executor : Executor
    work : callable
        What a worker does with an order.
    schedule : Schedule
    plan : SentPlan
    sender : Sender
    hearing : Hearing
        Hears what workers tell while an order goes on.
    outcomes : Outcomes
        Keeps what came back.
    """

    def __init__(
        self,
        executor: Executor,
        work: Work,
        schedule: Schedule,
        plan: SentPlan,
        sender: Sender,
        hearing: Hearing,
        outcomes: Outcomes,
    ) -> None:
        self.outcomes = outcomes
        self._executor, self._work = executor, work
        self._schedule, self._plan, self._sender = schedule, plan, sender
        self._hearing, self._checked_at = hearing, 0.0
        self._lock = threading.Condition()
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sent: dict[int, tuple[int, ...]] = {}
        self._next_id = 0
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="curifactory dispatch", daemon=True)

    # ------------------------------------------------------------ from `run`

    def begin(self) -> None:
        """Send what is ready, and go on doing so."""
        self._thread.start()
        self._inbox.put(None)

    def wait_for(self, position: int, on_news: Callable[[], None]) -> StepAnswer | None:
        """Wait until a step is over.

        Parameters
        ----------
        position : int
        on_news : callable
            Called each time something came back.

        Returns
        -------
        StepAnswer or None
            ``None`` if it is to be carried out here.

        Raises
        ------
        BaseException
            What the step raised, or what ended all.
        """
        while True:
            on_news()
            with self._lock:
                outcomes, schedule = self.outcomes, self._schedule
                if position in outcomes.answers:
                    return outcomes.answers[position]
                if position in outcomes.failures:
                    raise outcomes.failures[position]
                if isinstance(outcomes.ended_by, BaseException):
                    raise outcomes.ended_by
                if outcomes.ended_by is not None or not (
                    schedule.is_sent(position) or schedule.is_ready(position)
                ):
                    schedule.stay(position)
                    return None
                if self.outcomes.news.empty():
                    self._lock.wait()

    def done_here(
        self, position: int, answer: Callable[[frozenset[str], frozenset[str]], StepAnswer]
    ) -> None:
        """A step was carried out here; what reads from it can be sent now."""
        known = answer(self._plan.carried(position), self._plan.read(position))
        with self._lock:
            self.outcomes.done(known)
        self._inbox.put(None)

    def failed_here(self, position: int) -> None:
        """A step that was carried out here made nothing."""
        with self._lock:
            self._schedule.failed(position)

    def wait_for_all(self, on_news: Callable[[], None]) -> None:
        """Wait until nothing runs and, unless the end was told, nothing more can be sent."""
        while True:
            on_news()
            with self._lock:
                may_send = not self._is_over and self.outcomes.ended_by is None
                is_busy = self._sent or (may_send and not self._schedule.is_idle)
                if not is_busy and self.outcomes.news.empty():
                    return
                if self.outcomes.news.empty():
                    self._lock.wait()

    def end(self) -> None:
        """Send nothing any more; what runs goes on."""
        with self._lock:
            self._is_over = True

    def news(self) -> list[News]:
        """What came back since this was last asked."""
        found = []
        while not self.outcomes.news.empty():
            found.append(self.outcomes.news.get())
        return found

    def running(self) -> int:
        """How many orders workers have."""
        with self._lock:
            return min(len(self._sent), self._slots())

    def seconds_left(self) -> float | None:
        """How long the rest takes, if that can be told."""
        with self._lock:
            return self._schedule.seconds_left(self._slots())

    # ------------------------------------------------------- the thread's own

    def _run(self) -> None:
        while not self._is_over or self._sent:
            try:
                item = self._inbox.get(timeout=_CHECK_SECONDS)
            except queue.Empty:
                item = None
            with self._lock:
                try:
                    if item is not None:
                        self._take_in(*item)
                    self._check()
                    self._send_what_is_ready()
                except BaseException as error:
                    self._sent.clear()
                    self.outcomes.lost(error)
                self._lock.notify_all()

    def _check(self) -> None:
        """From time to time, see what workers tell, and whether there still are some."""
        now = time.monotonic()
        if self._sent and now - self._checked_at > _CHECK_SECONDS:
            self._checked_at = now
            self._hear()
            self._executor.check()

    def _hear(self) -> None:
        for one in self._hearing.news():
            self.outcomes.news.put(one)

    def _slots(self) -> int:
        return self._executor.slots or _SLOTS_UNKNOWN

    def _send_what_is_ready(self) -> None:
        while not self._is_over and self.outcomes.ended_by is None:
            if not self._may_send():
                return
            positions = self._schedule.next_order(self._slots())
            if not positions:
                return
            try:
                order = self._sender.order(positions, self.outcomes.answers)
            except StaysError as cause:
                stays = positions[0] if cause.position is None else cause.position
                self.outcomes.keep_here(stays, str(cause), stage=False)
                self.outcomes.give_back(positions)
                continue
            self._submit(positions, order)

    def _may_send(self) -> bool:
        slots = self._executor.slots
        if slots is None:
            return True
        waiting = len(self._sent) - slots
        return waiting < 0 or (waiting < slots and self._schedule.goes_ahead(slots))

    def _submit(self, positions: tuple[int, ...], order: bytes) -> None:
        number, self._next_id = self._next_id, self._next_id + 1
        self._sent[number] = positions
        priority = self._schedule.priority(positions[0])
        resources = self._schedule.work(positions[0]).resources
        future = self._executor.submit(self._work, order, priority, resources)
        future.add_done_callback(lambda future: self._inbox.put((number, future)))

    def _take_in(self, number: int, future: Future[bytes]) -> None:
        positions = self._sent.pop(number, ())
        # what a worker told while the order went on came before what is in the answer
        self._hear()
        try:
            answer: Answer = unpack(future.result())
        except WorkerDiedError as death:
            self.outcomes.worker_died(positions, death)
        else:
            self.outcomes.answered(positions, answer)
