"""The history from all that is left: the runs' files, and the metadata of artifacts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from curifactory.runs.entering_artifacts import place_id
from curifactory.runs.history import History
from curifactory.runs.places import Place
from curifactory.runs.restoring import restore
from curifactory.runs.run_files import Removed
from curifactory.runs.scanning import UNKNOWN, artifacts_in, enter_found
from curifactory.runs.views import write_views


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found.

    Parameters
    ----------
    runs, artifacts : int
        How many the history has now; artifacts that are there.
    unknown : int
        How many runs only their artifacts tell of.
    unreadable : tuple of str
        Metadata files that cannot be read.
    """

    runs: int
    artifacts: int
    unknown: int
    unreadable: tuple[str, ...]


def rebuild(history: History, cache_path: str, folder: str) -> Rebuilt:
    """Enter what the runs' files and the artifacts say; what is known already stays.

    Parameters
    ----------
    history : History
        What to fill; a damaged database is set aside first.
    cache_path, folder : str
        The cache folder, and how the history names it.

    Raises
    ------
    ArtifactSaveError, HistoryError
        If the history cannot be written.
    """
    place, unreadable, began = Place(cache_path, folder), list[str](), time.time()
    found = list(artifacts_in(place, unreadable))
    entered = history.files.read_all(lambda _: None)
    removed = {one.reference for one in entered if isinstance(one, Removed)}

    def fill(connection: sqlite3.Connection) -> None:
        restore(connection, history.files)
        ids = enter_found(connection, found, folder, removed)
        _mark_what_is_there(connection, folder, ids, began)
        write_views(connection, history.folder, history.tell)

    history.database.write(fill)
    count = history.database.read(_counts, (0, 0, 0))
    return Rebuilt(*count, tuple(unreadable))


def _mark_what_is_there(
    connection: sqlite3.Connection, folder: str, ids: Iterable[int], began: float
) -> None:
    """What was found in the cache folder is there; what was made meanwhile may be."""
    connection.execute(
        "UPDATE artifacts SET gone = coalesce(gone, ?) WHERE place = ? AND generated < ?",
        (began, place_id(connection, folder), began),
    )
    connection.executemany("UPDATE artifacts SET gone = NULL WHERE id = ?", [(i,) for i in ids])


def _counts(connection: sqlite3.Connection) -> tuple[int, int, int]:
    (runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    (artifacts,) = connection.execute(
        "SELECT count(*) FROM artifacts WHERE gone IS NULL"
    ).fetchone()
    (unknown,) = connection.execute(
        "SELECT count(*) FROM runs WHERE status = ?", (UNKNOWN,)
    ).fetchone()
    return runs, artifacts, unknown
