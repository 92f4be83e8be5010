"""The history from all that is left: the runs' files, and the metadata of artifacts."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curifactory.runs.artifact_rows import row_from_metadata
from curifactory.runs.entering import enter_artifacts, enter_run, place_id
from curifactory.runs.entry import ArtifactRow, RunEntry
from curifactory.runs.history import History
from curifactory.runs.places import Place
from curifactory.runs.restoring import restore
from curifactory.runs.run_files import Removed, to_json
from curifactory.runs.schema import seconds_of
from curifactory.runs.views import write_views
from curifactory.store.files import files_below
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.slot import METADATA_SUFFIX

_UNKNOWN = "unknown"


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
    found = list(_artifacts(place, unreadable))

    def fill(connection: sqlite3.Connection) -> None:
        restore(connection, history.files)
        ids = enter_artifacts(connection, [one.row for one in found])
        _mark_what_is_there(connection, folder, ids, began)
        _enter_unknown_runs(connection, history, found, folder)
        write_views(connection, history.folder, history.tell)

    history.database.write(fill)
    count = history.database.read(_counts, (0, 0, 0))
    return Rebuilt(*count, tuple(unreadable))


@dataclass(frozen=True, slots=True)
class _Found:
    """An artifact, and what its metadata says of its run and parameters."""

    row: ArtifactRow
    run: dict[str, Any]
    parameters: dict[str, Any] | None


def _artifacts(place: Place, unreadable: list[str]) -> Iterator[_Found]:
    """Every artifact in the cache folder."""
    for path in files_below(place.cache_path):
        parts = os.path.relpath(path, place.cache_path).split(os.sep)
        if not path.endswith(METADATA_SUFFIX) or any(part.startswith(".") for part in parts):
            continue
        try:
            with open(path, "rb") as file:
                document = parse(file.read())
            row = row_from_metadata(path, document, place)
        except (OSError, BrokenMetadata, TypeError, ValueError, AttributeError):
            unreadable.append(path)
            continue
        # what a stage reported belongs to no output
        if row.cacher is not None and row.generation:
            yield _Found(row, document.get("manager_run_info") or {}, document.get("params"))


def _mark_what_is_there(
    connection: sqlite3.Connection, folder: str, ids: Iterable[int], began: float
) -> None:
    """What was found in the cache folder is there; what was made meanwhile may be."""
    connection.execute(
        "UPDATE artifacts SET gone = coalesce(gone, ?) WHERE place = ? AND generated < ?",
        (began, place_id(connection, folder), began),
    )
    connection.executemany("UPDATE artifacts SET gone = NULL WHERE id = ?", [(i,) for i in ids])


def _enter_unknown_runs(
    connection: sqlite3.Connection,
    history: History,
    found: Sequence[_Found],
    folder: str,
) -> None:
    """Runs of which only their artifacts tell, what these made, and with which parameters."""
    removed = {
        one.reference for one in history.files.read_all(lambda _: None) if isinstance(one, Removed)
    }
    facts = {
        str(one.run["reference"]): one.run
        for one in found
        if {"reference", "experiment_name", "run_number"} <= one.run.keys()
    }
    known = {row[0] for row in connection.execute("SELECT reference FROM runs")}
    for reference in sorted(facts.keys() - known - removed):
        enter_run(connection, _unknown_run(facts[reference]), folder)
    connection.execute(
        "INSERT OR IGNORE INTO uses SELECT runs.id, artifacts.id, 1 FROM artifacts "
        "JOIN runs ON runs.reference = artifacts.made_by WHERE runs.status = ?",
        (_UNKNOWN,),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO parameter_sets VALUES (?, ?)",
        [(one.row.hash, to_json(one.parameters)) for one in found if one.parameters is not None],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO run_sets SELECT id, ?, ?, '' FROM runs "
        "WHERE reference = ? AND status = ?",
        [
            (one.row.hash, one.row.set_name, one.row.made_by, _UNKNOWN)
            for one in found
            if one.parameters is not None
        ],
    )


def _unknown_run(info: dict[str, Any]) -> RunEntry:
    return RunEntry(
        reference=str(info["reference"]),
        experiment=str(info["experiment_name"]),
        number=int(info["run_number"]),
        status=_UNKNOWN,
        started=seconds_of(info.get("timestamp")),
        host=info.get("host"),
        user=info.get("user"),
        command_line=info.get("command_line"),
        commit_hash=info.get("commit"),
        dirty=info.get("dirty"),
        notes=info.get("notes"),
        info=to_json({**info, "status": _UNKNOWN}),
    )


def _counts(connection: sqlite3.Connection) -> tuple[int, int, int]:
    (runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    (artifacts,) = connection.execute(
        "SELECT count(*) FROM artifacts WHERE gone IS NULL"
    ).fetchone()
    (unknown,) = connection.execute(
        "SELECT count(*) FROM runs WHERE status = ?", (_UNKNOWN,)
    ).fetchone()
    return runs, artifacts, unknown
