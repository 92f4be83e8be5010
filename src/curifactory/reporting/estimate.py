"""How long the steps of a plan that run may take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curifactory.events import PlannedStep


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
