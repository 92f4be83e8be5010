"""What came of the steps that were sent: answers, failures, deaths, and what ended all."""

from __future__ import annotations

import queue

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
from curifactory.running.elsewhere.news import Failure, News, Staying
from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.sent_plan import SentPlan


class Outcomes:
    """Enters into the schedule what came back, and keeps it; whoever calls sees to the threads.

    Parameters
    ----------
    schedule : Schedule
    plan : SentPlan
    fail_fast : bool
        Whether nothing more is sent after a failure.

    Attributes
    ----------
    answers : dict of int to StepAnswer
        What became of the steps that went well, by position.
    failures : dict of int to BaseException
        Why the others did not.
    ended_by : BaseException or Unusable or None
        Why nothing is sent any more, if so.
    news : queue
        What is to be told where ``run`` is.
    """

    def __init__(self, schedule: Schedule, plan: SentPlan, fail_fast: bool) -> None:
        self.answers: dict[int, StepAnswer] = {}
        self.failures: dict[int, BaseException] = {}
        self.ended_by: BaseException | Unusable | None = None
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._schedule, self._plan, self._fail_fast = schedule, plan, fail_fast
        self._deaths: dict[int, int] = {}

    def answered(self, positions: tuple[int, ...], answer: Answer) -> None:
        """A worker did what it could of an order."""
        self.news.put(answer)
        for one in answer.steps:
            self.done(one)
        match answer.ending:
            case Raised():
                self._fail(answer.ending.position, raised_here(answer.ending))
            case Declined():
                self.keep_here(answer.ending.position, answer.ending.why, stage=True)
            case Unusable():
                self.ended_by = answer.ending
            case Refused():
                self.ended_by = ExecutorError(answer.ending.why)
        self.give_back(positions)

    def done(self, answer: StepAnswer) -> None:
        """A step went well, wherever it was carried out."""
        self.answers[answer.position] = answer
        self._schedule.done(answer.position, answer.seconds if answer.executed else None)

    def worker_died(self, positions: tuple[int, ...], death: WorkerDiedError) -> None:
        """The worker that had an order is gone: its steps are tried once more, each on its own."""
        if not death.had_begun:
            self.give_back(positions)
            return
        for position in positions:
            self._deaths[position] = self._deaths.get(position, 0) + 1
        first = positions[0] if positions else None
        if first is not None and (death.is_final or self._deaths[first] > 1):
            self._fail(first, died(self._plan.entries[first].step.name, str(death)))
        self.give_back(positions, alone=True)

    def keep_here(self, position: int, why: str, stage: bool) -> None:
        """A step, or all of its stage, is carried out where ``run`` is after all."""
        self._schedule.stay(position)
        if stage:
            for other in self._schedule.of_same_stage(position):
                if not self._schedule.is_sent(other):
                    self._schedule.stay(other)
        self.news.put(Staying(position, why, stage))

    def give_back(self, positions: tuple[int, ...], alone: bool = False) -> None:
        """Those of an order's steps that are not over are to be sent again."""
        for position in positions:
            self._schedule.back(position, alone)

    def lost(self, error: BaseException) -> None:
        """Nothing that was sent will come back."""
        if not isinstance(self.ended_by, BaseException):
            if not isinstance(error, ExecutorError):
                lost = ExecutorLostError(
                    f"The workers are lost ({type(error).__name__}: {error}). What they saved "
                    "stays; run again to go on from there."
                )
                lost.__cause__ = error
                error = lost
            self.ended_by = error

    def _fail(self, position: int, error: BaseException) -> None:
        self.failures[position] = error
        self.news.put(Failure(position, error))
        self._schedule.failed(position)
        if self._fail_fast and self.ended_by is None:
            self.ended_by = error
