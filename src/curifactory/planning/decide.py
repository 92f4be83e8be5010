"""The one answer to "will it run, and why?": pure functions from facts to a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["RUN", "LOAD", "SKIP"]
Kind = Literal[
    "always",
    "overwritten",
    "uncached",
    "missing",
    "damaged",
    "inputs",
    "parameters",
    "code",
    "cacher",
    "packages",
    "seed",
    "asked",
    "valid",
    "unneeded",
]

# an artifact that is only gone says nothing about what was made from it
KINDS_THAT_SPREAD: frozenset[str] = frozenset(
    ("overwritten", "inputs", "parameters", "code", "cacher", "packages", "seed")
)

DEFAULT_TRIGGERS: frozenset[Kind] = frozenset(("inputs", "parameters", "cacher", "seed"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is decided: a kind, and a detail for a reader."""

    kind: Kind
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or self.kind


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a step, and why."""

    action: Action
    reason: Reason


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision about one step depends on.

    Parameters
    ----------
    outputs : frozenset of str
        Names of its outputs.
    uncached : frozenset of str
        Those of them that have no cacher.
    always : str or None
        Why it must run in any case, if so.
    overwrite : str or None
        Who asked for it to run again, if somebody did and it was not done since.
    unusable : Reason or None
        Why what lies in its slots cannot be used (missing, damaged), if so.
    differences : tuple of Reason
        How the recipe of what lies there differs from the recipe now.
    triggers : frozenset of str
        Which kinds of difference make it stale.
    rerun_above : Reason or None
        Why a step that this one reads from runs again, if one does.
    renewed : bool
        Whether it was to run again and did since: so has everything that depends on it.
    stale : Reason or None
        The first reason why the step cannot be taken from the cache as it is.
    """

    outputs: frozenset[str]
    uncached: frozenset[str] = frozenset()
    always: str | None = None
    overwrite: str | None = None
    unusable: Reason | None = None
    differences: tuple[Reason, ...] = ()
    triggers: frozenset[Kind] = DEFAULT_TRIGGERS
    rerun_above: Reason | None = None
    renewed: bool = False
    stale: Reason | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # here, since most steps of a stage share one object
        object.__setattr__(self, "stale", _why_stale(self))


def _always(facts: Facts) -> Reason | None:
    if not facts.outputs:
        return Reason("always", "a stage without outputs always runs")
    return Reason("always", facts.always) if facts.always else None


def _overwritten(facts: Facts) -> Reason | None:
    if facts.overwrite:
        return Reason("overwritten", facts.overwrite)
    above = facts.rerun_above
    return above if above is not None and above.kind == "overwritten" else None


def _unusable(facts: Facts) -> Reason | None:
    return facts.unusable


def _different(facts: Facts) -> Reason | None:
    if not facts.differences:
        return None
    return trigger_among(facts.differences, facts.triggers)


def trigger_among(differences: tuple[Reason, ...], triggers: frozenset[Kind]) -> Reason | None:
    """The first difference that makes an artifact stale, or ``None``."""
    return next((one for one in differences if one.kind in triggers), None)


def _above(facts: Facts) -> Reason | None:
    return facts.rerun_above if "inputs" in facts.triggers else None


# the order is the policy: the first question that has an answer is the reason
QUESTIONS: tuple[Callable[[Facts], Reason | None], ...] = (
    _always,
    _overwritten,
    _different,
    _above,
    _unusable,
)


def _why_stale(facts: Facts) -> Reason | None:
    for question in QUESTIONS:
        reason = question(facts)
        if reason is not None:
            return reason
    return None


# one object each for what most steps of a large plan have
_VALID = Decision("LOAD", Reason("valid", "it is in the cache"))
_UNNEEDED = Decision("SKIP", Reason("unneeded", "nothing needs it"))


def decide(facts: Facts, needed: frozenset[str]) -> Decision:
    """What to do with a step.

    Parameters
    ----------
    facts : Facts
        What is known about it.
    needed : frozenset of str
        Which of its outputs somebody needs.
    """
    stale = facts.stale
    if not facts.outputs:
        return Decision("RUN", stale or Reason("always"))
    if not needed:
        return _UNNEEDED if stale is None else Decision("SKIP", stale)
    if stale is not None:
        return Decision("RUN", stale)
    if needed & facts.uncached:
        names = ", ".join(sorted(needed & facts.uncached))
        return Decision("RUN", Reason("uncached", f"{names} is needed and has no cacher"))
    return _VALID
