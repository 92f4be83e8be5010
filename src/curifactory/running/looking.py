"""Looking at a step: what it is made from now, and what lies where its artifacts belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from curifactory.events import Events
from curifactory.planning.recipe import Recipe
from curifactory.request import Request
from curifactory.running.facts import Policy, recipe_of, see, step_of
from curifactory.running.places import Places
from curifactory.running.reading import Trust
from curifactory.running.step import Step


class LookerSettings(Policy, Protocol):
    """What a looker asks of the manager."""

    @property
    def trust(self) -> Trust: ...


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
    """

    def __init__(
        self,
        settings: LookerSettings,
        events: Events,
        places: Places,
        unusable: dict[str, str],
    ) -> None:
        self.unusable = unusable
        self._settings = settings
        self._events = events
        self._places = places

    def look(self, request: Request, recipe: Recipe | None = None) -> Step:
        """The step as things are now; `recipe` is what it is made from, where that is known."""
        slots = self._places.slots_to_read(request)
        seen = see(request, slots, self.unusable, self._settings.trust)
        if recipe is None:
            recipe = recipe_of(request, self._note_unhashable(request))
        return step_of(request, slots, seen, self._settings, recipe)

    def _note_unhashable(self, request: Request) -> Callable[[str], None]:
        def note(name: str) -> None:
            self._events.notice(
                f"'{name}' of stage '{request.definition.name}' cannot be hashed: whether it "
                "changed is unknown, and artifacts are reused as if it had not. To make it count, "
                "use curifactory.hashing.register_encoder."
            )

        return note
