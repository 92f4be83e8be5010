"""Which commit of several lies at a path now, where the history and its clock leave a doubt."""

from __future__ import annotations

import sqlite3
import time

from curifactory.runs.places import absolute
from curifactory.store.metadata import BrokenMetadata, parse

_DOUBTFUL = """
SELECT artifacts.id, place, folder, metadata_path, generation FROM uses
JOIN artifacts ON artifacts.id = artifact JOIN places ON places.id = place
WHERE run = ? AND gone IS NOT NULL AND generation <> ''
"""


def settle_what_is_there(connection: sqlite3.Connection, run: int, history: str) -> None:
    """Look at the artifacts of a run that has just ended, and yet count as replaced or removed.

    That is true if another run was faster. It is not if the clock was set back since the older
    commit, or if files came back that had been removed.

    Parameters
    ----------
    connection : sqlite3.Connection
        In the transaction that entered the run.
    run : int
        The run's ``id``.
    history : str
        The folder of the history.
    """
    for id_, place, folder, path, generation in connection.execute(_DOUBTFUL, (run,)).fetchall():
        if _generation_at(absolute(path, folder, history)) != generation:
            continue
        connection.execute(
            "UPDATE artifacts SET gone = coalesce(gone, ?) WHERE place = ? AND metadata_path = ?",
            (time.time(), place, path),
        )
        connection.execute("UPDATE artifacts SET gone = NULL WHERE id = ?", (id_,))


def _generation_at(metadata_path: str) -> str | None:
    try:
        with open(metadata_path, "rb") as file:
            commit = parse(file.read()).get("commit")
    except (OSError, BrokenMetadata):
        return None
    return str(commit.get("generation")) if isinstance(commit, dict) else None
