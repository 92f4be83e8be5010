"""From planned steps to a work order: records, inputs, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curifactory.params import known_digests
from curifactory.record import Record
from curifactory.request import UserValue
from curifactory.running.elsewhere.answer import StepAnswer
from curifactory.running.elsewhere.messages import pack
from curifactory.running.elsewhere.noting import Noted, value_label
from curifactory.running.elsewhere.order import (
    Order,
    SentInput,
    SentOutput,
    SentRecord,
    SentSource,
    SentStep,
    SentValue,
    Within,
)
from curifactory.running.elsewhere.pickling import dumps
from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.staying import StaysError
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Reference


class Sender:
    """Makes the orders of one pass.

    Parameters
    ----------
    plan : SentPlan
    token, run
        The run's, as `Order` has them.
    environ : dict of str to (str or None)
        What environment variables that ``run`` changes are at its begin.
    """

    def __init__(
        self, plan: SentPlan, token: str, run: bytes, environ: Mapping[str, str | None]
    ) -> None:
        self._plan = plan
        self._token = token
        self._run = run
        self._environ = environ

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
        draft, steps = _Draft(self._plan, self._environ, positions, answers), []
        for position in positions:
            try:
                steps.append(draft.step(position))
            except StaysError as cause:
                cause.position = position
                raise
        plain, records = draft.pickled_plain_params(), tuple(draft.records)
        return pack(Order(self._token, self._run, plain, records, tuple(steps)))


class _Draft:
    """One order while it is made."""

    def __init__(
        self,
        plan: SentPlan,
        environ: Mapping[str, str | None],
        positions: Sequence[int],
        answers: Mapping[int, StepAnswer],
    ) -> None:
        self.records: list[SentRecord] = []
        self._plan = plan
        self._environ = environ
        self._positions = positions
        self._answers = answers
        # each with its record, whose number is of no other one as long as it is there
        self._indices: dict[int, tuple[Record, int]] = {}
        self._plain: list[Any] = []

    def step(self, position: int) -> SentStep:
        """One step of it."""
        plan, entry = self._plan, self._plan.entries[position]
        noted, request = plan.noted[position], entry.step.request
        recipe = entry.step.recipe
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
            carried=plan.carried(position, self._positions),
            read=plan.read(position),
            recipe=recipe.digest(),
            code=plan.code(recipe),
            own=noted.own,
            others=noted.others,
            input_records=tuple(self._record(record) for record in noted.input_records),
            switches=noted.switches,
            # a worker that was started in the middle of the run has inherited other values
            environ={**self._environ, **noted.environ},
            variables=noted.variables,
            unusable=_unusable(entry),
        )

    def _record(self, record: Record) -> int:
        if id(record) not in self._indices:
            params: bytes | int | None
            digests = known_digests(record.params)
            if digests is None:
                params = self._plan.sent_params(record.params)
            else:
                params = len(self._plain)
                self._plain.append(record.params)
            self._indices[id(record)] = record, len(self.records)
            self.records.append(
                SentRecord(
                    params, record.get_hash(), digests, record.combo_hash, record.is_aggregate
                )
            )
        return self._indices[id(record)][1]

    def pickled_plain_params(self) -> bytes:
        """Those of its parameter sets that have nothing but plain values."""
        try:
            return dumps(self._plain)
        except Exception:
            for one in self._plain:
                # it says which one it is
                self._plan.sent_params(one)
            raise

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
        position = self._plan.origin(source.step.plan_index)
        if position in self._positions:
            return Within(position, source.output.name)
        return self._output(source, position)

    def _output(self, source: Reference, position: int) -> SentOutput:
        step, name = self._plan.entries[position].step, source.output.name
        answer = self._answers.get(position)
        sent = SentOutput(
            definition=self._plan.definition(position),
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
