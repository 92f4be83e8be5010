"""A plan as text and as JSON: every step with decision and reason, sizes, seconds, an estimate."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curifactory.amounts import format_seconds, format_size
from curifactory.events import Planned, PlannedStep
from curifactory.reporting.estimate import Estimate, estimate


@dataclass(frozen=True, slots=True, repr=False)
class PlanView:
    """A plan to look at: text when printed, a table in a notebook.

    Parameters
    ----------
    planned : Planned
        The plan.
    stage_seconds : dict of str to float
        How long stages took of which the plan itself does not tell.
    """

    planned: Planned
    stage_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """Every step with its decision and reason, in the order of the calls."""
        return self.planned.steps

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The plan for a reader, one step a line, then the sums."""
        planned = self.planned
        records = max((len(row.step.record) for row in planned.steps), default=0)
        stages = max((len(row.step.stage) for row in planned.steps), default=0)
        for row in planned.steps:
            name = f"{row.step.record:<{records}}  {row.step.stage:<{stages}}"
            yield f"{row.decision:<4}  {name}  ({_why(row)})"
        sums = totals(planned.steps)
        yield ", ".join(
            f"{total.steps} {words}{f' ({format_size(total.size)})' if total.size else ''}"
            for words, total in zip(_IN_WORDS, sums.values(), strict=True)
        )
        if sums["RUN"].steps:
            yield _estimated(estimate(planned.steps, self.stage_seconds))
        if planned.ended_early:
            yield f"More may follow: {planned.ended_early}"

    def document(self) -> dict[str, Any]:
        """The plan as data that JSON can hold."""
        guess = estimate(self.steps, self.stage_seconds)
        return {
            "steps": [
                {
                    "stage": row.step.stage,
                    "record": row.step.record,
                    "hash": row.step.hash,
                    "decision": row.decision,
                    "kind": row.kind,
                    "reason": row.reason,
                    "bytes": row.size,
                    "seconds": row.seconds,
                }
                for row in self.steps
            ],
            "totals": {
                decision: {"steps": total.steps, "bytes": total.size}
                for decision, total in totals(self.steps).items()
            },
            "estimated_seconds": round(guess.seconds, 3),
            "steps_of_unknown_duration": guess.unknown,
            "ended_early": self.planned.ended_early,
        }

    @property
    def has_work(self) -> bool:
        """Whether anything would run, or may."""
        return bool(self.planned.ended_early) or any(row.decision == "RUN" for row in self.steps)

    def _repr_html_(self) -> str:
        cells = [(row.decision, row.step.record, row.step.stage, row.reason) for row in self.steps]
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in cells
        )
        head = "<tr><th>decision</th><th>record</th><th>stage</th><th>reason</th></tr>"
        return f"<table>{head}{rows}</table>"


@dataclass(frozen=True, slots=True)
class Total:
    """How many steps share a decision, and the bytes of their artifacts that are there."""

    steps: int = 0
    size: int = 0


_IN_WORDS = ("to run", "from cache", "not needed")


def totals(steps: Sequence[PlannedStep]) -> dict[str, Total]:
    """The total of each decision: ``RUN``, ``LOAD`` and ``SKIP``."""
    found = {"RUN": Total(), "LOAD": Total(), "SKIP": Total()}
    for row in steps:
        before = found[row.decision]
        found[row.decision] = Total(before.steps + 1, before.size + row.size)
    return found


def _why(row: PlannedStep) -> str:
    if not row.size:
        return row.reason
    verb = "last made" if row.decision == "RUN" else "made"
    made = "" if row.seconds is None else f", {verb} in {format_seconds(row.seconds)}"
    return f"{row.reason}, {format_size(row.size)}{made}"


def _estimated(guess: Estimate) -> str:
    if not guess.seconds:
        return "time unknown: none of these stages ran here before"
    left_out = f", without {guess.unknown} steps of stages not seen before" if guess.unknown else ""
    return f"about {format_seconds(guess.seconds)} to run, going by earlier runs{left_out}"
