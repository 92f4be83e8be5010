"""What artifacts lie in a cache folder: facts from the history, and from metadata it lacks."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from curifactory.care.cache_folder import CacheFolder
from curifactory.care.contents import compare_with
from curifactory.runs.in_memory import InMemory
from curifactory.runs.places import absolute
from curifactory.store.reserved import METADATA_SUFFIX, REPORTABLES

_OF_REPORTABLES = f"_{REPORTABLES}{METADATA_SUFFIX}"
_STORED = (
    "SELECT id, metadata_path, path, generation, size, "
    "executed_seconds + coalesce(saved_seconds, 0), generated FROM artifacts "
    # all rows of the table, in its order: an index would lead to each of them by itself
    "WHERE +place IN (SELECT value FROM json_each(?)) AND gone IS NULL"
)


class Stored(NamedTuple):
    """An artifact that lies in the cache folder; its paths are relative to that.

    ``seconds`` is how long making and saving it took, ``made`` when that was.
    """

    id: int
    metadata_path: str
    path: str
    generation: str
    size: int
    seconds: float | None
    made: float

    @property
    def artifacts(self) -> tuple[Stored, ...]:
        """This one: see `curifactory.care.steps`."""
        return (self,)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The artifacts in a cache folder.

    Parameters
    ----------
    cache : CacheFolder
        The folder.
    connection : sqlite3.Connection
        The history, and with it what only metadata tells of.
    places : list of int
        What that calls the folder.
    stored : list of Stored
        All artifacts whose metadata lies there.
    missing : set of str
        Paths of files that should be there and are not.
    of_others : set of str
        Generations of what runs made that the history does not know.
    """

    cache: CacheFolder
    connection: sqlite3.Connection
    places: list[int]
    stored: list[Stored]
    missing: Set[str]
    of_others: set[str]

    def facts(self, *columns: str) -> dict[int, tuple[str, ...]]:
        """Further columns of the table of artifacts, by the artifact's ``id``.

        Texts that few questions need would slow the others down.
        """
        return _facts(self.connection, self.places, columns)


def take_inventory(connection: sqlite3.Connection, cache: CacheFolder) -> Inventory:
    """List a cache folder; the metadata of what the history does not know is read.

    Parameters
    ----------
    connection : sqlite3.Connection
        The history; it is not changed.
    cache : CacheFolder
        The folder.
    """
    places = _place_ids(connection, cache)
    stored = _stored(connection, places)
    # nothing below the folder of an artifact is another artifact
    new, missing = compare_with(cache.path, cache.apart, _paths(stored))
    unknown = [name for name in new if name.endswith(METADATA_SUFFIX)]
    unknown = _without_reports(unknown, connection, places)
    of_others: set[str] = set()
    if unknown:
        connection, of_others = _completed(connection, cache, sorted(unknown))
        places = _place_ids(connection, cache)
        stored = _stored(connection, places)
        _, missing = compare_with(cache.path, cache.apart, _paths(stored))
    if missing:
        stored = [one for one in stored if one.metadata_path not in missing]
    return Inventory(cache, connection, places, stored, missing, of_others)


def _stored(connection: sqlite3.Connection, places: list[int]) -> list[Stored]:
    """What the history says is there."""
    rows = connection.execute(_STORED, (json.dumps(places),))
    return list(map(Stored._make, rows))


_path, _metadata_path = attrgetter("path"), attrgetter("metadata_path")


def _paths(stored: list[Stored]) -> set[str]:
    paths = set(map(_path, stored))
    paths.update(map(_metadata_path, stored))
    return paths


def _facts(
    connection: sqlite3.Connection, places: list[int], columns: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    rows = connection.execute(
        f"SELECT id, {', '.join(columns)} FROM artifacts "
        "WHERE place IN (SELECT value FROM json_each(?)) AND gone IS NULL",
        (json.dumps(places),),
    )
    return {id_: tuple(facts) for id_, *facts in rows}


def _place_ids(connection: sqlite3.Connection, cache: CacheFolder) -> list[int]:
    """Under which places the history has this folder, whatever it was called."""
    real = os.path.realpath(cache.path)
    rows = connection.execute("SELECT id, folder FROM places WHERE folder <> ''").fetchall()
    return [
        id_ for id_, folder in rows if os.path.realpath(absolute("", folder, cache.history)) == real
    ]


def _completed(
    connection: sqlite3.Connection, cache: CacheFolder, names: Iterable[str]
) -> tuple[sqlite3.Connection, set[str]]:
    """A copy of the history with these metadata files, and what runs made that it did not know."""
    from curifactory.runs.scanning import artifacts_at, enter_found

    paths = [os.path.join(cache.path, name) for name in names]
    # what cannot be read is for `verify`
    found = list(artifacts_at(paths, cache.place, []))
    known = {reference for (reference,) in connection.execute("SELECT reference FROM runs")}
    copy = _copied(connection)
    copy.execute("BEGIN")
    ids = enter_found(copy, found, cache.place.folder)
    copy.executemany("UPDATE artifacts SET gone = NULL WHERE id = ?", [(id_,) for id_ in ids])
    return copy, {one.row.generation for one in found if one.row.made_by not in known}


def _copied(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = InMemory()
    if connection.in_transaction:
        # it was just restored: a backup would wait for the end of that
        copy.deserialize(connection.serialize())
    else:
        connection.backup(copy)
    return copy


def _without_reports(
    paths: list[str], connection: sqlite3.Connection, places: list[int]
) -> list[str]:
    """Leave out what known steps reported: it comes and goes with their artifacts."""
    if not any(path.endswith(_OF_REPORTABLES) for path in paths):
        return paths
    starts = set()
    for metadata_path, name in _facts(connection, places, ("metadata_path", "name")).values():
        stem = metadata_path.removesuffix(METADATA_SUFFIX)
        starts |= {stem.removesuffix(f"_{name}"), stem}
    return [path for path in paths if path.removesuffix(_OF_REPORTABLES) not in starts]
