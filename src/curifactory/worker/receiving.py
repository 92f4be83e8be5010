"""From a work order back to requests: records, inputs and definitions, as they were sent."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from curifactory.caching.lazy import Lazy
from curifactory.gather import with_laziness
from curifactory.params import parameters_now, params_hash, take_digests
from curifactory.planning.decide import Facts
from curifactory.planning.inputs import InputFacts
from curifactory.planning.recipe import Recipe
from curifactory.record import Record
from curifactory.request import Request, StageDefinition, UserValue
from curifactory.running.elsewhere.answering import NotHere
from curifactory.running.elsewhere.order import (
    Order,
    SentDefinition,
    SentInput,
    SentOutput,
    SentRecord,
    SentState,
    SentStep,
    SentValue,
    Within,
)
from curifactory.running.elsewhere.pickling import loads, why_not
from curifactory.running.step import Reader, Reference, Step
from curifactory.state import Deferred
from curifactory.worker.manager import WorkerManager


class CannotImportError(Exception):
    """This process cannot import what the order needs; the message says where it looked."""


class NotSent(Deferred):
    """Stands in state for what a stage does not name among its inputs.

    Parameters
    ----------
    name : str
        What it is called in state.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def read(self) -> Any:
        """Nothing can be read: whoever tries has to run where ``run`` is."""
        raise NotHere(
            f"it reads '{self._name}' from the state of a record without naming it among its inputs"
        )

    def as_lazy(self) -> Lazy:
        """Likewise."""
        self.read()
        raise AssertionError


class SentReference(Reference):
    """An output that was made elsewhere: what is known about it was sent along."""

    __slots__ = ("_facts",)

    def __init__(self, step: Step, output: Any, reader: Reader, facts: InputFacts) -> None:
        super().__init__(step, output, reader)
        self._facts = facts
        self.mutated_by = facts.mutated_by

    def input_facts(self) -> InputFacts:
        """What was sent along."""
        return self._facts


class KnownClasses:
    """Classes of parameter sets that were seen to say in this process what they say there."""

    def __init__(self) -> None:
        self._known: set[type] = set()

    def take(self, params: Any, digests: Mapping[str, str]) -> None:
        """Let a plain set have the digests that were sent along; they are made for the first."""
        cls = type(params)
        if cls in self._known:
            take_digests(params, digests)
        elif parameters_now(params).digests == digests and params.hash == params_hash(params):
            self._known.add(cls)


class Receiver:
    """Turns the steps of one order into requests.

    Parameters
    ----------
    order : Order
    manager : WorkerManager
    classes : KnownClasses
        Classes of parameter sets that say here what they say where ``run`` is.
    """

    def __init__(self, order: Order, manager: WorkerManager, classes: KnownClasses) -> None:
        self._manager = manager
        self._order = order
        self._classes = classes
        self._plain: list[Any] | None = None
        self._definitions: dict[int, StageDefinition] = {}
        self._records: dict[int, Record] = {}
        self._made: dict[tuple[int, str], Reference] = {}

    def request(self, sent: SentStep) -> Request:
        """The request of one step; its record's state holds what it held at the call.

        Raises
        ------
        CannotImportError
            If what was sent needs a module that cannot be imported here.
        NotHere
            If what was sent does not give here what it was.
        """
        try:
            return self._request(sent)
        except (NotHere, CannotImportError):
            raise
        except ImportError as error:
            raise CannotImportError(_cannot_import(error.name, error)) from error
        except Exception as error:
            raise NotHere(f"what it needs cannot be sent ({why_not(error)})") from error

    def _request(self, sent: SentStep) -> Request:
        record = self._record(sent.record)
        record.combo_hash = sent.switches.combo_hash
        record.is_aggregate = sent.switches.is_aggregate
        record.input_records = [self._record(index) for index in sent.input_records]
        others = [self._record(index) for index in sent.records]
        for other, state in zip([record, *others], [sent.own, *sent.others], strict=True):
            _set_state(other, state)
        if record.get_hash() != sent.record_hash:
            raise NotHere("its parameter set has another hash here")
        arguments, positionals = _loads(sent.arguments) or ({}, ())
        request = Request(
            definition=self._definition(sent.definition),
            record=record,
            record_hash=sent.record_hash,
            inputs={
                name: self._input(record, name, source) for name, source in sent.inputs.items()
            },
            arguments=arguments,
            positionals=positionals,
            records=tuple(others),
            naming=_NO_NAMING,
        )
        request.take_slots(dict(sent.slots), sent.reportables_slot)
        return request

    def note_made(self, position: int, references: dict[str, Reference]) -> None:
        """Keep the outputs of a step for those that come after it in the same order."""
        for name, reference in references.items():
            self._made[position, name] = reference

    def _definition(self, sent: SentDefinition) -> StageDefinition:
        # an order has the definition of each of its stages once
        if id(sent) not in self._definitions:
            self._definitions[id(sent)] = definition_of(sent)
        return self._definitions[id(sent)]

    def _record(self, index: int) -> Record:
        if index not in self._records:
            sent = self._order.records[index]
            record = Record(self._manager, self._params(sent), hide=True)
            record.combo_hash, record.is_aggregate = sent.combo_hash, sent.is_aggregate
            self._records[index] = record
        return self._records[index]

    def _params(self, sent: SentRecord) -> Any:
        if not isinstance(sent.params, int):
            return _loads(sent.params)
        if self._plain is None:
            self._plain = loads(self._order.plain_params)
        params = self._plain[sent.params]
        if sent.digests is not None:
            self._classes.take(params, sent.digests)
        return params

    def _input(self, record: Record, name: str, sent: SentInput) -> Any:
        if not isinstance(sent, tuple):
            return self._source(record, name, sent)
        return tuple(
            (self._record(index), self._source(self._record(index), name, source))
            for index, source in sent
        )

    def _source(self, record: Record, name: str, sent: Any) -> Any:
        if isinstance(sent, SentValue):
            value = loads(sent.pickled)
            record.state[name] = value
            return UserValue(value)
        if isinstance(sent, Within):
            reference = self._made[sent.position, sent.output]
        else:
            reference = self._reference(sent)
        record.state[name] = reference
        return reference

    def _reference(self, sent: SentOutput) -> Reference:
        definition, record = self._definition(sent.definition), self._record(sent.record)
        slots = {} if sent.slot is None else {sent.output: sent.slot}
        request = Request(definition, record, sent.hash, {}, {}, (), (), _NO_NAMING)
        request.take_slots(slots)
        step = Step(
            request=request,
            facts=_facts(sent, definition),
            recipe=_NO_RECIPE,
            slots=dict(slots),
            commits={} if sent.commit is None else {sent.output: sent.commit},
            keys=sent.facts.keys,
        )
        step.spreads = sent.spreads
        output = next(one for one in definition.outputs if one.name == sent.output)
        reference = SentReference(step, output, self._manager.session.reader, sent.facts)
        if sent.value is not None:
            reference.value = loads(sent.value)
        return reference


# where artifacts lie is sent along
_NO_NAMING = ("", "")
_NO_RECIPE = Recipe("", None, {}, {}, [], {}, {}, {}, {})


def _facts(sent: SentOutput, definition: StageDefinition) -> Facts:
    outputs = frozenset(output.name for output in definition.outputs)
    return Facts(outputs, uncached=frozenset() if sent.slot else frozenset({sent.output}))


def _set_state(record: Record, sent: SentState) -> None:
    record.stages = list(sent.stages)
    for name in sent.held:
        if name not in record.state:
            record.state[name] = NotSent(name)


def definition_of(sent: SentDefinition) -> StageDefinition:
    """The stage that was sent.

    Raises
    ------
    CannotImportError
        If its module cannot be imported here.
    NotHere
        If there is no such stage in the module here.
    """
    if sent.pickled is not None:
        found: StageDefinition = loads(sent.pickled)
        return found
    try:
        held: Any = importlib.import_module(sent.module)
    except ImportError as error:
        raise CannotImportError(_cannot_import(sent.module, error)) from error
    for part in sent.name.split("."):
        held = getattr(held, part, None)
    stage_definition = getattr(held, "stage_definition", None)
    if stage_definition is None:
        raise NotHere(f"module '{sent.module}' has no stage '{sent.name}' there")
    definition: StageDefinition = stage_definition()
    return with_laziness(definition, sent.lazy, sent.ignore_lazy)


def _cannot_import(module: str | None, error: ImportError) -> str:
    return f"cannot import module '{module}' ({error}); it looked in {', '.join(sys.path)}"


def _loads(pickled: bytes | None) -> Any:
    return None if pickled is None else loads(pickled)
