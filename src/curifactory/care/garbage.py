"""Garbage collection: what goes from a cache, what stays, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from curifactory.care.cache_folder import CacheFolder
from curifactory.care.collector import without_collector
from curifactory.care.eviction import choose, in_order
from curifactory.care.inventory import Inventory, Stored, take_inventory
from curifactory.care.needs import Generations, Needs
from curifactory.care.past_runs import newest
from curifactory.care.share import Share
from curifactory.care.steps import Step, share_of, stored_steps

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
    steps : list of Stored or StoredStep
        What goes, in this order.
    gone : Share
        How much that is.
    stays : dict of str to Share
        How much stays, by the reason.
    """

    steps: list[Step]
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

    def plan(inventory: Inventory) -> RemovalPlan:
        needs = Needs(inventory)
        return _plan(inventory, _protected(needs), _kept(inventory, needs, limits), limits)

    return _planned(cache, plan)


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

    def plan(inventory: Inventory) -> RemovalPlan:
        asked = select(inventory)
        steps = stored_steps(inventory.stored)
        of_no_stage = steps.pop("", None)
        wanted = {
            generation: step
            for generation, step in steps.items()
            if any(one.id in asked for one in step.artifacts)
        }
        protected = _protected(Needs(inventory))
        never = set[str]().union(*protected.values())
        stays = _shares(_taken_out(wanted, never), protected)
        going = in_order(wanted.values())
        if of_no_stage and (of_no := [one for one in of_no_stage.artifacts if one.id in asked]):
            stays[_OF_NO_STAGE] = Share(len(of_no), sum(one.size for one in of_no))
        return RemovalPlan(going, share_of(going), stays)

    return _planned(cache, plan)


def _planned(cache: CacheFolder, plan: Callable[[Inventory], RemovalPlan]) -> RemovalPlan:
    """What is planned for what lies in the cache folder now."""
    with without_collector():
        return cache.ask(lambda connection: plan(take_inventory(connection, cache)))


def _protected(needs: Needs) -> dict[str, Generations]:
    """What nothing removes."""
    return {_PINNED: needs.of_pins(), _GOING_ON: needs.of_runs_going_on()}


def _kept(inventory: Inventory, needs: Needs, limits: Limits) -> dict[str, Generations]:
    kept = {}
    if limits.keep_runs is not None:
        kept[_NEWEST] = needs.of_runs(newest(needs.runs, limits.keep_runs))
    if limits.since is not None:
        young = {one.generation for one in inventory.stored if one.made >= limits.since}
        kept[_YOUNG] = needs.since(limits.since) | young
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
    reasons = {**protected, **kept}
    needed = _taken_out(steps, never.union(*kept.values()))
    chosen, rest = choose(steps.values(), share_of(needed.values()).size, limits.max_size)
    going += chosen
    stays = _shares(needed, reasons)
    if rest:
        stays[_NEED_NOT_GO] = share_of(rest)
    if of_no_stage is not None:
        stays[_OF_NO_STAGE] = share_of([of_no_stage])
    return RemovalPlan(going, share_of(going), stays)


def _by_data(inventory: Inventory) -> tuple[list[Stored], list[Stored]]:
    """The artifacts of which only metadata is left, and all others."""
    missing = inventory.missing
    if not missing:
        return [], inventory.stored
    without = [one for one in inventory.stored if one.path in missing and one.size]
    return without, [one for one in inventory.stored if not (one.path in missing and one.size)]


def _shares(steps: dict[str, Step], reasons: Mapping[str, Generations]) -> dict[str, Share]:
    """How much stays for each reason; the first that holds counts."""
    rest = steps.copy()
    shares = {why: share_of(_taken_out(rest, needed).values()) for why, needed in reasons.items()}
    return {why: share for why, share in shares.items() if share.count}


def _taken_out(steps: dict[str, Step], generations: Set[str]) -> dict[str, Step]:
    """These steps, which are no longer among the others then."""
    return {generation: steps.pop(generation) for generation in generations & steps.keys()}
