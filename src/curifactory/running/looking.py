"""Looking at a step: what it is made from now, and what lies where its artifacts belong."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol

from curifactory.events import Events
from curifactory.planning.compare import Difference, new_keys
from curifactory.planning.recipe import Recipe
from curifactory.request import Request
from curifactory.running.code_facts import CodeFacts, assumed_changed, code_of
from curifactory.running.code_store import CodeStore
from curifactory.running.equivalents import Equivalents
from curifactory.running.facts import Policy, differences_of, facts_of
from curifactory.running.places import Places
from curifactory.running.reading import Trust
from curifactory.running.recipe_now import recipe_of
from curifactory.running.seen import see, with_recipe
from curifactory.running.step import Step
from curifactory.store.metadata_index import MetadataIndex


class LookerSettings(Policy, Protocol):
    """What a looker asks of the manager."""

    dry: bool
    root: str
    assume_changed: frozenset[str]

    @property
    def seeds_steps(self) -> bool: ...
    @property
    def trust(self) -> Trust: ...
    @property
    def cache_path(self) -> str: ...
    @property
    def manager_cache_path(self) -> str: ...


class Looker:
    """Makes steps out of requests, as things are at that moment.

    Parameters
    ----------
    settings : LookerSettings
        The manager.
    events : Events
        Told what cannot be hashed.
    places : Places
        Where artifacts are read.
    unusable : dict of str to str
        Metadata paths of artifacts that proved unusable, with the reason.

    Attributes
    ----------
    index : MetadataIndex or None
        Knows metadata files that need not be read again, as long as a plan is made.
    """

    def __init__(
        self,
        settings: LookerSettings,
        events: Events,
        places: Places,
        unusable: dict[str, str],
    ) -> None:
        self.unusable = unusable
        self.index: MetadataIndex | None = None
        self._settings = settings
        self._events = events
        self._places = places
        self._equivalents = Equivalents(settings)
        self._sources = CodeStore(settings)

    def look(self, request: Request, recipe: Recipe | None = None) -> Step:
        """The step as things are now; `recipe` is what it is made from, where that is known."""
        slots = self._places.slots_to_read(request)
        reportables = functools.partial(self._places.reportables_slot, request, slots)
        seen = see(request, slots, reportables, self.unusable, self._settings.trust, self.index)
        recipe = self.recipe_of(request) if recipe is None else recipe
        found, fresh = list[Difference](), list[Difference]()
        if not seen.was_made_from(recipe):
            seen = with_recipe(seen)
            found = differences_of(request, recipe, seen)
        if seen.recipe is not None and seen.unusable is None:
            found = self._equivalents.without_equal(slots, found)
            fresh = list(new_keys(seen.recipe, recipe))
            if not self._settings.dry:
                self._equivalents.add(slots, fresh, "content")
        reasons = tuple(one.reason for one in found)
        return Step(
            request=request,
            facts=facts_of(request, reasons, seen, self._settings),
            recipe=recipe,
            slots=self._places.slots_of(request, slots, seen.commits),
            commits=seen.commits,
            changed=tuple(found),
            made_keys=seen.recipe.keys() if seen.recipe and (found or fresh) else None,
            seconds=seen.seconds,
            notices=seen.notices,
            unseeded=seen.unseeded,
        )

    def recipe_of(self, request: Request) -> Recipe:
        """What the step is made from at this moment."""
        code, note = self.code_of(request), self._note_unhashable(request)
        return recipe_of(request, code, self._settings.seeds_steps, note)

    def code_of(self, request: Request) -> CodeFacts:
        """What the code of a step is at this moment."""
        code = code_of(request, self._settings.root, self._note_unknown_code)
        self._sources.keep(code)
        assumed = self._settings.assume_changed
        return assumed_changed(code, assumed) if assumed else code

    def _note_unknown_code(self, stage: str, why: str) -> None:
        self._events.notice(
            f"The code of stage '{stage}' cannot be told ({why}): its artifacts are reused whether "
            "it changed or not."
        )

    def _note_unhashable(self, request: Request) -> Callable[[str], None]:
        def note(name: str) -> None:
            self._events.notice(
                f"'{name}' of stage '{request.definition.name}' cannot be hashed: whether it "
                "changed is unknown, and artifacts are reused as if it had not. To make it count, "
                "use curifactory.hashing.register_encoder."
            )

        return note
