"""Running steps: take the lock, look, execute, and know what is executing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from curifactory.events import Events, Failed
from curifactory.planning.compare import differ
from curifactory.planning.decide import Decision, Reason, decide
from curifactory.planning.recipe import Recipe
from curifactory.record import Record
from curifactory.request import Request
from curifactory.running.execution import Execution
from curifactory.running.generations import Generations
from curifactory.running.links import Links
from curifactory.running.looking import Looker
from curifactory.running.passes import PassEnded
from curifactory.running.places import Places
from curifactory.running.reader import SessionReader
from curifactory.running.reading import Trust
from curifactory.running.saving import Saving
from curifactory.running.scratch import Scratch
from curifactory.running.seeding import seed_from, seed_of
from curifactory.running.step import Reference, Step
from curifactory.running.step_lock import StepLock
from curifactory.running.step_locks import LockSettings, StepLocks
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import Slot
from curifactory.store.staging import Staging
from curifactory.store.writing import StepWriting

References = dict[str, Reference]


class RunnerSettings(LockSettings, Protocol):
    """What a runner asks of the manager."""

    current_stage_name: str | None
    check_mutation: bool

    @property
    def experiment_name(self) -> str: ...
    @property
    def seeds_steps(self) -> bool: ...
    @property
    def trust(self) -> Trust: ...
    @property
    def fsync(self) -> bool: ...


class Runner:
    """Runs the steps of one session, one at a time or nested.

    Parameters
    ----------
    settings : RunnerSettings
        The manager.
    events : Events
        Told what happens.
    looker : Looker
        Looks at a step once its lock is held.
    places : Places
        Where artifacts are written.
    scratch : Scratch
        For what belongs to no artifact.
    reader : SessionReader
        Asked about files that user code opens by itself.

    Attributes
    ----------
    generations : Generations
        Which commits are still read.
    links : Links
        Keeps what other processes replaced before.
    """

    def __init__(
        self,
        settings: RunnerSettings,
        events: Events,
        looker: Looker,
        places: Places,
        scratch: Scratch,
        reader: SessionReader,
    ) -> None:
        self.generations = Generations()
        self._settings = settings
        self._events = events
        self._looker = looker
        self._places = places
        self._locks = StepLocks(settings, places, events)
        self._scratch = scratch
        self._reader = reader
        self._executing: list[Execution] = []
        self._made: dict[tuple[str, str], Recipe] = {}
        self._staging = Staging()
        self.links = Links(self._staging, reader.verify_files)

    def begin_pass(self) -> None:
        """Forget what an earlier pass made."""
        self._made = {}

    def remove_staging(self) -> None:
        """Remove the staging folders, unless files set aside there are still read."""
        if not self.generations.tidy():
            self._staging.close()

    def close(self) -> None:
        """Remove the staging folders."""
        self.links.close()
        self._staging.close()

    # ----------------------------------------------------------------- running

    def is_shared(self, request: Request) -> bool:
        """Whether somebody else may make the artifacts of a step, with or without locks."""
        return bool(request.slots) and not self._places.are_elsewhere

    def run(
        self, planned: Step, recipe: Recipe | None, refer: Callable[[Step], References]
    ) -> tuple[Step, References]:
        """Take the lock, look, and run unless somebody else did meanwhile.

        Parameters
        ----------
        planned : Step
            Decided to run.
        recipe : Recipe, optional
            What it is made from, if that was found out in this very call.
        refer : callable
            Gives the references to a step's outputs.
        """
        with self._locks.held(planned) as lock:
            is_shared = self.is_shared(planned.request)
            step = self._look_under_lock(planned, recipe) if is_shared else planned
            assert step.decision is not None
            references = refer(step)
            if step.decision.action == "RUN":
                self._execute(step, references, lock)
        return step, references

    def _look_under_lock(self, planned: Step, recipe: Recipe | None) -> Step:
        # what was found out in this very call holds: its references are pinned
        step = self._looker.look(planned.request, recipe)
        step.needed, step.plan_index = planned.needed, planned.plan_index
        step.decision = decide(step.facts, step.needed)
        was_gone = planned.facts.unusable is not None or planned.facts.overwrite is not None
        if step.decision.action == "LOAD" and was_gone:
            step.decision = Decision("LOAD", Reason("valid", "another process made it meanwhile"))
        return step

    def _execute(self, step: Step, references: References, lock: StepLock) -> None:
        self._tell_if_shared(step)
        slots = _with_reportables(step.request)
        step.slots = {name: self._places.slot_to_write(slot) for name, slot in slots.items()}
        for slot in slots.values():
            self._looker.unusable.pop(slot.metadata_path, None)
        writing = StepWriting(
            step.slots,
            self._staging,
            self.generations.is_read,
            self.generations.set_aside,
            self._settings.fsync,
        )
        try:
            self._carry_out(self._execution(step, references, lock, writing))
        finally:
            writing.finish()
        # most report nothing and write where they were asked to: one dictionary is enough then
        if REPORTABLES not in step.commits:
            step.slots.pop(REPORTABLES, None)
        if step.slots == step.request.slots:
            step.slots = step.request.slots

    def _execution(
        self, step: Step, references: References, lock: StepLock, writing: StepWriting
    ) -> Execution:
        settings = self._settings
        saving = Saving(
            step,
            writing,
            lock,
            self._events,
            self._scratch.new_folder,
            seal=settings.trust.pickle != "always",
        )
        return Execution(
            step,
            references,
            saving,
            lock,
            self._events,
            self._reader,
            settings.check_mutation,
            seed=seed_of(settings.experiment_name, step.request) if settings.seeds_steps else None,
        )

    def _carry_out(self, execution: Execution) -> None:
        step, settings = execution.step, self._settings
        stage_before = settings.current_stage_name
        self._executing.append(execution)
        settings.current_stage_name = step.request.definition.name
        try:
            execution.run()
        except PassEnded:
            raise
        except BaseException as error:
            self._events.emit(Failed(step.name, error))
            raise
        finally:
            self._executing.pop()
            settings.current_stage_name = stage_before
        step.tracked = tuple(execution.saving.tracked)
        step.reports_folder = execution.saving.reports_folder

    def _tell_if_shared(self, step: Step) -> None:
        """Tell when calls of one stage on one record want one file for different results."""
        for slot in step.request.slots.values():
            # by metadata file: with another extension it is the same one
            place = (slot.folder, slot.stem)
            before = self._made.setdefault(place, step.recipe)
            if before is not step.recipe and differ(before, step.recipe):
                self._made[place] = step.recipe
                self._events.notice(
                    f"Stage '{step.name.stage}' was called on record '{step.name.record}' before "
                    "with other inputs, arguments or variables. Both calls share one file, which "
                    "the later one replaces, so neither is reused while the other is.",
                    key=f"shared {slot.metadata_path}",
                )

    # ------------------------------------------------------------------- locks

    @property
    def locks_exclude(self) -> bool:
        """Whether nobody writes what this process has the lock of, as far as is known."""
        return self._locks.exclude

    @contextmanager
    def waited_for(self, step: Step) -> Iterator[None]:
        """Hold the lock of a step that cannot be read; whoever wrote it is done then."""
        self.release()
        with self._locks.held(step):
            yield

    def release(self) -> None:
        """Give back the lock of the executing step: no lock is taken while one is held."""
        if self._executing:
            self._executing[-1].lock.release()

    # ------------------------------------------------------- what is executing

    @property
    def is_executing(self) -> bool:
        """Whether a stage function is being called."""
        return bool(self._executing)

    def execution_of(self, record: Record) -> Execution | None:
        """The call that is going on, if it is one on this record."""
        execution = self._executing[-1] if self._executing else None
        return execution if execution and execution.step.request.record is record else None

    def seed_for(self, record: Record) -> int:
        """The seed of the call that is going on on a record, or was the last one."""
        execution, experiment = self.execution_of(record), self._settings.experiment_name
        if execution is not None:
            return seed_of(experiment, execution.step.request)
        return seed_from(experiment, record.get_hash(), record.current_stage)

    def note_read(self, record: Record, name: str, held: Any) -> None:
        """A state was read by the stage function that is executing."""
        self._executing[-1].note_read(record, name, held)


def _with_reportables(request: Request) -> dict[str, Slot]:
    """The slots of a step, with that of what it reports."""
    slot = request.reportables_slot
    return request.slots if slot is None else {**request.slots, REPORTABLES: slot}
