"""From a plan to what a schedule needs to know of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.work import Work
from curifactory.running.facts import references_in
from curifactory.running.pass_plan import Entry


def work_of(
    plan: SentPlan,
    position: int,
    resources: Mapping[str, float],
) -> Work:
    """One step of a plan that is to run."""
    entries = plan.entries
    step = entries[position].step
    reads: set[int] = set()
    for reference in references_in(step.request):
        index = reference.step.plan_index
        if index is not None:
            origin = plan.origin(index)
            if entries[origin].planned.decision.action == "RUN":
                reads.add(origin)
    return Work(
        position=position,
        reads=frozenset(reads),
        stage=step.request.definition.identity,
        seconds=step.seconds,
        resources=resources,
        stays=position not in plan.noted,
        hands_on=plan.readers_of_uncached(position),
        line=id(step.request.record),
    )


def sharing_files(entries: Sequence[Entry], runs: Sequence[int]) -> set[int]:
    """Steps to run that write where another call writes, too: their order matters."""
    writers: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        if entry.same_as is None or entry.planned.decision.action == "RUN":
            for slot in entry.step.request.slots.values():
                writers.setdefault(slot.metadata_path, []).append(position)
    several = {p for positions in writers.values() if len(positions) > 1 for p in positions}
    return several & set(runs)
