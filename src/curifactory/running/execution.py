"""Carrying out one step: call the function, save what it returns, commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from curifactory.caching.cacheable import Cacheable, can_unpickle, is_staged, round_trip
from curifactory.caching.rendered import render_reportable, save_rendered
from curifactory.errors import (
    ArtifactSaveError,
    CurifactoryError,
    InexactArtifactError,
    OutputSignatureError,
)
from curifactory.events import Events, Saved, Started
from curifactory.planning.inputs import InputFacts
from curifactory.planning.recipe import Randomness
from curifactory.request import StageDefinition, UserValue
from curifactory.running.describe import describe_artifact
from curifactory.running.facts import input_facts, references_in, undeclared_label
from curifactory.running.missing_inputs import missing_inputs
from curifactory.running.mutation import InputWatch
from curifactory.running.notes import note_stage
from curifactory.running.opened_files import OpenedFiles
from curifactory.running.passes import PassEnded
from curifactory.running.reader import SessionReader
from curifactory.running.seeding import RandomCall
from curifactory.running.step import Reference, Step
from curifactory.running.step_lock import StepLock
from curifactory.store.commit import Commit
from curifactory.store.reserved import REPORTABLES
from curifactory.store.writing import StepWriting


class Execution:
    """One call of a stage function that is going on, or over.

    Parameters
    ----------
    step : Step
        What to run.
    references : dict of str to Reference
        What will stand in state for its outputs.
    writing : StepWriting
        Where its outputs go.
    lock : StepLock
        Held when this is made; a nested stage call may release it.
    events : Events
        Told what happens.
    reader : SessionReader
        Asked about files of its inputs.
    new_folder : callable
        Makes a temporary folder.
    check_mutation : bool
        Whether the function is watched for changing its inputs in place.
    seal : bool
        Whether what is unpickled later is sealed, to be known again as written here.
    seed : int or None
        What the global random generators are seeded with for it, if they are.

    Attributes
    ----------
    reports : list
        What the function reports.
    reports_folder : str or None
        Where that is kept, for a stage without cached outputs.
    tracked : list of str
        Paths that the function asked for and that a full store gets a copy of.
    """

    def __init__(
        self,
        step: Step,
        references: dict[str, Reference],
        writing: StepWriting,
        lock: StepLock,
        events: Events,
        reader: SessionReader,
        new_folder: Callable[[], str],
        check_mutation: bool,
        seal: bool,
        seed: int | None,
    ) -> None:
        self.step = step
        self.lock = lock
        self.reports: list[Any] = []
        self.reports_folder: str | None = None
        self.tracked: list[str] = []
        self._references = references
        self._writing = writing
        self._events = events
        self._reader = reader
        self._opened = OpenedFiles(reader.check_files, reader.is_intact)
        self._new_folder = new_folder
        self._check_mutation = check_mutation
        self._seal = seal
        self._seed = seed
        self._undeclared: dict[str, Any] = {}
        self._cachers: dict[str, Cacheable] = {}
        self._saved_in_place = False

    def run(self) -> None:
        """Call the function and commit what it returned; the step's references get the values.

        Raises
        ------
        Exception
            Whatever the function or a cacher of the user raised, with notes on where.
        OutputSignatureError
            If it returned another number of values than there are outputs.
        ArtifactSaveError
            If a built-in cacher or the disk refused to save.
        """
        request, began = self.step.request, time.perf_counter()
        assert self.step.decision is not None
        self._events.emit(Started(self.step.name, str(self.step.decision.reason)))
        try:
            with RandomCall(self._seed) as random:
                values = _as_outputs(request.definition, self._call(random))
                called = time.perf_counter()
                self.lock.acquire()
                kept = self._save(values)
                if self._is_disturbed():
                    # everything is written aside this time
                    kept = self._save(values)
            self.step.unseeded = random.drew_unseeded or self._reads_unseeded()
            self._commit(called - began, time.perf_counter() - called)
        except PassEnded:
            raise
        except BaseException as error:
            note_stage(error, request)
            raise
        for name, value in kept.items():
            self._references[name].value = value
        self.step.executed = True
        self.step.settled()

    def note_read(self, record: Any, name: str, held: Any) -> None:
        """Remember that the function read a state by itself, if that is not a declared input."""
        request = self.step.request
        if name in request.inputs and (record is request.record or request.definition.is_aggregate):
            return
        if record is request.record or record in request.records:
            self._undeclared.setdefault(undeclared_label(request, record, name), held)
            if isinstance(held, Reference):
                self._opened.add(held)

    def give_path(self, path: str, track: bool) -> None:
        """The function asked for a path: what it writes there belongs to the step."""
        if self._cachers:
            self._writing.give_extra(path, track)
        if track:
            self.tracked.append(path)

    def _call(self, random: RandomCall) -> Any:
        request = self.step.request
        definition, record = request.definition, request.record
        for reference in references_in(request):
            self._opened.add(reference)
        inputs = {name: _value_of(source) for name, source in request.inputs.items()}
        if definition.is_aggregate:
            for line in missing_inputs(request, inputs):
                self._events.notice(line)
        for output in definition.outputs:
            if output.cacher is not None:
                use = self._writing.use_in_stage(output.name)
                self._cachers[output.name] = output.cacher.bound(
                    use, output.name, definition.name, record
                )
        record.stage_cachers = list(self._cachers.values())
        leading = (record, list(request.records)) if definition.is_aggregate else (record,)
        watch = InputWatch(request, inputs) if self._check_mutation else None
        random.begin()
        try:
            returned = definition.function(
                *leading, *request.positionals, **inputs, **request.arguments
            )
        except Exception as error:
            self._raise_if_replaced(error)
            raise
        self._raise_if_replaced(None)
        for name in watch.changed() if watch is not None else ():
            self._events.notice(
                f"Stage '{definition.name}' ({definition.place}) changed its input '{name}' in "
                "place. On a later run, when it is not executed, others would see the unchanged "
                "value. Let it work on a copy."
            )
        return returned

    def _raise_if_replaced(self, error: Exception | None) -> None:
        """What the function read from files that were written anew meanwhile counts for nothing."""
        replaced = self._opened.replaced(after_error=error is not None)
        if replaced is not None:
            raise self._reader.was_replaced(replaced) from error

    def _save(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Save each output; returns what consumers are handed."""
        kept = {}
        for output, value in zip(self.step.request.definition.outputs, values, strict=True):
            handed = value
            if output.cacher is not None:
                handed = self._save_one(output.name, value)
            # what the stage wrote itself is looked at anew by whoever is handed its path
            if not output.lazy and not (output.cacher and output.cacher.stage_writes):
                kept[output.name] = handed
        if self.reports:
            self._save_reports()
        return kept

    def _is_disturbed(self) -> bool:
        """Whether somebody else may have written over what was saved in place.

        First the files are described: what happens to them afterwards is noticed by who reads them.
        """
        if not self._saved_in_place:
            return False
        try:
            self._writing.describe_files()
        except OSError:
            pass  # if nobody else was there, the commit will say so
        if self.lock.is_alone:
            return False
        self._events.notice(
            f"Another process writes the artifacts of {self.step.name}, too, although this one has "
            "the lock: locks do not exclude in this folder. Set `locking` to false there."
        )
        return True

    def _save_one(self, name: str, value: Any) -> Any:
        cacher = self._cachers[name]
        # without a lock that excludes, two writers in place could mix their files
        staged = is_staged(cacher) or not (cacher.stage_writes or self.lock.is_alone)
        if not (staged or cacher.stage_writes):
            self._saved_in_place = True
        try:
            use = self._writing.use_for_save(name, staged, cacher.stage_writes)
            bound = cacher.bound(
                use, name, self.step.request.definition.name, self.step.request.record, staged
            )
            self._cachers[name] = bound
            bound.save(value)
            loaded = round_trip(bound, value)
            if loaded.difference is not None and bound.strict:
                raise InexactArtifactError(
                    f"{type(cacher).__name__} cannot hold output '{name}' of {self.step.name} "
                    f"exactly: {loaded.difference}. It was asked to be strict about that."
                )
            if self._seal and can_unpickle(cacher):
                self._writing.seal(name)
            self._writing.add_references(name, bound.references())
        except BaseException as error:
            self._writing.abandon()
            if not _is_refusal(error, cacher):
                path = self.step.slots[name].path()
                error.add_note(
                    f"while output '{name}' was saved to {path}: nothing of this stage call counts "
                    "as saved"
                )
                raise
            raise ArtifactSaveError(
                f"{type(cacher).__name__} could not save output '{name}' of {self.step.name} to "
                f"{self.step.slots[name].path()}: {type(error).__name__}: {error}. "
                "Nothing of this stage call counts as saved."
            ) from error
        if loaded.difference is not None:
            self._events.notice(
                f"{type(cacher).__name__} cannot hold output '{name}' of stage "
                f"'{self.step.request.definition.name}' exactly: {loaded.difference}. "
                "What it would load is what is handed on.",
                key=f"inexact {self.step.request.definition.identity} {name}",
            )
        return loaded.value

    def _save_reports(self) -> None:
        if REPORTABLES in self.step.slots:
            folder = self._writing.use_for_save(REPORTABLES, staged=True).folder()
        else:
            folder = self.reports_folder = self._new_folder()
        save_rendered([render_reportable(item, folder) for item in self.reports], folder)

    def _reads_unseeded(self) -> bool:
        """Whether unseeded random numbers have a part in anything that it is made from."""
        undeclared = [held for held in self._undeclared.values() if isinstance(held, Reference)]
        return any(facts.unseeded for facts in self.step.recipe.inputs.values()) or any(
            reference.step.unseeded for reference in undeclared
        )

    def _commit(self, executed: float, saved: float) -> None:
        if not self._cachers:
            return
        timing = {"executed_seconds": round(executed, 6), "saved_seconds": round(saved, 6)}
        self.step.timing, self.step.undeclared = (executed, saved), self._undeclared_facts()
        random: Randomness | None = "unseeded" if self.step.unseeded else None
        recipe = self.step.recipe.to_json(self.step.undeclared, random)
        digest = None if self.step.undeclared else self.step.recipe.digest()
        facts = self.step.request.record.describe(self.step.request.definition.name)

        templates = {output.name: output.cacher for output in self.step.request.definition.outputs}

        def describe(name: str, _: Commit) -> dict[str, Any]:
            cacher, template = self._cachers.get(name), templates.get(name)
            document = describe_artifact(
                name, cacher, facts, recipe, self._seed, digest, timing, template
            )
            if name in self._cachers:
                self._cachers[name].metadata = document
            return document

        try:
            self.step.commits = self._writing.commit(describe)
        except OSError as error:
            self._writing.abandon()
            raise ArtifactSaveError(
                f"The artifacts of {self.step.name} could not be written: {error}. "
                "Nothing of this stage call counts as saved."
            ) from error
        for name, commit in self.step.commits.items():
            if name != REPORTABLES:
                path = self.step.slots[name].path()
                self._events.emit(Saved(self.step.name, name, path, commit.size))

    def _undeclared_facts(self) -> dict[str, InputFacts]:
        found = {}
        for label, held in self._undeclared.items():
            source = held if isinstance(held, Reference) else UserValue(held)
            facts = input_facts(label, source, lambda _: None)
            if isinstance(facts, InputFacts):
                found[label] = facts
        return found


def _value_of(source: Any) -> Any:
    """What a stage function is passed for an input."""
    if isinstance(source, UserValue):
        return source.value
    if isinstance(source, Reference):
        shown_as_lazy = source.is_lazy and not source.resolve
        return source.as_lazy() if shown_as_lazy else source.read()
    return {record: _value_of(held) for record, held in source}


def _as_outputs(definition: StageDefinition, returned: Any) -> tuple[Any, ...]:
    expected = len(definition.outputs)
    if expected == 0:
        return ()
    where = f"Stage '{definition.name}' ({definition.place})"
    names = ", ".join(output.name for output in definition.outputs)
    if expected == 1:
        if not isinstance(returned, tuple) or hasattr(returned, "_fields"):
            return (returned,)
        if len(returned) == 1:
            return returned
        raise OutputSignatureError(
            f"{where} has one output ({names}) and returned a tuple of {len(returned)}. If that "
            "tuple is the value, return (value,)."
        )
    if not isinstance(returned, tuple) or len(returned) != expected:
        got = f"{len(returned)} values" if isinstance(returned, tuple) else type(returned).__name__
        raise OutputSignatureError(
            f"{where} has {expected} outputs ({names}) and returned {got}; return a tuple of "
            f"{expected}."
        )
    return returned


def _is_refusal(error: BaseException, cacher: Cacheable) -> bool:
    """Whether a save failed for disk or format, and not through an error in the user's code."""
    if isinstance(error, CurifactoryError | AssertionError):
        return False
    is_ours = type(cacher).__module__.startswith("curifactory.")
    return isinstance(error, OSError) or (is_ours and isinstance(error, Exception))
