"""What comes back while steps are carried out elsewhere, to be told where ``run`` is."""

from __future__ import annotations

from dataclasses import dataclass

from curifactory.running.elsewhere.answer import Answer, Happened


@dataclass(frozen=True, slots=True)
class Failure:
    """A step failed: it raised, or its workers died."""

    position: int
    error: BaseException


@dataclass(frozen=True, slots=True)
class Staying:
    """A step turned out to stay where ``run`` is; `stage` means all of its stage."""

    position: int
    why: str
    stage: bool


News = Answer | Happened | Staying | Failure
