"""A plan as text and as JSON: every step with decision and reason, sizes, seconds, an estimate."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curifactory.events import Planned, PlannedStep


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
        for row in planned.steps:
            yield f"{row.decision:<4}  {row.step.record}  {row.step.stage}  ({_why(row)})"
        sums = totals(planned.steps)
        yield ", ".join(
            f"{total.steps} {words}{f' ({_bytes(total.size)})' if total.size else ''}"
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
class Estimate:
    """How long the steps that run may take, from how long these stages took before.

    Parameters
    ----------
    seconds : float
        The sum over the steps of which something is known.
    unknown : int
        How many steps it leaves out, since their stage was never seen.
    """

    seconds: float
    unknown: int


def estimate(steps: Sequence[PlannedStep], stage_seconds: Mapping[str, float]) -> Estimate:
    """Estimate the time: of each step what it took before, else the mean of its stage."""
    by_stage: dict[str, list[float]] = defaultdict(list)
    by_stage.update({stage: [seconds] for stage, seconds in stage_seconds.items()})
    for row in steps:
        if row.seconds is not None:
            by_stage[row.step.stage].append(row.seconds)
    seconds, unknown = 0.0, 0
    for row in steps:
        known = by_stage.get(row.step.stage)
        if row.decision != "RUN":
            continue
        if row.seconds is not None:
            seconds += row.seconds
        elif known:
            seconds += sum(known) / len(known)
        else:
            unknown += 1
    return Estimate(seconds, unknown)


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
    made = "" if row.seconds is None else f", {verb} in {_duration(row.seconds)}"
    return f"{row.reason}, {_bytes(row.size)}{made}"


def _estimated(guess: Estimate) -> str:
    if not guess.seconds:
        return "time unknown: none of these stages ran here before"
    left_out = f", without {guess.unknown} steps of stages not seen before" if guess.unknown else ""
    return f"about {_duration(guess.seconds)} to run, going by earlier runs{left_out}"


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 60 else f"{minutes / 60:.1f} h"
