"""Garbage collection: what goes from a cache, what stays, and why."""

from __future__ import annotations

import gc
import math
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

from curifactory.care.cache_folder import CacheFolder
from curifactory.care.eviction import StoredStep, choose, in_order
from curifactory.care.inventory import Inventory, Stored, take_inventory
from curifactory.care.needs import Generations, Needs
from curifactory.care.past_runs import newest
from curifactory.care.share import Share

_PINNED = "pinned, or needed by pinned runs"
_GOING_ON = "may be needed by a run that is going on"
_NEWEST = "needed by the newest runs"
_YOUNG = "made or used since then"
_UNKNOWN = "made by runs that the history does not know"
_OF_NO_STAGE = "without a commit: an older layout, or not written by a stage"
_NEED_NOT_GO = "need not go"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a garbage collection has to keep to.

    Parameters
    ----------
    keep_runs : int, optional
        What the newest so many runs of each experiment need stays.
    since : float, optional
        What was made or used since this moment stays; seconds since the epoch.
    max_size : int, optional
        Only so much goes that the artifacts have so many bytes.
    unknown : bool
        Whether what runs made may go that the history does not know.
    """

    keep_runs: int | None = None
    since: float | None = None
    max_size: int | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """What is to be removed, before anything is.

    Parameters
    ----------
    steps : list of StoredStep
        What goes, in this order.
    gone : Share
        How much that is.
    stays : dict of str to Share
        How much stays, by the reason.
    """

    steps: list[StoredStep]
    gone: Share
    stays: dict[str, Share] = field(default_factory=dict)

    @property
    def size_after(self) -> int:
        """Bytes of the artifacts that stay."""
        return sum(share.size for share in self.stays.values())


def plan_collection(cache: CacheFolder, limits: Limits) -> RemovalPlan:
    """Decide what a garbage collection removes.

    Parameters
    ----------
    cache : CacheFolder
        The cache folder, and the history that tells who needs what.
    limits : Limits
        What stays.

    Raises
    ------
    ArtifactSaveError, HistoryError
        If the history cannot be read.
    """

    def plan(connection: sqlite3.Connection) -> RemovalPlan:
        inventory = take_inventory(connection, cache)
        needs = Needs(inventory)
        return _plan(inventory, _protected(needs), _kept(inventory, needs, limits), limits)

    with without_collector():
        return cache.ask(plan)


def plan_removal(cache: CacheFolder, select: Callable[[Inventory], Set[int]]) -> RemovalPlan:
    """Decide what of some artifacts is removed: their whole steps, unless somebody needs them.

    Parameters
    ----------
    cache : CacheFolder
        The cache folder, and the history that tells who needs what.
    select : callable
        Gives the ``id`` of each of these artifacts.

    Raises
    ------
    ArtifactSaveError, HistoryError
        If the history cannot be read.
    """

    def plan(connection: sqlite3.Connection) -> RemovalPlan:
        inventory = take_inventory(connection, cache)
        asked = select(inventory)
        steps = stored_steps(inventory.stored)
        of_no_stage = steps.pop("", None)
        wanted = [step for step in steps.values() if any(one.id in asked for one in step.artifacts)]
        protected = _protected(Needs(inventory))
        never = set[str]().union(*protected.values())
        going = in_order(step for step in wanted if step.generation not in never)
        staying = [step for step in wanted if step.generation in never]
        stays = _shares(staying, protected, Limits())
        if of_no_stage and (of_no := [one for one in of_no_stage.artifacts if one.id in asked]):
            stays[_OF_NO_STAGE] = Share(len(of_no), sum(one.size for one in of_no))
        return RemovalPlan(going, share_of(going), stays)

    with without_collector():
        return cache.ask(plan)


def _protected(needs: Needs) -> dict[str, Generations]:
    """What nothing removes."""
    return {_PINNED: needs.of_pins(), _GOING_ON: needs.of_runs_going_on()}


def _kept(inventory: Inventory, needs: Needs, limits: Limits) -> dict[str, Generations]:
    kept = {}
    if limits.keep_runs is not None:
        kept[_NEWEST] = needs.of_runs(newest(needs.runs, limits.keep_runs))
    if limits.since is not None:
        kept[_YOUNG] = needs.since(limits.since)
    if not limits.unknown:
        kept[_UNKNOWN] = inventory.of_others
    return kept


def _plan(
    inventory: Inventory,
    protected: dict[str, Generations],
    kept: dict[str, Generations],
    limits: Limits,
) -> RemovalPlan:
    without_data, stored = _by_data(inventory)
    steps = stored_steps(stored)
    of_no_stage = steps.pop("", None)
    never = set[str]().union(*protected.values())
    # what an interrupted removal left is no artifact any more, whoever would need it
    going = [step for step in stored_steps(without_data).values() if step.generation not in never]
    chosen = choose(
        steps.values(),
        never.union(*kept.values()),
        math.inf if limits.since is None else limits.since,
        limits.max_size,
    )
    for step in chosen:
        del steps[step.generation]
    going += chosen
    stays = _shares(steps.values(), {**protected, **kept}, limits)
    if of_no_stage is not None:
        stays[_OF_NO_STAGE] = share_of([of_no_stage])
    return RemovalPlan(going, share_of(going), stays)


def stored_steps(stored: Iterable[Stored]) -> dict[str, StoredStep]:
    """Artifacts by the calls that made them, by generation."""
    steps: dict[str, StoredStep] = {}
    for one in stored:
        step = steps.get(one.generation)
        if step is None:
            facts = (one.generation, one.size, one.seconds, one.generated, (one,))
            steps[one.generation] = StoredStep._make(facts)
        else:
            steps[one.generation] = _with_artifact(step, one)
    return steps


def _with_artifact(step: StoredStep, one: Stored) -> StoredStep:
    known = [seconds for seconds in (step.seconds, one.seconds) if seconds is not None]
    return StoredStep(
        step.generation,
        step.size + one.size,
        max(known, default=None),
        max(step.made, one.generated),
        (*step.artifacts, one),
    )


def _by_data(inventory: Inventory) -> tuple[list[Stored], list[Stored]]:
    """The artifacts of which only metadata is left, and all others."""
    missing = inventory.without_data
    if not missing:
        return [], inventory.stored
    without = [one for one in inventory.stored if one.path in missing and one.size]
    return without, [one for one in inventory.stored if not (one.path in missing and one.size)]


def _shares(
    steps: Iterable[StoredStep], reasons: Mapping[str, Generations], limits: Limits
) -> dict[str, Share]:
    """How much stays for each reason; the first that holds counts."""
    staying: dict[str, list[StoredStep]] = {}
    for step in steps:
        reason = next((why for why, those in reasons.items() if step.generation in those), None)
        if reason is None:
            is_young = limits.since is not None and step.made >= limits.since
            reason = _YOUNG if is_young else _NEED_NOT_GO
        staying.setdefault(reason, []).append(step)
    in_order_of_weight = dict.fromkeys((*reasons, _YOUNG, _NEED_NOT_GO))
    return {why: share_of(staying[why]) for why in in_order_of_weight if why in staying}


def share_of(steps: Collection[StoredStep]) -> Share:
    """How much some steps are together."""
    return Share(sum(len(step.artifacts) for step in steps), sum(step.size for step in steps))


@contextmanager
def without_collector() -> Iterator[None]:
    """Let Python not look for cycles: of 100,000 rows that are just being made, none is in one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
