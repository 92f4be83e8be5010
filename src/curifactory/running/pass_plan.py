"""The plan of a pass: made by the plan pass, followed by the run pass."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from curifactory.events import PlannedStep
from curifactory.planning.compare import differ
from curifactory.planning.plan import Node, Planned, decide_all
from curifactory.request import Request, is_placed_by_user
from curifactory.running.cachers_now import cachers_of
from curifactory.running.code_facts import CodeFacts
from curifactory.running.facts import references_in
from curifactory.running.step import Reference, Step


class Entry(NamedTuple):
    """One step of a plan, and what was decided about it."""

    step: Step
    planned: Planned
    same_as: int | None


class PassPlan:
    """The steps that a plan pass noted, in the order of the calls.

    Attributes
    ----------
    ended_early : str or None
        Why the pass stopped before the end of ``run``: more may follow.
    entries : list of Entry
        The decided steps, after `settle`.
    """

    def __init__(self) -> None:
        self.ended_early: str | None = None
        self.entries: list[Entry] = []
        self._steps: list[Step] = []
        self._same_as: list[int | None] = []
        # by the name's hash, which is shorter: what is found is compared anyway
        self._by_name: dict[int, int] = {}

    def add(self, step: Step) -> None:
        """Note a step."""
        step.plan_index = len(self._steps)
        earlier = self._earlier_like(step)
        self._steps.append(step)
        self._same_as.append(earlier)
        for slot in step.request.slots.values():
            self._by_name[hash((slot.folder, slot.stem))] = step.plan_index

    def settle(self) -> None:
        """Decide all steps."""
        nodes = [
            Node(step.facts, _reads(step), step.wanted, same_as)
            for step, same_as in zip(self._steps, self._same_as, strict=True)
        ]
        decided = decide_all(nodes)
        for step, planned in zip(self._steps, decided, strict=True):
            step.decision = planned.decision
        self.entries = [
            Entry(step, planned, same_as)
            for step, planned, same_as in zip(self._steps, decided, self._same_as, strict=True)
        ]
        self._steps, self._same_as, self._by_name = [], [], {}

    def shown(self) -> Iterator[PlannedStep]:
        """The plan for a reader."""
        for entry in self.entries:
            decision = entry.planned.decision
            reason, step = decision.reason, entry.step
            size = sum([commit.size for commit in step.commits.values()])
            yield PlannedStep(
                step.name, decision.action, str(reason), reason.kind, size, step.seconds
            )

    def _earlier_like(self, step: Step) -> int | None:
        """An earlier step that makes the same artifacts from the same recipe."""
        for slot in step.request.slots.values():
            index = self._by_name.get(hash((slot.folder, slot.stem)))
            if index is None:
                return None
            earlier = self._steps[index]
            if earlier.request.slots != step.request.slots or earlier.keys != step.keys:
                return None
            if differ(earlier.recipe, step.recipe):
                return None
            return index
        return None


def _reads(step: Step) -> tuple[tuple[int, str], ...]:
    return tuple(
        (reference.step.plan_index, reference.output.name)
        for reference in references_in(step.request)
        if reference.step.plan_index is not None
    )


class FollowedPlan:
    """A plan while the run pass follows it.

    Parameters
    ----------
    plan : PassPlan
        A settled plan.
    """

    def __init__(self, plan: PassPlan) -> None:
        self.may_go_on = plan.ended_early is not None
        self._entries = plan.entries
        self._next = 0
        self._taken = bytearray(len(plan.entries))
        self._by_key: dict[Any, deque[int]] | None = None

    def take(self, request: Request) -> Entry | None:
        """The plan's entry for this call, each once; ``None`` if it is not in the plan."""
        position = self._find(request)
        if position is None:
            return None
        self._taken[position] = 1
        self._next = position + 1
        return self._entries[position]

    def note_done(self, step: Step) -> None:
        """A step was carried out: what was only found out to plan it is no longer held."""
        position = step.plan_index
        if position is not None:
            self._entries[position] = self._entries[position]._replace(step=step)

    def left_over(self) -> list[Entry]:
        """Entries whose call did not come."""
        entries = zip(self._entries, self._taken, strict=True)
        return [entry for entry, is_taken in entries if not is_taken]

    def _find(self, request: Request) -> int | None:
        # calls that come in the order of the plan need no index
        if self._by_key is None:
            if self._next < len(self._entries) and is_same_call(
                request, self._entries[self._next].step
            ):
                return self._next
            self._by_key = defaultdict(deque)
            for position, entry in enumerate(self._entries):
                if not self._taken[position]:
                    self._by_key[_key(entry.step.request)].append(position)
        waiting = self._by_key.get(_key(request))
        return waiting.popleft() if waiting else None


def is_same_call(request: Request, planned: Step) -> bool:
    """Whether a call is the planned one: this stage, and these artifacts."""
    definition, before = request.definition, planned.request
    if definition is not before.definition or request.record_hash != before.record_hash:
        return False
    cachers_changed = cachers_of(definition).described is not planned.recipe.cachers
    if cachers_changed or request.naming != before.naming or is_placed_by_user(definition):
        return request.slots == before.slots
    request.take_slots(before.slots)
    return True


def carried_over(request: Request, entry: Entry, code: CodeFacts) -> Step | None:
    """The planned step as a step of this pass, if all that it depends on is as it was planned."""
    step = entry.step
    if entry.same_as is not None or request.arguments or request.positionals:
        return None
    if (code.digest, code.variables) != (step.recipe.code, step.recipe.variables):
        return None
    parameters = None if request.is_static else request.parameters
    if parameters is not None and parameters.digests != step.recipe.parameters:
        return None
    if not _same_sources(request.inputs, step.request.inputs):
        return None
    # from here on the plan pass' own records and references are no longer held
    step.request, step.as_planned = request, True
    return step


def _key(request: Request) -> Any:
    return (
        request.definition.identity,
        request.record_hash,
        tuple(request.slots.items()),
        tuple(output.name for output in request.definition.outputs),
    )


def _same_sources(now: dict[str, Any], planned: dict[str, Any]) -> bool:
    return now.keys() == planned.keys() and all(
        _same_source(source, planned[name]) for name, source in now.items()
    )


def _same_source(now: Any, planned: Any) -> bool:
    if isinstance(now, Reference) and isinstance(planned, Reference):
        return (
            now.step.as_planned
            and now.step is planned.step
            and now.output.name == planned.output.name
        )
    if isinstance(now, tuple) and isinstance(planned, tuple):
        return len(now) == len(planned) and all(
            _same_source(one, other) for (_, one), (_, other) in zip(now, planned, strict=True)
        )
    # a value of the user may be another one this time
    return False
