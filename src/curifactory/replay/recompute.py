"""Computing everything of a full store anew, and comparing each artifact."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable

from curifactory.errors import ConfigurationError
from curifactory.events import Event
from curifactory.manager import ArtifactManager
from curifactory.replay.apart import Tolerance
from curifactory.replay.compare_artifact import ArtifactComparer
from curifactory.replay.compared import Compared, Recomputed
from curifactory.replay.room import Room, room_for
from curifactory.replay.run import run_in
from curifactory.replay.store import OpenStore
from curifactory.running.step import Step
from curifactory.store.reserved import REPORTABLES


def recompute(
    store: OpenStore,
    observers: Iterable[Callable[[Event], None]] = (),
    tolerance: Tolerance | None = None,
    keep: str | None = None,
) -> Recomputed:
    """Compute everything anew with an empty cache, and compare each artifact of the store.

    Parameters
    ----------
    store : OpenStore
        The store; stays as it is.
    observers : iterable of callable
        Told what happens.
    tolerance : Tolerance, optional
        How far numbers may be apart in values that count as equal.
    keep : str, optional
        A folder for the artifacts that were computed; must not be there yet.

    Raises
    ------
    ConfigurationError
        If the folder for the artifacts is there already.
    Exception
        What the experiment raises; with a note on how the artifacts up to then compare.
    """
    if keep is not None and os.path.lexists(keep):
        raise ConfigurationError(f"{keep} is there already; name a folder that is not.")
    kept = None if keep is None else os.path.abspath(keep)
    with room_for(store, anew=True) as room:
        taker = _Taker(store, room, tolerance or Tolerance())
        try:
            run_in(room, store, dry_cache=False, take=taker.take, observers=observers)
        except Exception as error:
            error.add_note(taker.so_far())
            raise
        finally:
            if kept is not None:
                shutil.copytree(room.cache, kept)
        return taker.result()


class _Taker:
    """Compares the artifacts of each step once it was carried out."""

    def __init__(self, store: OpenStore, room: Room, tolerance: Tolerance) -> None:
        self._room = room
        self._comparer = ArtifactComparer(store, room, tolerance)
        self._held = {held.path: held for held in store.made_by_stages()}
        self._compared: dict[str, Compared] = {}
        self._executed = 0

    def take(self, _: ArtifactManager, step: Step) -> None:
        """Compare what the store has of a step's artifacts."""
        self._executed += step.executed
        slots = dict(step.request.slots)
        if step.request.reportables_slot is not None:
            slots[REPORTABLES] = step.request.reportables_slot
        for name, slot in slots.items() if step.executed else ():
            held = self._held.get(self._room.in_store(slot.path()))
            if held is not None and name in step.commits:
                self._compared[held.path] = self._comparer.compare(step, name, held)

    def so_far(self) -> str:
        """How the artifacts compare that were computed up to now, in a sentence."""
        counted = Recomputed(tuple(self._compared.values()), self._executed).counts
        said = ", ".join(f"{count} {verdict}" for verdict, count in counted.items() if count)
        return f"Of the artifacts computed anew up to then: {said or 'none'}."

    def result(self) -> Recomputed:
        """All artifacts of the store."""
        missing = [
            Compared(held.path, held.stage, held.record, held.name, "not made")
            for held in self._held.values()
            if held.path not in self._compared
        ]
        return Recomputed((*self._compared.values(), *missing), self._executed)
