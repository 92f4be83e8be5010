"""Steps of a pass that are carried out elsewhere, as the session sees them."""

from __future__ import annotations

import os
import pickle
import secrets
import sys
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
from curifactory.running.elsewhere.live import Hearing
from curifactory.running.elsewhere.means import Means
from curifactory.running.elsewhere.noting import Noted, Noting, NotingSettings
from curifactory.running.elsewhere.order import RunFacts
from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.sending import Sender
from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.telling import Telling
from curifactory.running.elsewhere.works import sharing_files, work_of
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
        entries, means, settings = self._entries, self._means, self._settings
        resources = {p: entries[p].step.request.definition.resources for p in runs}
        needs = {entries[p].step.name.stage: resources[p] for p in runs}
        for notice in means.check_needs(needs):
            self._events.notice(notice)
        handshake, token = self._handshake.offer(), secrets.token_hex(8)
        plan = SentPlan(entries, noted, settings.lazy, settings.ignore_lazy)
        changed = {name for one in noted.values() for name in one.environ}
        environ = {name: os.environ.get(name) for name in changed}
        works = [work_of(plan, p, resources[p]) for p in runs]
        assert self._executor is not None
        self._dispatcher = Dispatcher(
            self._executor,
            means.work,
            Schedule(works, means.limits),
            plan,
            Sender(plan, token, pickle.dumps(self._run_facts(token, handshake)), environ),
            Hearing(os.path.dirname(handshake)),
            means.fail_fast,
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
            for position, failure in sorted(dispatcher.failures.items())
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
            for position, answer in sorted(self._dispatcher.answers.items())
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
            return dispatcher.ended_by if isinstance(dispatcher.ended_by, Unusable) else None
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

    def _run_facts(self, token: str, handshake: str) -> RunFacts:
        return RunFacts(
            token=token,
            manager=self._means.describe_manager(),
            root=os.path.abspath(self._settings.root),
            folder=os.getcwd(),
            path=tuple(os.path.abspath(folder) for folder in sys.path),
            handshake=handshake,
            versions=self._means.versions,
        )
