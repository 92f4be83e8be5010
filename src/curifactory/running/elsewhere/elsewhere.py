"""Steps of a pass that are carried out elsewhere, as the session sees them."""

from __future__ import annotations

import os
import pickle
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from curifactory.errors import ConfigurationError
from curifactory.events import Events, StepName
from curifactory.running.elsewhere.answer import StepAnswer, Unusable
from curifactory.running.elsewhere.answering import NotHere, answer_of
from curifactory.running.elsewhere.failures import note_others
from curifactory.running.elsewhere.handshake import Handshake
from curifactory.running.elsewhere.noting import Noted, Noting, NotingSettings
from curifactory.running.elsewhere.order import RunFacts
from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.scheduler import Scheduler
from curifactory.running.elsewhere.sending import Sender
from curifactory.running.elsewhere.telling import Telling
from curifactory.running.elsewhere.works import sharing_files, work_of
from curifactory.running.executors.protocol import Executor, Work
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Reference, Step
from curifactory.running.surroundings import SurroundingsWatch
from curifactory.settings import nearest
from curifactory.store.staging import sweep

References = dict[str, Reference]


class ElsewhereSettings(NotingSettings, Protocol):
    """What this asks of the manager."""

    @property
    def cache_path(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What is needed to carry out steps elsewhere.

    Parameters
    ----------
    open_executor : callable
        Gives the executor; called when there is something to send.
    work : callable
        What a worker does with an order.
    describe_manager : callable
        Gives the facts from which a worker makes its manager.
    versions : dict of str to str
        Versions that should be the same in all processes.
    limits : dict of str to float
        How much there is of each resource.
    fail_fast : bool
        Whether the first failure ends the run.
    """

    open_executor: Callable[[], Executor]
    work: Work
    describe_manager: Callable[[], bytes]
    versions: Mapping[str, str]
    limits: Mapping[str, float] = field(default_factory=dict)
    fail_fast: bool = False


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
        self._scheduler: Scheduler | None = None
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
        entries, token = self._entries, secrets.token_hex(8)
        settings = self._settings
        run = pickle.dumps(self._run_facts(token))
        changed = {name for one in noted.values() for name in one.environ}
        sender = Sender(
            entries,
            noted,
            token,
            run,
            {name: os.environ.get(name) for name in changed},
            settings.lazy,
            settings.ignore_lazy,
        )
        resources = {p: entries[p].step.request.definition.resources for p in runs}
        self._check_resources(runs, resources)
        works = [work_of(entries, sender, p, noted, resources[p]) for p in runs]
        assert self._executor is not None
        self._scheduler = Scheduler(
            self._executor,
            self._means.work,
            Schedule(works, self._means.limits),
            sender,
            {work.position: work.stage for work in works},
            resources,
            self._means.fail_fast,
        )
        self._scheduler.begin()

    def _check_resources(
        self, runs: Sequence[int], resources: Mapping[int, Mapping[str, float]]
    ) -> None:
        """Refuse what could never run, and tell of limits for what nothing needs."""
        limits = self._means.limits
        known = {tag for needs in resources.values() for tag in needs}
        for tag in limits.keys() - known:
            self._events.notice(f"No stage needs the resource '{tag}'.{nearest(tag, known)}")
        for position in runs:
            for tag, much in resources[position].items():
                if much > limits.get(tag, much):
                    stage = self._entries[position].step.name.stage
                    raise ConfigurationError(
                        f"Stage '{stage}' needs {much:g} of '{tag}', and there is {limits[tag]:g} "
                        f"(--resource {tag}={limits[tag]:g})."
                    )

    def end_pass(self) -> None:
        """Wait for what is running, and send nothing more."""
        if self._scheduler is not None:
            self._scheduler.end()
            self._scheduler.wait_for_all(self._tell_news)
            self._scheduler = None

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
        scheduler = self._scheduler
        if scheduler is None:
            return
        if self._means.fail_fast and error is not None:
            self.stop()
        else:
            scheduler.wait_for_all(self._tell_news)
        others = {
            position: failure
            for position, failure in sorted(scheduler.failures.items())
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
        if self._scheduler is None:
            return []
        return [
            (self._entries[position], answer)
            for position, answer in sorted(self._scheduler.answers.items())
            if answer.executed and position not in self._taken
        ]

    def stop(self) -> None:
        """End the workers at once."""
        if self._scheduler is not None:
            self._scheduler.end()
            self._scheduler = None
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
        position, scheduler = entry.step.plan_index, self._scheduler
        if scheduler is None or position is None:
            return None
        try:
            answer = scheduler.wait_for(position, self._tell_news)
        except BaseException:
            self._raised.add(position)
            raise
        if answer is None:
            return scheduler.ended_by if isinstance(scheduler.ended_by, Unusable) else None
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
        position, scheduler, began = entry.step.plan_index, self._scheduler, time.perf_counter()
        if scheduler is None or position is None:
            yield lambda *_: None
            return
        self._taken.add(position)
        done = False

        def note_done(step: Step, references: References) -> None:
            nonlocal done
            seconds = time.perf_counter() - began
            try:
                scheduler.done_here(
                    position,
                    lambda carried: answer_of(position, step, references, carried, seconds),
                )
                done = True
            except NotHere as cause:
                self._events.notice(f"What reads from {step.name} runs in this process: {cause}.")
            self._tell_news()

        try:
            yield note_done
        finally:
            if not done:
                scheduler.failed_here(position)

    def tell_other(self, entry: Entry, how: str) -> None:
        """A step that was carried out elsewhere is called otherwise than it was planned."""
        self._telling.other_call(entry.step, how)

    def _tell_news(self) -> None:
        if self._scheduler is not None:
            self._telling.news(self._scheduler)

    def _run_facts(self, token: str) -> RunFacts:
        return RunFacts(
            token=token,
            manager=self._means.describe_manager(),
            root=os.path.abspath(self._settings.root),
            folder=os.getcwd(),
            path=tuple(os.path.abspath(folder) for folder in sys.path),
            handshake=self._handshake.offer(),
            versions=self._means.versions,
        )
