"""Asking for artifacts that lie in a cache folder as for those in the history."""

from __future__ import annotations

import os
from collections.abc import Iterable

from curifactory.care.inventory import Inventory
from curifactory.errors import ArtifactNotFoundError
from curifactory.past.absent import no_artifact_at
from curifactory.past.artifact import Artifacts
from curifactory.past.files import metadata_path_of
from curifactory.past.opened import Opened
from curifactory.past.queries import ArtifactQuery
from curifactory.past.reader import Past
from curifactory.past.unknown import unknown_names


def selected(inventory: Inventory, query: ArtifactQuery) -> Artifacts:
    """The artifacts of an inventory that are asked for, in the order in which they were made.

    Raises
    ------
    RunNotFoundError
        If the query names a run that is not there.
    ConfigurationError
        If it holds what is no moment or size.
    """
    there = {one.id for one in inventory.stored}
    return Artifacts(one for one in _past(inventory).artifacts(query) if one._id in there)


def unknown_in(inventory: Inventory, query: ArtifactQuery) -> list[str]:
    """A sentence for each name in a query that no artifact has or had."""
    return unknown_names(_past(inventory), query)


def _past(inventory: Inventory) -> Past:
    return Past(inventory.cache.history, Opened(inventory.connection))


def selected_ids(inventory: Inventory, query: ArtifactQuery) -> set[int]:
    """The ``id`` of each of these; see `selected`."""
    return {one._id for one in selected(inventory, query)}


def at_paths(inventory: Inventory, paths: Iterable[str]) -> set[int]:
    """The ``id`` of each artifact that one of these paths belongs to.

    Raises
    ------
    ArtifactNotFoundError
        If there is none at one of them, or not in this cache folder.
    """
    known = {one.metadata_path: one.id for one in inventory.stored}
    found = set()
    for path in paths:
        name = metadata_name(path, inventory.cache.path)
        if name not in known:
            raise ArtifactNotFoundError(f"{path} is no artifact that can be removed.")
        found.add(known[name])
    return found


def metadata_name(path: str, folder: str) -> str:
    """The metadata file of an artifact, relative to the cache folder.

    Parameters
    ----------
    path : str
        Any of its files.
    folder : str
        The cache folder.

    Raises
    ------
    ArtifactNotFoundError
        If it is no artifact, or lies elsewhere.
    """
    metadata_path = metadata_path_of(path)
    if metadata_path is None:
        raise ArtifactNotFoundError(no_artifact_at(path))
    # whichever way leads there
    for start, end in (
        (folder, metadata_path),
        (os.path.realpath(folder), os.path.realpath(metadata_path)),
    ):
        name = os.path.relpath(end, start)
        if name.split(os.sep)[0] != os.pardir:
            return name
    raise ArtifactNotFoundError(f"{path} does not lie in the cache folder {folder}.")
