"""Feeding workers: a thread that sends what is ready and takes in what comes back."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from curifactory.errors import ExecutorError, ExecutorLostError, WorkerDiedError
from curifactory.running.elsewhere.answer import (
    Answer,
    Declined,
    Raised,
    Refused,
    StepAnswer,
    Unusable,
)
from curifactory.running.elsewhere.failures import died, raised_here
from curifactory.running.elsewhere.live import Hearing
from curifactory.running.elsewhere.messages import unpack
from curifactory.running.elsewhere.news import Failure, News, Staying
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

    All but `run_thread` is called from the thread of ``run``.

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
    fail_fast : bool
        Whether nothing more is sent after a failure.
    """

    def __init__(
        self,
        executor: Executor,
        work: Work,
        schedule: Schedule,
        plan: SentPlan,
        sender: Sender,
        hearing: Hearing,
        fail_fast: bool,
    ) -> None:
        self.answers: dict[int, StepAnswer] = {}
        self.failures: dict[int, BaseException] = {}
        self.ended_by: BaseException | Unusable | None = None
        self._executor, self._work = executor, work
        self._schedule, self._plan, self._sender = schedule, plan, sender
        self._hearing, self._checked_at = hearing, 0.0
        self._fail_fast = fail_fast
        self._lock = threading.Condition()
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._sent: dict[int, tuple[int, ...]] = {}
        self._deaths: dict[int, int] = {}
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
                if position in self.answers:
                    return self.answers[position]
                if position in self.failures:
                    raise self.failures[position]
                if isinstance(self.ended_by, BaseException):
                    raise self.ended_by
                schedule = self._schedule
                if self.ended_by is not None or not (
                    schedule.is_sent(position) or schedule.is_ready(position)
                ):
                    schedule.stay(position)
                    return None
                if self._outbox.empty():
                    self._lock.wait()

    def done_here(
        self, position: int, answer: Callable[[frozenset[str], frozenset[str]], StepAnswer]
    ) -> None:
        """A step was carried out here; what reads from it can be sent now."""
        known = answer(self._plan.carried(position), self._plan.read(position))
        with self._lock:
            self.answers[position] = known
            self._schedule.done(position, known.seconds if known.executed else None)
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
                may_send = not self._is_over and self.ended_by is None
                is_busy = self._sent or (may_send and not self._schedule.is_idle)
                if not is_busy and self._outbox.empty():
                    return
                if self._outbox.empty():
                    self._lock.wait()

    def end(self) -> None:
        """Send nothing any more; what runs goes on."""
        with self._lock:
            self._is_over = True

    def news(self) -> list[News]:
        """What came back since this was last asked."""
        found = []
        while not self._outbox.empty():
            found.append(self._outbox.get())
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
                    self._lose(error)
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
            self._outbox.put(one)

    def _slots(self) -> int:
        return self._executor.slots or _SLOTS_UNKNOWN

    def _send_what_is_ready(self) -> None:
        while not self._is_over and self.ended_by is None:
            if not self._may_send():
                return
            positions = self._schedule.next_order(self._slots())
            if not positions:
                return
            try:
                order = self._sender.order(positions, self.answers)
            except StaysError as cause:
                stays = positions[0] if cause.position is None else cause.position
                self._keep_here(stays, str(cause), stage=False)
                self._give_back(positions)
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
            self._try_elsewhere(positions, death)
            return
        self._outbox.put(answer)
        for one in answer.steps:
            self.answers[one.position] = one
            self._schedule.done(one.position, one.seconds if one.executed else None)
        match answer.ending:
            case Raised():
                self._fail(answer.ending.position, raised_here(answer.ending))
            case Declined():
                self._keep_here(answer.ending.position, answer.ending.why, stage=True)
            case Unusable():
                self.ended_by = answer.ending
            case Refused():
                self.ended_by = ExecutorError(answer.ending.why)
        self._give_back(positions)

    def _try_elsewhere(self, positions: tuple[int, ...], death: WorkerDiedError) -> None:
        if not death.had_begun:
            self._give_back(positions)
            return
        for position in positions:
            self._deaths[position] = self._deaths.get(position, 0) + 1
        first = positions[0] if positions else None
        if first is not None and (death.is_final or self._deaths[first] > 1):
            self._fail(first, died(self._plan.entries[first].step.name, str(death)))
        self._give_back(positions, alone=True)

    def _fail(self, position: int, error: BaseException) -> None:
        self.failures[position] = error
        self._outbox.put(Failure(position, error))
        self._schedule.failed(position)
        if self._fail_fast and self.ended_by is None:
            self.ended_by = error

    def _keep_here(self, position: int, why: str, stage: bool) -> None:
        self._schedule.stay(position)
        if stage:
            for other in self._schedule.of_same_stage(position):
                if not self._schedule.is_sent(other):
                    self._schedule.stay(other)
        self._outbox.put(Staying(position, why, stage))

    def _give_back(self, positions: tuple[int, ...], alone: bool = False) -> None:
        for position in positions:
            self._schedule.back(position, alone)

    def _lose(self, error: BaseException) -> None:
        """Nothing that was sent will come back."""
        self._sent.clear()
        if not isinstance(self.ended_by, BaseException):
            if not isinstance(error, ExecutorError):
                lost = ExecutorLostError(
                    f"The workers are lost ({type(error).__name__}: {error}). What they saved "
                    "stays; run again to go on from there."
                )
                lost.__cause__ = error
                error = lost
            self.ended_by = error
