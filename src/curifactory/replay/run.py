"""Calling the experiment of a full store in its room."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from curifactory.events import Event
from curifactory.experiment.found import Selected, found
from curifactory.experiment.passes import carry_out
from curifactory.manager import ArtifactManager
from curifactory.params import ensure_hash
from curifactory.replay.room import Room
from curifactory.replay.store import OpenStore
from curifactory.running.step import Step


def run_in(
    room: Room,
    store: OpenStore,
    dry_cache: bool,
    take: Callable[[ArtifactManager, Step], None],
    observers: Iterable[Callable[[Event], None]],
) -> None:
    """Carry out the run of a full store as it was asked for.

    Parameters
    ----------
    room : Room
        Where.
    store : OpenStore
        Whose run.
    dry_cache : bool
        Whether nothing may be written to the cache.
    take : callable
        Told each step once it was carried out.
    observers : iterable of callable
        Told what happens.

    Raises
    ------
    Exception
        What the experiment raises.
    """
    call = store.info["call"]
    wanted = Selected(
        call["param_files"],
        call["param_set_names"],
        call["param_set_indices"],
        call["global_param_set_indices"],
    )
    with found(call["experiment"], wanted) as (experiment, _, selection):
        manager = ArtifactManager(
            experiment.name,
            dry_cache=dry_cache,
            prefix=call["prefix"],
            lazy=call["lazy"],
            ignore_lazy=call["ignore_lazy"],
            cache_path=room.cache_path,
            run_line=f"curifactory replay {store.reference}",
            status_override="running",
        )
        manager.seed = call["seed"]
        try:
            for observer in observers:
                manager.events.add(observer)
            for params in selection.sets:
                ensure_hash(params)
            _tell_other_sets(store, selection.files, manager)
            manager.session.on_artifacts = lambda step: take(manager, step)
            carry_out(experiment.module.run, selection.sets, manager, not call["no_dag"])
        finally:
            manager.close()


def _tell_other_sets(
    store: OpenStore, files: dict[str, list[object]], manager: ArtifactManager
) -> None:
    """Tell which parameter sets have another hash here, so that nothing of theirs is found."""
    then = {name: hash_ for pairs in store.info["param_sets"].values() for name, hash_ in pairs}
    for params in (params for sets in files.values() for params in sets):
        name, hash_ = str(getattr(params, "name", "")), str(ensure_hash(params))
        if then.get(name, hash_) != hash_:
            manager.events.notice(
                f"Parameter set '{name}' has the hash {hash_} here and had {then[name]} then: a "
                "value in it depends on machine or folder. Leave that out of the hash with "
                "hash_representations."
            )
