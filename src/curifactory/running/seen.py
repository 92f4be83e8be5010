"""What lies in the slots of a step: the commits if all is usable, and why if not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from curifactory.caching.cacheable import Cacheable, can_unpickle
from curifactory.errors import UnusableArtifactError
from curifactory.planning.compare import Inputs
from curifactory.planning.decide import Reason
from curifactory.planning.inputs import inputs_from_json
from curifactory.planning.recipe import Recipe, recipe_from_json
from curifactory.request import Output, Request
from curifactory.running.reading import Trust, bind_for_reading
from curifactory.store.commit import Commit
from curifactory.store.look import Found, look_at_step
from curifactory.store.metadata import BrokenMetadata, MetadataDocument
from curifactory.store.metadata_index import MetadataIndex
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import Slot, SlotUse

_NO_INPUTS: Inputs = MappingProxyType({})


class Seen(NamedTuple):
    """What lies in the slots of a step: the commits if all is usable, and why if not.

    Parameters
    ----------
    commits : dict of str to Commit
        By output.
    document : MetadataDocument or None
        The metadata that says what they were made from, if that is recorded.
    recipe : Recipe or None
        What they were made from, once `with_recipe` read it.
    undeclared : dict of str to InputFacts
        What was read from states without being declared when they were made.
    unusable : Reason or None
        Why they cannot be used.
    notices : tuple of str
        What a user should know.
    seconds : float or None
        How long making and saving them took, if that is recorded.
    """

    commits: dict[str, Commit]
    document: MetadataDocument | None = None
    recipe: Recipe | None = None
    undeclared: Inputs = _NO_INPUTS
    unusable: Reason | None = None
    notices: tuple[str, ...] = ()
    seconds: float | None = None

    def was_made_from(self, recipe: Recipe) -> bool:
        """Whether the artifacts were certainly made from just this."""
        recorded = None if self.document is None else self.document.get("recipe_digest")
        if recorded is None or recorded != recipe.digest():
            return False
        # how random numbers were seeded is not in the digest
        return recipe.random != "step" or not self.unseeded

    @property
    def unseeded(self) -> bool:
        """Whether unseeded random numbers have a part in the artifacts."""
        if self.recipe is not None:
            return self.recipe.random == "unseeded"
        return self.document is not None and bool(self.document.get("unseeded"))


def see(
    request: Request,
    slots: dict[str, Slot],
    reportables_slot: Callable[[], Slot | None],
    unusable: Mapping[str, str],
    trust: Trust,
    index: MetadataIndex | None = None,
) -> Seen:
    """Look at what lies in the slots of a step.

    Parameters
    ----------
    request : Request
        The step.
    slots : dict of str to Slot
        Where to look.
    reportables_slot : callable
        Gives where to look for what the stage reported, if it did.
    unusable : mapping of str to str
        Metadata paths whose artifact proved unusable before, with the reason.
    trust : Trust
        What may be loaded.
    index : MetadataIndex, optional
        Knows metadata files that need not be read again.
    """
    if not slots:
        return Seen({})
    found = look_at_step(slots, REPORTABLES, reportables_slot, index)
    notices: list[str] = []
    for name, item in found.items():
        if unusable and (why := unusable.get(item.slot.metadata_path)) is not None:
            return Seen({}, unusable=Reason("damaged", f"'{name}': {why}"))
        if item.state == "valid":
            continue
        if item.state == "missing":
            return _missing(name)
        if item.state == "damaged":
            notices.append(f"{item.slot.path('')}: {item.reason}")
            reason = Reason("damaged", f"'{name}': {item.reason}")
            return Seen({}, unusable=reason, notices=tuple(notices))
        if item.state == "unverified":
            notices.append(f"{item.slot.path()} is used unverified: {item.reason}")
    refused = _refused_by_trust(request, found, trust) or _refused_by_check(
        request, found, slots, trust
    )
    if refused is not None:
        return Seen({}, unusable=refused)
    commits = {name: item.commit for name, item in found.items() if item.commit is not None}
    document = None
    for item in found.values():
        if item.document is not None and _has_recipe(item.document):
            document = item.document
            break
    seconds = None if document is None else seconds_in(document.get("timing"))
    return Seen(commits, document, notices=tuple(notices), seconds=seconds)


@functools.lru_cache(maxsize=1024)
def _missing(name: str) -> Seen:
    """One object for all steps whose output of this name is missing."""
    return Seen({}, unusable=Reason("missing", f"'{name}' is not in the cache"))


def _has_recipe(document: MetadataDocument) -> bool:
    # the digest is at hand, the recipe itself would have to be parsed
    return document.get("recipe_digest") is not None or isinstance(document.get("recipe"), dict)


def with_recipe(seen: Seen) -> Seen:
    """The same with what the artifacts were made from, where that is to be compared in detail."""
    if seen.document is None:
        return seen
    try:
        document = seen.document.get("recipe")
        recipe = recipe_from_json(document)
        undeclared = inputs_from_json(document.get("undeclared"))
    except (BrokenMetadata, TypeError, ValueError, AttributeError, KeyError):
        return Seen({}, unusable=Reason("damaged", "its recipe cannot be read"))
    return seen._replace(recipe=recipe, undeclared=undeclared)


def seconds_in(timing: Any) -> float | None:
    """How long making and saving an artifact took, if the timing in its metadata says so."""
    try:
        return float(timing["executed_seconds"]) + float(timing["saved_seconds"])
    except (TypeError, KeyError, ValueError):
        return None


def _refused_by_trust(request: Request, found: Mapping[str, Found], trust: Trust) -> Reason | None:
    if trust.pickle == "always":
        return None
    for output in request.definition.outputs:
        if output.cacher is not None and output.name in found:
            refusal = trust.refusal(output.cacher, found[output.name].commit)
            if refusal is not None:
                return Reason("damaged", f"'{output.name}': {refusal}")
    return None


def _refused_by_check(
    request: Request, found: Mapping[str, Found], slots: Mapping[str, Slot], trust: Trust
) -> Reason | None:
    """A cacher's own ``check`` narrows what counts; for an older layout it is all there is."""
    for output in request.definition.outputs:
        cacher = output.cacher
        if cacher is None or output.name not in found:
            continue
        own_check = type(cacher).check is not Cacheable.check
        if own_check or found[output.name].state == "unverified":
            bound = _bound_for_check(output, slots[output.name], found[output.name], request, trust)
            try:
                is_there = bound.check()
            except UnusableArtifactError as error:
                return Reason("damaged", f"'{output.name}': {error}")
            if not is_there:
                return Reason("missing", f"'{output.name}': its cacher does not find it")
    return None


def _bound_for_check(
    output: Output, slot: Slot, found: Found, request: Request, trust: Trust
) -> Cacheable:
    """A cacher for its own ``check``; where that may unpickle, only what may be unpickled."""
    cacher, stage, record = output.cacher, request.definition.name, request.record
    assert cacher is not None, output.name
    if trust.pickle != "always" and can_unpickle(cacher):
        return bind_for_reading(output, slot, found.commit, stage, record, trust)
    return cacher.bound(SlotUse(slot), output.name, stage, record)
