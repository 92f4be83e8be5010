"""Stored artifacts by the stage calls that made them: these stay and go as a whole."""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter
from typing import NamedTuple

from curifactory.care.inventory import Stored
from curifactory.care.share import Share


class StoredStep(NamedTuple):
    """What one call of a stage left in the cache.

    Parameters
    ----------
    generation : str
        The generation of its commits.
    size : int
        Bytes of all artifacts.
    seconds : float or None
        How long making and saving them took, if that was recorded.
    made : float
        When, in seconds since the epoch.
    artifacts : tuple of Stored
        What they are.
    """

    generation: str
    size: int
    seconds: float | None
    made: float
    artifacts: tuple[Stored, ...] = ()


Step = Stored | StoredStep
"""Of a call that left one artifact, as most do, that says all."""

_generation, _size = attrgetter("generation"), attrgetter("size")


def stored_steps(stored: Collection[Stored]) -> dict[str, Step]:
    """Artifacts by the calls that made them, by generation."""
    steps: dict[str, Step] = dict(zip(map(_generation, stored), stored, strict=True))
    # only the last one of each is in there
    several: dict[str, list[Stored]] = {}
    for one in [one for one in stored if steps[one.generation] is not one]:
        several.setdefault(one.generation, []).append(one)
    for generation, them in several.items():
        steps[generation] = _of_several([*them, *steps[generation].artifacts])
    return steps


def share_of(steps: Collection[Step]) -> Share:
    """How much some steps are together."""
    several = [step for step in steps if type(step) is StoredStep]
    more = sum(len(step.artifacts) - 1 for step in several)
    return Share(len(steps) + more, sum(map(_size, steps)))


def _of_several(artifacts: list[Stored]) -> StoredStep:
    return StoredStep(
        artifacts[0].generation,
        sum(map(_size, artifacts)),
        max((one.seconds for one in artifacts if one.seconds is not None), default=None),
        max(one.made for one in artifacts),
        tuple(artifacts),
    )
