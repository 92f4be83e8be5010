"""Sets of files then and now, compared by name and bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from curifactory.replay.room import Room
from curifactory.replay.store import OpenStore
from curifactory.running.step import Step
from curifactory.store.files import files_at
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.relocation import relocated_if_there
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.stores.contents import sha256_of
from curifactory.stores.held import Held

Files = Mapping[str, str]
"""Whole paths of files, by the name that each has in a set."""


def files_then(store: OpenStore, held: Held) -> Files:
    """The files of an artifact in the store, by their paths in it; without metadata."""
    data = (path for path in held.files if not path.endswith(METADATA_SUFFIX))
    return {path.replace(os.sep, "/"): store.path(path) for path in data}


def files_now(room: Room, step: Step, name: str) -> Files:
    """The files of an output that was computed, by the paths that they would have in the store."""
    folder = step.slots[name].folder
    paths = [os.path.join(folder, entry.path) for entry in step.commits[name].files]
    return {room.in_store(path): path for path in paths}


def references_then(store: OpenStore, held: Held) -> Iterator[Files]:
    """What each path in the store's list of files stands for."""
    metadata = next(path for path in held.files if path.endswith(METADATA_SUFFIX))
    for path in _references(store.path(metadata)):
        whole = os.path.join(store.info["working_folder"], path)
        place = store.places.in_store(whole).replace(os.sep, "/")
        yield {os.path.relpath(p, place): store.path(p) for p in store.files_at(place)}


def references_now(step: Step, name: str) -> Iterator[Files]:
    """What each path in a list of files that was computed stands for."""
    for path, _ in step.commits[name].references:
        here = relocated_if_there(path)
        yield {os.path.relpath(p, here): p for p in files_at(here)}


def first_other(then: Files, now: Files) -> str | None:
    """What is wrong with the first file that is not the same; ``None`` if all are."""
    for name in sorted({*then, *now}):
        short = os.path.basename(name) if name != os.curdir else "the file that it points at"
        if name not in now:
            return f"{short} is gone"
        if name not in then:
            return f"{short} is new"
        if sha256_of(then[name]) != sha256_of(now[name]):
            return f"{short} has other bytes"
    return None


def _references(metadata_path: str) -> list[str]:
    try:
        with open(metadata_path, "rb") as file:
            return [str(path) for path, _ in parse(file.read())["commit"]["references"]]
    except (OSError, BrokenMetadata, KeyError, TypeError, ValueError):
        return []
