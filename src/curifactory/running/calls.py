"""Takes one stage call after the other: asks what to do about it, and sees it done."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Protocol

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import UnusableArtifactError
from curifactory.events import Departed, Events, Finished
from curifactory.planning.decide import decide
from curifactory.planning.recipe import Recipe
from curifactory.request import Request, output_names
from curifactory.running.changed_code import ChangedCode, ChangedCodeSettings
from curifactory.running.collisions import Collisions
from curifactory.running.elsewhere.elsewhere import Elsewhere
from curifactory.running.elsewhere.taking_over import TakingOver
from curifactory.running.facts import triggers_of
from curifactory.running.looking import Looker, LookerSettings
from curifactory.running.notes import note_call
from curifactory.running.pass_plan import Entry, FollowedPlan, PassPlan, carried_over
from curifactory.running.places import DryFlags, Places
from curifactory.running.reader import SessionReader
from curifactory.running.reported import Reported
from curifactory.running.runner import References, Runner, RunnerSettings
from curifactory.running.scratch import Scratch
from curifactory.running.step import UNSET, Reference, Step
from curifactory.store.metadata_index import MetadataIndex
from curifactory.store.reserved import REPORTABLES


class SessionSettings(LookerSettings, RunnerSettings, ChangedCodeSettings, DryFlags, Protocol):
    """What a session asks of the manager that owns it."""

    prefix: str | None


class Calls:
    """The stage calls of one manager, as they come; a `Session` has passes around them.

    Parameters
    ----------
    settings : SessionSettings
        The manager; what is set on it counts from the next call on.
    events : Events
        Told everything that happens.

    Attributes
    ----------
    plan : PassPlan
        The plan that the plan pass makes.
    elsewhere : Elsewhere or None
        Where steps of a pass are carried out, if not here.
    reported : dict of str to Reported
        What stages reported in this pass, by the folder it is kept in.
    on_artifacts : callable, optional
        Called with each step whose artifacts are there after its call.
    """

    # as soon as there is an elsewhere
    _taking_over: TakingOver

    def __init__(self, settings: SessionSettings, events: Events) -> None:
        self.settings = settings
        self.events = events
        self.scratch = Scratch()
        self.places = Places(settings, self.scratch)
        self.reader = SessionReader(
            events,
            lambda step: self._runner.waited_for(step),
            lambda: settings.trust,
            lambda: self._runner.locks_exclude,
        )
        self.plan = PassPlan()
        self.elsewhere: Elsewhere | None = None
        self.reported: dict[str, Reported] = {}
        self.on_artifacts: Callable[[Step], None] | None = None
        self._looker = Looker(settings, events, self.places, self.reader.unusable)
        self._runner = Runner(
            settings, events, self._looker, self.places, self.scratch, self.reader
        )
        self._changed_code = ChangedCode(settings, events)
        self._collisions = Collisions()
        self._followed: FollowedPlan | None = None
        self._index: MetadataIndex | None = None

    def call(self, request: Request) -> None:
        """Take one stage call; afterwards the record's state has its outputs."""
        is_nested = self._runner.is_executing
        self._runner.release()
        try:
            if self.reader.mode == "plan":
                step, references = self._note(request)
            else:
                step, references = self._carry_out(request, is_nested)
            self._enter(step, references)
        finally:
            if self.reader.mode == "live" and not is_nested:
                # a live session has no end at which to remove its staging folders
                self._runner.remove_staging()
        if self.reader.mode != "plan" and self.on_artifacts is not None:
            self.on_artifacts(step)
        if self.reader.mode == "run" and self.reader.wanted_of(request):
            # in an earlier pass it was not there any more when it was read
            self._runner.links.keep(step)

    def _note(self, request: Request) -> tuple[Step, References]:
        """Plan pass: all about the step but carrying it out."""
        step = self._look(request)
        step.wanted = self.reader.wanted_of(request)
        self.plan.add(step)
        if self.elsewhere is not None:
            self.elsewhere.note(step)
        return step, self._references(step)

    def _carry_out(self, request: Request, is_nested: bool) -> tuple[Step, References]:
        """Run pass or live: do what the plan decided, or decide now."""
        entry = None if is_nested else self._planned(request)
        if entry is None or self.elsewhere is None or entry.planned.decision.action != "RUN":
            return self._carry_out_here(request, entry)
        step = self._taken_over(request, entry)
        if step is not None:
            return step, self._references(step)
        with self.elsewhere.carried_out_here(entry) as done:
            step, references = self._carry_out_here(request, entry)
            done(step, references)
        return step, references

    def _carry_out_here(self, request: Request, entry: Entry | None) -> tuple[Step, References]:
        is_planned_to_run = entry is not None and entry.planned.decision.action == "RUN"
        if entry is not None and is_planned_to_run and self._runner.is_shared(request):
            return self._run_planned(request, entry)
        step = None
        if entry is not None:
            step = carried_over(request, entry, self._looker.code_of(request))
        if entry is not None and step is not None:
            step.needed, step.decision = entry.planned.needed, entry.planned.decision
        else:
            step = self._look(request)
            step.needed = _all_outputs(request) if entry is None else entry.planned.needed
            step.plan_index = None if entry is None else entry.step.plan_index
            step.decision = decide(step.facts, step.needed)
        for notice in step.notices if step.needed else ():
            self.events.notice(notice)
        if entry is None:
            self._changed_code.refuse([step])
            self._changed_code.tell([step])
        if step.decision.action == "RUN":
            step, references = self._run(step, step.recipe)
        else:
            references = self._references(step)
            if self.reader.mode == "live":
                step, references = self._load_now(step, references)
            else:
                self._finished(step, 0.0)
        if entry is not None:
            self._compare_with_plan(step, entry)
        return step, references

    def _run_planned(self, request: Request, entry: Entry) -> tuple[Step, References]:
        """Run what is planned to run: the look under its lock is the only one that it needs."""
        planned = entry.step
        # the plan pass' own records are no longer held
        planned.request, planned.needed = request, entry.planned.needed
        for notice in planned.notices:
            self.events.notice(notice)
        step, references = self._run(planned, recipe=None)
        self._compare_with_plan(step, entry)
        return step, references

    def _look(self, request: Request) -> Step:
        """Look at a step, and see that what it makes has names of its own."""
        self._collisions.check(request)
        step = self._looker.look(request)
        if step.stale is not None or REPORTABLES in step.commits:
            self._collisions.check_reportables(request)
        return step

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
        if self._followed is not None and self.elsewhere is None:
            self._followed.note_done(step)

    def _run(self, planned: Step, recipe: Recipe | None) -> tuple[Step, References]:
        began = time.perf_counter()
        try:
            step, references = self._runner.run(planned, recipe, self._references)
        except Exception as error:
            note_call(error)
            raise
        if step.executed and self._index is not None:
            for slot in step.slots.values():
                self._index.note(slot.metadata_path)
        if step.reports_folder is not None:
            self.reported[step.reports_folder] = Reported(step.reports_folder)
        self._finished(step, time.perf_counter() - began)
        return step, references

    def _taken_over(self, request: Request, entry: Entry) -> Step | None:
        """A step that a worker executed, if one did and it is still what is asked for."""
        taken = self._taking_over.take(request, entry, triggers_of(self.settings))
        if taken is None:
            return None
        step, seconds = taken
        if step.reports_folder is not None:
            self.reported[step.reports_folder] = Reported(step.reports_folder)
        self._finished(step, seconds)
        return step

    def _load_now(self, step: Step, references: References) -> tuple[Step, References]:
        """Live: load at the call; what cannot be loaded runs at once."""
        began = time.perf_counter()
        try:
            for reference in references.values():
                if reference.is_lazy:
                    self.reader.verify(reference)
                else:
                    self.reader.read(reference)
        except UnusableArtifactError:
            again = self._looker.look(step.request)
            again.needed = step.needed
            again.decision = decide(again.facts, again.needed)
            if again.decision.action != "RUN":
                raise
            return self._run(again, again.recipe)
        self._finished(step, time.perf_counter() - began)
        return step, references

    # ------------------------------------------------------------------- state

    def _references(self, step: Step) -> References:
        return {
            output.name: Reference(step, output, self.reader)
            for output in step.request.definition.outputs
        }

    def _enter(self, step: Step, references: References) -> None:
        """Put the references of a step into the state of its record."""
        request, record = step.request, step.request.record
        state = record.state
        for name, reference in references.items():
            if name in state:
                _drop_value(state.raw(name))
            state[name] = reference
        record.last_outputs = output_names(request.definition)
        record.stages.append(request.definition.name)
        if self.reader.mode == "plan":
            return
        self._runner.generations.pin(step)
        if REPORTABLES in step.commits:
            folder = step.slots[REPORTABLES].path("")
            self.reported[folder] = Reported(folder)
        record.stage_cachers = functools.partial(self._cachers, references)

    def _cachers(self, references: References) -> list[Cacheable]:
        held = references.values()
        return [self.reader.cacher(one) for one in held if one.output.cacher is not None]

    def _finished(self, step: Step, seconds: float) -> None:
        assert step.decision is not None
        done = step.decision
        self.events.emit(Finished(step.name, done.action, str(done.reason), seconds))


def _drop_value(held: Any) -> None:
    """What is replaced in state leaves memory, if it can be loaded again."""
    if isinstance(held, Reference) and held.output.name in held.step.commits:
        held.value = UNSET


def _all_outputs(request: Request) -> frozenset[str]:
    return frozenset(output_names(request.definition))
