"""Doing the run of a full store again from its artifacts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from curifactory.errors import DamagedStoreError
from curifactory.events import Event
from curifactory.manager import ArtifactManager
from curifactory.replay.room import Room, room_for
from curifactory.replay.run import run_in
from curifactory.replay.store import OpenStore
from curifactory.running.reading import bind_for_reading, load_verified
from curifactory.running.step import Step


@dataclass(frozen=True)
class Computed:
    """An artifact that was computed although the store was to have it.

    Parameters
    ----------
    path : str
        Where it would lie in the store.
    stage, record, name : str
        Which artifact it is.
    why : str
        Why none was taken from the store.
    """

    path: str
    stage: str
    record: str
    name: str
    why: str


@dataclass(frozen=True)
class Replayed:
    """What a replay did.

    Parameters
    ----------
    executed : int
        How many stage calls were executed.
    used : int
        How many were not, since the store has their artifacts.
    loaded : tuple of str
        The results of the run in the store, each of which was loaded.
    computed : tuple of Computed
        Artifacts that were computed, but for those that the store says it does not hold.
    """

    executed: int
    used: int
    loaded: tuple[str, ...]
    computed: tuple[Computed, ...]


def replay(store: OpenStore, observers: Iterable[Callable[[Event], None]] = ()) -> Replayed:
    """Do the run again from its artifacts, which stay as they are.

    The experiment's code is executed; a stage only if its artifacts are not held. Every result of
    the run is loaded, so that it is known to be readable here.

    Parameters
    ----------
    store : OpenStore
        The store.
    observers : iterable of callable
        Told what happens.

    Raises
    ------
    DamagedStoreError
        If the code that was executed changed the store.
    Exception
        What the experiment raises.
    """
    before = _states(store)
    with room_for(store, anew=False) as room:
        taker = _Taker(store, room)
        run_in(room, store, dry_cache=True, take=taker.take, observers=observers)
    changed = [path for path, state in _states(store).items() if state != before[path]]
    if changed:
        raise DamagedStoreError(
            f"The experiment changed {changed[0]} of {store.folder} while it was replayed: a stage "
            "writes to what it reads."
        )
    return taker.result()


class _Taker:
    """Takes note of what is done with each step."""

    def __init__(self, store: OpenStore, room: Room) -> None:
        self._room = room
        self._not_held = {one.path for one in store.manifest.not_held}
        self._actions: list[str] = []
        self._loaded: dict[str, None] = {}
        self._computed: dict[str, Computed] = {}

    def take(self, manager: ArtifactManager, step: Step) -> None:
        """Note one step; load what it gives to nobody else."""
        assert step.decision is not None
        self._actions.append(step.decision.action)
        paths = {
            name: self._room.in_store(slot.path()) for name, slot in step.request.slots.items()
        }
        if step.executed and not self._not_held & {*paths.values()}:
            why = str(step.decision.reason)
            for name, path in paths.items():
                row = Computed(path, step.name.stage, step.name.record, name, why)
                self._computed[path] = row
        for output in step.request.definition.outputs if not step.executed else ():
            name = output.name
            if output.cacher is not None and name in step.needed and step.stale is None:
                slot, commit, record = step.slots[name], step.commits.get(name), step.request.record
                cacher = bind_for_reading(
                    output, slot, commit, step.name.stage, record, manager.trust
                )
                load_verified(cacher, slot, commit)
                self._loaded[paths[name]] = None

    def result(self) -> Replayed:
        executed = self._actions.count("RUN")
        return Replayed(
            executed,
            len(self._actions) - executed,
            tuple(self._loaded),
            tuple(self._computed.values()),
        )


def _states(store: OpenStore) -> dict[str, tuple[int, int]]:
    """Size and time of change of each file."""
    states = {}
    for file in store.manifest.files:
        found = os.stat(store.path(file.path))
        states[file.path] = (found.st_size, found.st_mtime_ns)
    return states
