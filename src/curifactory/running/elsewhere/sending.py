"""From planned steps to a work order: records, inputs, and where each comes from."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curifactory.record import Record
from curifactory.request import UserValue
from curifactory.running.elsewhere.answer import StepAnswer
from curifactory.running.elsewhere.noting import Noted, StaysError, sent_definition, value_label
from curifactory.running.elsewhere.order import (
    Order,
    SentDefinition,
    SentInput,
    SentOutput,
    SentRecord,
    SentSource,
    SentStep,
    SentValue,
    Within,
)
from curifactory.running.elsewhere.pickling import dumps, why_not
from curifactory.running.facts import references_in
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Reference


class Sender:
    """Makes the orders of one pass.

    Parameters
    ----------
    entries : sequence of Entry
        The plan.
    noted : dict of int to Noted
        The calls that can be carried out elsewhere, by position.
    token, run
        The run's, as `Order` has them.
    environ : dict of str to (str or None)
        What environment variables that ``run`` changes are at its begin.
    lazy, ignore_lazy : bool
        Whether every output, or none, is lazy.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        noted: Mapping[int, Noted],
        token: str,
        run: bytes,
        environ: Mapping[str, str | None],
        lazy: bool,
        ignore_lazy: bool,
    ) -> None:
        self._entries = entries
        self._noted = noted
        self._token = token
        self._run = run
        self.environ = environ
        self._laziness = (lazy, ignore_lazy)
        self._params: dict[int, bytes] = {}
        self._definitions: dict[int, SentDefinition] = {}
        self._readers = _readers(entries)
        # what `run` read of one record, it is likely to read of all
        self._wanted = {
            (entry.step.request.definition.identity, name)
            for entry in entries
            for name in entry.step.wanted
        }

    def order(self, positions: Sequence[int], answers: Mapping[int, StepAnswer]) -> bytes:
        """The order for some steps, pickled.

        Parameters
        ----------
        positions : sequence of int
            The steps, each after those that it reads from.
        answers : dict of int to StepAnswer
            What became of the steps that are over.

        Raises
        ------
        StaysError
            If something cannot be pickled.
        """
        draft, steps = _Draft(self, positions, answers), []
        for position in positions:
            try:
                steps.append(draft.step(position))
            except StaysError as cause:
                cause.position = position
                raise
        order = Order(self._token, self._run, tuple(draft.records), tuple(steps))
        return pickle.dumps(order, protocol=pickle.HIGHEST_PROTOCOL)

    def origin(self, position: int) -> int:
        """The step that makes what a step gives: an earlier one, if it takes that over."""
        entry = self._entries[position]
        while entry.same_as is not None and entry.planned.decision.action != "RUN":
            position = entry.same_as
            entry = self._entries[position]
        return position

    def carried(self, position: int, together: Sequence[int] = ()) -> frozenset[str]:
        """Outputs without cacher whose values are needed outside of an order.

        Parameters
        ----------
        position : int
            The step that makes them.
        together : sequence of int
            The steps of the order.
        """
        entry = self._entries[position]
        found = set()
        stage = entry.step.request.definition.identity
        for name in entry.step.facts.uncached & entry.planned.needed:
            readers = self._readers.get((position, name), set())
            if (stage, name) in self._wanted or not readers or readers - set(together):
                found.add(name)
        return frozenset(found)

    def readers_of_uncached(self, position: int) -> frozenset[int]:
        """The steps to run that read an output of a step which no cacher keeps."""
        uncached = self._entries[position].step.facts.uncached
        return frozenset().union(*(self._readers.get((position, name), ()) for name in uncached))

    def sent_params(self, params: Any) -> bytes | None:
        """A parameter set, pickled once."""
        if params is None:
            return None
        if id(params) not in self._params:
            try:
                self._params[id(params)] = dumps(params)
            except Exception as error:
                raise StaysError(
                    f"parameter set '{params.name}' of class '{type(params).__qualname__}' cannot "
                    f"be pickled ({why_not(error)})"
                ) from None
        return self._params[id(params)]

    def definition(self, position: int) -> SentDefinition:
        """The stage of a step."""
        noted = self._noted.get(position)
        if noted is not None:
            return noted.definition
        if position not in self._definitions:
            definition = self._entries[position].step.request.definition
            self._definitions[position] = sent_definition(definition, *self._laziness)
        return self._definitions[position]

    def noted(self, position: int) -> Noted:
        """What was noted of a call."""
        return self._noted[position]

    def entry(self, position: int) -> Entry:
        """A step of the plan."""
        return self._entries[position]


class _Draft:
    """One order while it is made."""

    def __init__(
        self, sender: Sender, positions: Sequence[int], answers: Mapping[int, StepAnswer]
    ) -> None:
        self.records: list[SentRecord] = []
        self._sender = sender
        self._positions = positions
        self._answers = answers
        self._indices: dict[int, int] = {}

    def step(self, position: int) -> SentStep:
        """One step of it."""
        sender, entry = self._sender, self._sender.entry(position)
        noted, request = sender.noted(position), entry.step.request
        code = entry.step.recipe
        return SentStep(
            position=position,
            definition=noted.definition,
            record=self._record(request.record),
            record_hash=request.record_hash,
            inputs={
                name: self._input(source, name, noted) for name, source in request.inputs.items()
            },
            arguments=noted.arguments,
            records=tuple(self._record(record) for record in request.records),
            slots=request.slots,
            reportables_slot=request.reportables_slot,
            needed=entry.planned.needed,
            carried=sender.carried(position, self._positions),
            code=(code.code, dict(code.variables), dict(code.packages)),
            own=noted.own,
            others=noted.others,
            input_records=tuple(self._record(record) for record in noted.input_records),
            switches=noted.switches,
            # a worker that was started in the middle of the run has inherited other values
            environ={**sender.environ, **noted.environ},
            variables=noted.variables,
            unusable=_unusable(entry),
        )

    def _record(self, record: Record) -> int:
        if id(record) not in self._indices:
            params = self._sender.sent_params(record.params)
            self._indices[id(record)] = len(self.records)
            self.records.append(
                SentRecord(params, record.get_hash(), record.combo_hash, record.is_aggregate)
            )
        return self._indices[id(record)]

    def _input(self, source: Any, name: str, noted: Noted) -> SentInput:
        if not isinstance(source, tuple):
            return self._source(source, value_label(name), noted)
        return tuple(
            (self._record(record), self._source(held, value_label(name, record.get_hash()), noted))
            for record, held in source
        )

    def _source(self, source: Any, label: str, noted: Noted) -> SentSource:
        if isinstance(source, UserValue):
            return SentValue(noted.values[label])
        if not isinstance(source, Reference) or source.step.plan_index is None:
            raise StaysError(f"nobody knows here where its input '{label}' comes from")
        position = self._sender.origin(source.step.plan_index)
        if position in self._positions:
            return Within(position, source.output.name)
        return self._output(source, position)

    def _output(self, source: Reference, position: int) -> SentOutput:
        step, name = self._sender.entry(position).step, source.output.name
        answer = self._answers.get(position)
        sent = SentOutput(
            definition=self._sender.definition(position),
            output=name,
            record=self._record(step.request.record),
            hash=step.request.record_hash,
            slot=step.slots.get(name) if answer is None else step.request.slots.get(name),
            commit=step.commits.get(name),
            facts=source.input_facts(),
            spreads=step.spreads,
        )
        if answer is None:
            return sent
        if name in step.facts.uncached and name not in answer.values:
            raise StaysError(f"the value of its input '{name}' did not come back")
        return replace(
            sent,
            commit=answer.commits.get(name),
            facts=answer.facts[name],
            spreads=answer.spreads,
            value=answer.values.get(name),
        )


def _unusable(entry: Entry) -> dict[str, str]:
    """Artifacts of a step that were found damaged: a look from elsewhere may not tell."""
    why = entry.step.facts.unusable
    if why is None or why.kind != "damaged":
        return {}
    return {slot.metadata_path: str(why) for slot in entry.step.request.slots.values()}


def _readers(entries: Sequence[Entry]) -> dict[tuple[int, str], set[int]]:
    """By step and output: the steps to run that read it."""
    found: dict[tuple[int, str], set[int]] = {}
    for position, entry in enumerate(entries):
        if entry.planned.decision.action == "RUN":
            for reference in references_in(entry.step.request):
                index = reference.step.plan_index
                if index is not None:
                    found.setdefault((index, reference.output.name), set()).add(position)
    return found
