"""Carrying out one step: call the function, save what it returns, commit."""

from __future__ import annotations

import time
from typing import Any

from curifactory.errors import (
    OutputSignatureError,
)
from curifactory.events import Events, Started
from curifactory.planning.inputs import InputFacts
from curifactory.request import StageDefinition, UserValue
from curifactory.running.facts import references_in
from curifactory.running.missing_inputs import missing_inputs
from curifactory.running.mutation import InputWatch
from curifactory.running.notes import note_stage
from curifactory.running.opened_files import OpenedFiles
from curifactory.running.passes import PassEnded
from curifactory.running.reader import SessionReader
from curifactory.running.recipe_now import input_facts, undeclared_label
from curifactory.running.saving import Saving
from curifactory.running.seeding import RandomCall
from curifactory.running.step import Reference, Step
from curifactory.running.step_lock import StepLock


class Execution:
    """One call of a stage function that is going on, or over.

    Parameters
    ----------
    step : Step
        What to run.
    references : dict of str to Reference
        What will stand in state for its outputs.
    saving : Saving
        Saves what it returns.
    lock : StepLock
        Held when this is made; a nested stage call may release it.
    events : Events
        Told what happens.
    reader : SessionReader
        Asked about files of its inputs.
    check_mutation : bool
        Whether the function is watched for changing its inputs in place.
    seed : int or None
        What the global random generators are seeded with for it, if they are.
    """

    def __init__(
        self,
        step: Step,
        references: dict[str, Reference],
        saving: Saving,
        lock: StepLock,
        events: Events,
        reader: SessionReader,
        check_mutation: bool,
        seed: int | None,
    ) -> None:
        self.step = step
        self.saving = saving
        self.lock = lock
        self._references = references
        self._events = events
        self._reader = reader
        self._opened = OpenedFiles(reader.check_files, reader.is_intact)
        self._check_mutation = check_mutation
        self._seed = seed
        self._undeclared: dict[str, Any] = {}

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
                kept = self.saving.save(values)
            self.step.unseeded = random.drew_unseeded or self._reads_unseeded()
            spent = called - began, time.perf_counter() - called
            self.saving.commit(self._undeclared_facts(), self._seed, *spent)
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

    def _call(self, random: RandomCall) -> Any:
        request = self.step.request
        definition, record = request.definition, request.record
        for reference in references_in(request):
            self._opened.add(reference)
        inputs = {name: _value_of(source) for name, source in request.inputs.items()}
        if definition.is_aggregate:
            for line in missing_inputs(request, inputs):
                self._events.notice(line)
        record.stage_cachers = self.saving.bind_for_stage
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

    def _reads_unseeded(self) -> bool:
        """Whether unseeded random numbers have a part in anything that it is made from."""
        undeclared = [held for held in self._undeclared.values() if isinstance(held, Reference)]
        return any(facts.unseeded for facts in self.step.recipe.inputs.values()) or any(
            reference.step.unseeded for reference in undeclared
        )

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
