"""The plan of a pass: made by the plan pass, followed by the run pass."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curifactory.events import PlannedStep
from curifactory.planning.compare import differ
from curifactory.planning.plan import Node, Planned, decide_all
from curifactory.request import Request
from curifactory.running.code_facts import CodeFacts
from curifactory.running.facts import references_in
from curifactory.running.step import Reference, Step


@dataclass(frozen=True, slots=True)
class Entry:
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
        self._by_path: dict[str, int] = {}

    def add(self, step: Step) -> None:
        """Note a step."""
        step.plan_index = len(self._steps)
        earlier = self._earlier_like(step)
        self._steps.append(step)
        self._same_as.append(earlier)
        for slot in step.request.slots.values():
            self._by_path[slot.metadata_path] = step.plan_index

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

    def shown(self) -> Iterator[PlannedStep]:
        """The plan for a reader."""
        for entry in self.entries:
            decision = entry.planned.decision
            reason, step = decision.reason, entry.step
            size = sum(commit.size for commit in step.commits.values())
            yield PlannedStep(
                step.name, decision.action, str(reason), reason.kind, size, step.seconds
            )

    def _earlier_like(self, step: Step) -> int | None:
        """An earlier step that makes the same artifacts from the same recipe."""
        for slot in step.request.slots.values():
            index = self._by_path.get(slot.metadata_path)
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
        self._entries: dict[Any, deque[Entry]] = defaultdict(deque)
        for entry in plan.entries:
            self._entries[_key(entry.step.request)].append(entry)

    def take(self, request: Request) -> Entry | None:
        """The plan's entry for this call, each once; ``None`` if it is not in the plan."""
        waiting = self._entries.get(_key(request))
        return waiting.popleft() if waiting else None

    def left_over(self) -> list[Entry]:
        """Entries whose call did not come."""
        return [entry for waiting in self._entries.values() for entry in waiting]


def carried_over(request: Request, entry: Entry, code: CodeFacts) -> Step | None:
    """The planned step as a step of this pass, if all that it depends on is as it was planned."""
    planned = entry.step
    if entry.same_as is not None or request.arguments or request.positionals:
        return None
    if (code.digest, code.variables) != (planned.recipe.code, planned.recipe.variables):
        return None
    if not _same_sources(request.inputs, planned.request.inputs):
        return None
    return Step(
        request=request,
        facts=planned.facts,
        recipe=planned.recipe,
        slots=dict(planned.slots),
        commits=dict(planned.commits),
        keys=planned.keys,
        changed=planned.changed,
        made_keys=planned.made_keys,
        seconds=planned.seconds,
        plan_index=planned.plan_index,
        as_planned=True,
        notices=planned.notices,
        unseeded=planned.unseeded,
    )


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
            and now.step.plan_index == planned.step.plan_index
            and now.output.name == planned.output.name
        )
    if isinstance(now, tuple) and isinstance(planned, tuple):
        return len(now) == len(planned) and all(
            _same_source(one, other) for (_, one), (_, other) in zip(now, planned, strict=True)
        )
    # a value of the user may be another one this time
    return False
