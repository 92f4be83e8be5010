"""Steps of a pass that are carried out elsewhere, as the session sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from curifactory.events import Events, StepName
from curifactory.running.elsewhere.answer import StepAnswer, Unusable
from curifactory.running.elsewhere.answering import NotHere, answer_of
from curifactory.running.elsewhere.dispatcher import Dispatcher
from curifactory.running.elsewhere.failures import note_others
from curifactory.running.elsewhere.handshake import Handshake
from curifactory.running.elsewhere.means import Means
from curifactory.running.elsewhere.noting import Noted, Noting, NotingSettings
from curifactory.running.elsewhere.opening import dispatcher_of, needs_of, resources_of
from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.telling import Telling
from curifactory.running.elsewhere.works import sharing_files
from curifactory.running.executors.protocol import Executor
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Reference, Step
from curifactory.running.surroundings import SurroundingsWatch
from curifactory.store.staging import sweep

References = dict[str, Reference]


class ElsewhereSettings(NotingSettings, Protocol):
    """What this asks of the manager."""

    @property
    def cache_path(self) -> str: ...


class Elsewhere:
    """Sends the steps of a plan to workers, and gives what they made when ``run`` calls for it.

    Parameters
    ----------
    settings : ElsewhereSettings
        The manager.
    events : Events
        Told everything that happens, from the thread of ``run``.
    means : Means
    """

    def __init__(self, settings: ElsewhereSettings, events: Events, means: Means) -> None:
        self._settings, self._events, self._means = settings, events, means
        self._executor: Executor | None = None
        self._dispatcher: Dispatcher | None = None
        self._entries: Sequence[Entry] = ()
        self._noting: Noting | None = None
        self._noted: dict[int, Noted | str] = {}
        self._run_watch: SurroundingsWatch | None = None
        self._handshake = Handshake(settings.cache_path)
        self._taken: set[int] = set()
        self._raised: set[int] = set()
        self._telling = Telling((), events)

    # ------------------------------------------------------------------ passes

    def begin_plan(self) -> None:
        """A plan pass begins: its calls are noted."""
        self.end_pass()
        self._noting, self._noted = Noting(self._settings), {}

    def note(self, step: Step) -> None:
        """Note a planned call that may have to run."""
        may_run = step.stale is not None or step.facts.uncached or not step.facts.outputs
        if may_run and self._noting is not None and step.plan_index is not None:
            self._noted[step.plan_index] = self._noting.note(step)

    def begin_run(self, entries: Sequence[Entry]) -> None:
        """A run pass begins: what is to run and can be sent is sent as it becomes ready."""
        self.end_pass()
        self._entries, self._telling = entries, Telling(entries, self._events)
        self._taken, self._raised = set(), set()
        runs = [p for p, one in enumerate(entries) if one.planned.decision.action == "RUN"]
        noted = {p: one for p in runs if isinstance(one := self._noted.get(p), Noted)}
        for position in sharing_files(entries, runs) & noted.keys():
            del noted[position]
            self._noted[position] = "another call writes to the same file"
        for position in runs:
            cause = self._noted.get(position)
            if isinstance(cause, str):
                self._telling.stay(entries[position].step, cause)
        if not noted:
            return
        if self._executor is None:
            self._executor = self._means.open_executor()
        # after that: starting a cluster may set variables of this process
        self._run_watch = SurroundingsWatch()
        self._begin(runs, noted)

    def _begin(self, runs: Sequence[int], noted: Mapping[int, Noted]) -> None:
        resources = resources_of(self._entries, runs)
        for notice in self._means.check_needs(needs_of(self._entries, resources)):
            self._events.notice(notice)
        assert self._executor is not None
        self._dispatcher = dispatcher_of(
            SentPlan(self._entries, noted, self._settings.lazy, self._settings.ignore_lazy),
            resources,
            self._executor,
            self._means,
            self._settings.root,
            self._handshake.offer(),
        )
        self._dispatcher.begin()

    def end_pass(self) -> None:
        """Wait for what is running, and send nothing more."""
        if self._dispatcher is not None:
            self._dispatcher.end()
            self._dispatcher.wait_for_all(self._tell_news)
            self._dispatcher = None

    def wait_for_rest(self, error: Exception | None) -> None:
        """Let everything that can be sent come to its end.

        Parameters
        ----------
        error : Exception, optional
            What ended the run: gets a note about everything else that failed.

        Raises
        ------
        BaseException
            Without such an error, the first failure that no call raised.
        """
        dispatcher = self._dispatcher
        if dispatcher is None:
            return
        if self._means.fail_fast and error is not None:
            self.stop()
        else:
            dispatcher.wait_for_all(self._tell_news)
        others = {
            position: failure
            for position, failure in sorted(dispatcher.outcomes.failures.items())
            if failure is not error and position not in self._raised
        }
        ended_by = error or (others.pop(min(others)) if others else None)
        if ended_by is not None:
            note_others(ended_by, self._named(others))
        if ended_by is not None and ended_by is not error:
            raise ended_by

    def _named(self, failures: Mapping[int, BaseException]) -> list[tuple[StepName, BaseException]]:
        return [(self._entries[p].step.name, one) for p, one in failures.items()]

    def left_over(self) -> list[tuple[Entry, StepAnswer]]:
        """What workers executed and no call took over."""
        if self._dispatcher is None:
            return []
        return [
            (self._entries[position], answer)
            for position, answer in sorted(self._dispatcher.outcomes.answers.items())
            if answer.executed and position not in self._taken
        ]

    def stop(self) -> None:
        """End the workers at once."""
        if self._dispatcher is not None:
            self._dispatcher.end()
            self._dispatcher = None
        if self._executor is not None:
            self._executor.stop()
            self._executor = None
            sweep(self._settings.cache_path)
        self._handshake.withdraw()

    def close(self) -> None:
        """Wait for what is running, and let the workers go."""
        self.end_pass()
        if self._executor is not None:
            self._executor.close()
            self._executor = None
        self._handshake.withdraw()

    # ------------------------------------------------------------------- calls

    def take(self, entry: Entry) -> StepAnswer | Unusable | None:
        """What a worker made of a step; waits for it. ``None`` if it is to run here.

        Raises
        ------
        BaseException
            What it raised there.
        """
        position, dispatcher = entry.step.plan_index, self._dispatcher
        if dispatcher is None or position is None:
            return None
        try:
            answer = dispatcher.wait_for(position, self._tell_news)
        except BaseException:
            self._raised.add(position)
            raise
        if answer is None:
            ended_by = dispatcher.outcomes.ended_by
            return ended_by if isinstance(ended_by, Unusable) else None
        noted, watch = self._noted[position], self._run_watch
        assert isinstance(noted, Noted)
        assert watch is not None
        if watch.environ_changes() != noted.environ:
            self.tell_other(entry, "`run` has set other environment variables")
            return None
        self._taken.add(position)
        return answer

    @contextmanager
    def carried_out_here(self, entry: Entry) -> Iterator[Callable[[Step, References], None]]:
        """A planned step is carried out here; what reads from it is sent after it is done.

        Yields
        ------
        callable
            To be told the step and the references to its outputs.
        """
        position, dispatcher, began = entry.step.plan_index, self._dispatcher, time.perf_counter()
        if dispatcher is None or position is None:
            yield lambda *_: None
            return
        self._taken.add(position)
        done = False

        def note_done(step: Step, references: References) -> None:
            nonlocal done
            seconds = time.perf_counter() - began
            try:
                dispatcher.done_here(
                    position,
                    lambda carried, read: answer_of(
                        position, step, references, carried, read, seconds
                    ),
                )
                done = True
            except NotHere as cause:
                self._events.notice(f"What reads from {step.name} runs in this process: {cause}.")
            self._tell_news()

        try:
            yield note_done
        finally:
            if not done:
                dispatcher.failed_here(position)

    def tell_other(self, entry: Entry, how: str) -> None:
        """A step that was carried out elsewhere is called otherwise than it was planned."""
        self._telling.other_call(entry.step, how)

    def _tell_news(self) -> None:
        if self._dispatcher is not None:
            self._telling.news(self._dispatcher)
