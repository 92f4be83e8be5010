"""The session: takes each stage call, asks what to do about it, and sees it done."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from curifactory.caching.rendered import attach
from curifactory.errors import DefinitionError, UnusableArtifactError
from curifactory.events import Departed, Events, Failed, Finished, Planned, Waiting
from curifactory.gather import REPORTABLES
from curifactory.planning.compare import first_difference
from curifactory.planning.decide import Decision, Reason, decide
from curifactory.planning.recipe import Recipe
from curifactory.record import Record
from curifactory.request import Request
from curifactory.running.collisions import Collisions
from curifactory.running.execution import Execution
from curifactory.running.facts import Policy, recipe_of, see, slots_of, step_of
from curifactory.running.generations import Generations
from curifactory.running.pass_plan import Entry, FollowedPlan, PassPlan, carried_over
from curifactory.running.passes import PassEnded
from curifactory.running.reader import SessionReader
from curifactory.running.reading import Trust
from curifactory.running.reported import Reported
from curifactory.running.scratch import Scratch, is_further_rank
from curifactory.running.step import UNSET, Reference, Step
from curifactory.running.step_lock import StepLock
from curifactory.store.slot import Slot
from curifactory.store.staging import Staging
from curifactory.store.writing import StepWriting


class Settings(Policy, Protocol):
    """What a session asks of the manager that owns it."""

    dry: bool
    dry_cache: bool
    current_stage_name: str | None
    check_mutation: bool

    @property
    def trust(self) -> Trust: ...
    @property
    def cache_path(self) -> str: ...
    @property
    def manager_cache_path(self) -> str: ...
    @property
    def locking(self) -> bool: ...
    @property
    def fsync(self) -> bool: ...


class Session:
    """All stage calls of one manager.

    Parameters
    ----------
    settings : Settings
        The manager; what is set on it counts from the next call on.
    events : Events
        Told everything that happens.

    Attributes
    ----------
    plan : PassPlan
        The plan that the plan pass makes.
    reported : dict of str to Reported
        What stages reported in this pass, by the folder it is kept in.
    loose_reports : list
        Reportables that were given outside of a running stage.
    on_artifacts : callable, optional
        Called with each step whose artifacts are there after its call.
    """

    def __init__(self, settings: Settings, events: Events) -> None:
        self.settings = settings
        self.events = events
        self.reader = SessionReader(events, self._waited_for, lambda: settings.trust)
        self.plan = PassPlan()
        self.reported: dict[str, Reported] = {}
        self.on_artifacts: Callable[[Step], None] | None = None
        self.scratch = Scratch()
        self.loose_reports: list[Any] = []
        self._followed: FollowedPlan | None = None
        self._executing: list[Execution] = []
        self._collisions = Collisions()
        self._made: dict[str, Recipe] = {}
        self._staging = Staging()
        self._generations = Generations()

    # ------------------------------------------------------------------ passes

    def begin_plan(self) -> None:
        """From now on calls are only noted, until `begin_run`."""
        self.plan = PassPlan()
        self._begin_pass("plan")

    def end_plan(self, ended_early: str | None) -> None:
        """Decide what was noted; `ended_early` says why more may follow, if so."""
        self.plan.ended_early = ended_early
        self.plan.settle()
        self.events.emit(Planned(tuple(self.plan.shown()), ended_early))

    def begin_run(self, follow_plan: bool) -> None:
        """From now on calls are carried out, as the plan decided if there is one."""
        self._begin_pass("run")
        self._followed = FollowedPlan(self.plan) if follow_plan else None

    def find_unusable(self) -> None:
        """Check all that the plan wants to load, so that it is found in one go."""
        for entry in self.plan.entries:
            if entry.planned.decision.action == "LOAD":
                self.reader.note_unusable(entry.step, entry.planned.needed)

    def end_run(self) -> None:
        """The run pass came to its end."""
        for entry in self._followed.left_over() if self._followed else ():
            decision = entry.planned.decision
            if decision.action == "RUN":
                reason = "`run` did not make this call, other than when it was planned"
                self.events.emit(Departed(entry.step.name, "RUN", "SKIP", reason))

    def _begin_pass(self, mode: Any) -> None:
        self.reader.mode = mode
        self._followed = None
        self.reported = {}
        self.loose_reports = []
        self._made = {}
        self._collisions = Collisions()

    def close(self) -> None:
        """End the passes: what is read or called from now on is live."""
        self.reader.mode, self._followed = "live", None
        # what a dry run made stays readable as long as somebody holds the session
        self._staging.close()

    # ------------------------------------------------------------------- calls

    def adopt(self, record: Record) -> None:
        """Watch what a running stage reads from the state of a new record."""
        record.state.on_read = functools.partial(self._note_read, record)

    def call(self, request: Request) -> None:
        """Take one stage call; afterwards the record's state has its outputs."""
        self._collisions.check(request)
        is_nested = bool(self._executing)
        if is_nested:
            # no lock is taken while one is held
            self._executing[-1].lock.release()
        try:
            if self.reader.mode == "plan":
                step, references = self._note(request)
            else:
                step, references = self._carry_out(request, is_nested)
            self._enter(step, references)
        finally:
            if self.reader.mode == "live" and not is_nested and not self._generations.tidy():
                # a live session has no end at which to remove its staging folders
                self._staging.close()
        if self.reader.mode != "plan" and self.on_artifacts is not None:
            self.on_artifacts(step)

    def _note(self, request: Request) -> tuple[Step, dict[str, Reference]]:
        """Plan pass: all about the step but carrying it out."""
        step = self._look(request)
        step.wanted = self.reader.wanted_of(request)
        self.plan.add(step)
        return step, self._references(step)

    def _carry_out(self, request: Request, is_nested: bool) -> tuple[Step, dict[str, Reference]]:
        """Run pass or live: do what the plan decided, or decide now."""
        entry = None if is_nested else self._planned(request)
        step = None if entry is None else carried_over(request, entry)
        if step is None:
            step = self._look(request)
        if entry is not None:
            step.plan_index = entry.step.plan_index
        step.needed = _all_outputs(request) if entry is None else entry.planned.needed
        step.decision = decide(step.facts, step.needed)
        for notice in step.notices if step.needed else ():
            self.events.notice(notice)
        if step.decision.action == "RUN":
            step, references = self._run(step)
        else:
            references = self._references(step)
            if self.reader.mode == "live":
                step, references = self._load_now(step, references)
            else:
                self._finished(step, 0.0)
        if entry is not None:
            self._compare_with_plan(step, entry)
        return step, references

    def _planned(self, request: Request) -> Entry | None:
        if self._followed is None:
            return None
        entry = self._followed.take(request)
        if entry is None and not self._followed.may_go_on:
            self.events.notice(
                f"Stage '{request.definition.name}' of record '{request.record.name}' is not in "
                "the plan: `run` makes other calls than when it was planned. It is decided as it "
                "comes."
            )
        return entry

    def _compare_with_plan(self, step: Step, entry: Entry) -> None:
        assert step.decision is not None
        planned, done = entry.planned.decision, step.decision
        step.as_planned = step.as_planned and not step.executed
        if done.action != planned.action:
            step.as_planned = False
            self.events.emit(Departed(step.name, planned.action, done.action, str(done.reason)))

    def _look(self, request: Request, recipe: Recipe | None = None) -> Step:
        """The step as things are now; `recipe` is what it is made from, where that is known."""
        slots = self._slots_to_read(request)
        seen = see(request, slots, self.reader.unusable, self.settings.trust)
        if recipe is None:
            recipe = recipe_of(request, self._note_unhashable(request))
        return step_of(request, slots, seen, self.settings, recipe)

    def _note_unhashable(self, request: Request) -> Callable[[str], None]:
        def note(name: str) -> None:
            self.events.notice(
                f"'{name}' of stage '{request.definition.name}' cannot be hashed: whether it "
                "changed is unknown, and artifacts are reused as if it had not. To make it count, "
                "use curifactory.hashing.register_encoder."
            )

        return note

    # --------------------------------------------------------------- executing

    def _run(self, planned: Step) -> tuple[Step, dict[str, Reference]]:
        """Take the lock, look once more, and run unless somebody else did meanwhile."""
        began = time.perf_counter()
        with self._locked(planned) as lock:
            step = self._look_again(planned) if lock.held else planned
            assert step.decision is not None
            references = self._references(step)
            if step.decision.action == "RUN":
                self._execute(step, references, lock)
        self._finished(step, time.perf_counter() - began)
        return step, references

    def _look_again(self, planned: Step) -> Step:
        # what was found out in this very call holds: its references are pinned
        step = self._look(planned.request, None if planned.as_planned else planned.recipe)
        step.needed, step.plan_index = planned.needed, planned.plan_index
        step.decision = decide(step.facts, step.needed)
        was_gone = planned.facts.unusable is not None or planned.facts.overwrite is not None
        if step.decision.action == "LOAD" and was_gone:
            step.decision = Decision("LOAD", Reason("valid", "another process made it meanwhile"))
        return step

    def _execute(self, step: Step, references: dict[str, Reference], lock: StepLock) -> None:
        self._tell_if_shared(step)
        for name, slot in slots_of(step.request).items():
            step.slots[name] = self._slot_to_write(slot)
            self.reader.unusable.pop(slot.metadata_path, None)
        writing = StepWriting(
            step.slots,
            self._staging,
            self._generations.is_read,
            self._generations.set_aside,
            self.settings.fsync,
        )
        execution = Execution(
            step,
            references,
            writing,
            lock,
            self.events,
            self.scratch.new_folder,
            self.settings.check_mutation,
            seal=self.settings.trust.pickle != "always",
        )
        stage_before = self.settings.current_stage_name
        self._executing.append(execution)
        self.settings.current_stage_name = step.request.definition.name
        try:
            execution.run()
        except PassEnded:
            raise
        except BaseException as error:
            self.events.emit(Failed(step.name, error))
            raise
        finally:
            self._executing.pop()
            self.settings.current_stage_name = stage_before
            writing.finish()
        step.tracked = tuple(execution.tracked)
        if execution.reports_folder is not None:
            self.reported[execution.reports_folder] = Reported(execution.reports_folder)

    def _tell_if_shared(self, step: Step) -> None:
        """Tell when calls of one stage on one record want one file for different results."""
        for slot in step.request.slots.values():
            before = self._made.setdefault(slot.metadata_path, step.recipe)
            if first_difference(before.to_json({}), step.recipe, {}) is not None:
                self._made[slot.metadata_path] = step.recipe
                self.events.notice(
                    f"Stage '{step.name.stage}' was called on record '{step.name.record}' before "
                    "with other inputs or arguments. Both calls share one file, which the later "
                    "one replaces, so neither is reused while the other is.",
                    key=f"shared {slot.metadata_path}",
                )

    @contextmanager
    def _locked(self, step: Step) -> Iterator[StepLock]:
        lock = StepLock(
            list(step.request.slots.values()),
            self.settings.cache_path,
            self.settings.manager_cache_path,
            enabled=self.settings.locking and not self._writes_elsewhere,
            on_wait=lambda holder: self.events.emit(Waiting(step.name, holder)),
            on_unavailable=self._note_no_locks,
        )
        lock.acquire()
        try:
            yield lock
        finally:
            lock.release()

    @contextmanager
    def _waited_for(self, step: Step) -> Iterator[None]:
        """Hold the lock of a step that cannot be read; whoever wrote it is done then."""
        if self._executing:
            self._executing[-1].lock.release()
        with self._locked(step):
            yield

    def _note_no_locks(self, why: str) -> None:
        self.events.notice(
            f"There are no locks here ({why}). If several processes run the same experiment, some "
            "work may be done twice.",
            key="no locks",
        )

    def _load_now(
        self, step: Step, references: dict[str, Reference]
    ) -> tuple[Step, dict[str, Reference]]:
        """Live: load at the call; what cannot be loaded runs at once."""
        began = time.perf_counter()
        try:
            for reference in references.values():
                if reference.is_lazy:
                    self.reader.verify(reference)
                else:
                    self.reader.read(reference)
        except UnusableArtifactError:
            again = self._look(step.request)
            again.needed = step.needed
            again.decision = decide(again.facts, again.needed)
            if again.decision.action != "RUN":
                raise
            return self._run(again)
        self._finished(step, time.perf_counter() - began)
        return step, references

    # --------------------------------------------------- what stages do by hand

    def give_path(self, record: Record, path: str, stage: str | None, track: bool) -> None:
        """A path was given out: in a running stage, what lands there is the step's."""
        execution = self._execution_of(record)
        if execution is not None and stage in (None, execution.step.request.definition.name):
            execution.give_path(path, track)

    def path_to_give(self, path: str) -> str:
        """Where a file of the cache folder is in this session, which may be a dry one."""
        if not self._writes_elsewhere:
            return path
        moved = self.scratch.counterpart(path)
        os.makedirs(os.path.dirname(moved), exist_ok=True)
        return path if os.path.exists(path) and not os.path.exists(moved) else moved

    def report(self, record: Record, reportable: Any) -> None:
        """Take in something for the report, from a running stage or from outside of one."""
        if not (hasattr(reportable, "render") and hasattr(reportable, "html")):
            raise DefinitionError(
                f"record.report() was given a {type(reportable).__name__}; give a reportable of "
                "curifactory.reporting, such as JsonReporter or HTMLReporter."
            )
        execution = self._execution_of(record)
        reported = self.loose_reports if execution is None else execution.reports
        taken = {other.qualified_name for other in reported}
        reportable.record = record
        place = (record.name, record.get_hash(), record.current_stage)
        attach(reportable, *place, index=len(reported), taken=taken)
        reported.append(reportable)

    def _note_read(self, record: Record, name: str, held: Any) -> None:
        if self._executing:
            self._executing[-1].note_read(record, name, held)

    def _execution_of(self, record: Record) -> Execution | None:
        execution = self._executing[-1] if self._executing else None
        return execution if execution and execution.step.request.record is record else None

    # ------------------------------------------------------------------- places

    @property
    def _writes_elsewhere(self) -> bool:
        """Dry runs, and ranks other than the first, write to a temporary folder."""
        return self.settings.dry or self.settings.dry_cache or is_further_rank()

    def _slot_to_write(self, slot: Slot) -> Slot:
        return self.scratch.counterpart_slot(slot) if self._writes_elsewhere else slot

    def _slots_to_read(self, request: Request) -> dict[str, Slot]:
        slots = slots_of(request)
        if not self._writes_elsewhere:
            return slots
        moved = {name: self.scratch.counterpart_slot(slot) for name, slot in slots.items()}
        made_here = any(os.path.exists(slot.metadata_path) for slot in moved.values())
        return moved if made_here else slots

    # ------------------------------------------------------------------- state

    def _references(self, step: Step) -> dict[str, Reference]:
        return {
            output.name: Reference(step, output, self.reader)
            for output in step.request.definition.outputs
        }

    def _enter(self, step: Step, references: dict[str, Reference]) -> None:
        """Put the references of a step into the state of its record."""
        request, record = step.request, step.request.record
        for name, reference in references.items():
            if name in record.state:
                _drop_value(record.state.raw(name))
            record.state[name] = reference
        record.last_outputs = tuple(references)
        record.stages.append(request.definition.name)
        if self.reader.mode == "plan":
            return
        self._generations.pin(step)
        if REPORTABLES in step.commits:
            folder = step.slots[REPORTABLES].path("")
            self.reported[folder] = Reported(folder)
        record.stage_cachers = [
            self.reader.cacher(reference)
            for reference in references.values()
            if reference.output.cacher is not None
        ]

    def _finished(self, step: Step, seconds: float) -> None:
        assert step.decision is not None
        done = step.decision
        self.events.emit(Finished(step.name, done.action, str(done.reason), seconds))


def _drop_value(held: Any) -> None:
    """What is replaced in state leaves memory, if it can be loaded again."""
    if isinstance(held, Reference) and held.output.name in held.step.commits:
        held.value = UNSET


def _all_outputs(request: Request) -> frozenset[str]:
    return frozenset(output.name for output in request.definition.outputs)
