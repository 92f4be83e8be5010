"""From a plan to what a schedule needs to know of its steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from curifactory.running.elsewhere.schedule import Work
from curifactory.running.elsewhere.sending import Sender
from curifactory.running.facts import references_in
from curifactory.running.pass_plan import Entry


def work_of(
    entries: Sequence[Entry],
    sender: Sender,
    position: int,
    sent: Collection[int],
    resources: Mapping[str, float],
) -> Work:
    step = entries[position].step
    reads: set[int] = set()
    for reference in references_in(step.request):
        index = reference.step.plan_index
        if index is not None:
            origin = sender.origin(index)
            if entries[origin].planned.decision.action == "RUN":
                reads.add(origin)
    return Work(
        position=position,
        reads=frozenset(reads),
        stage=step.request.definition.identity,
        seconds=step.seconds,
        resources=resources,
        stays=position not in sent,
        hands_on=sender.readers_of_uncached(position),
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
