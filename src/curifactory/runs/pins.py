"""Pins: runs and artifacts that are to be kept, whatever else is removed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curifactory.errors import ArtifactSaveError
from curifactory.runs.database import FILES

if TYPE_CHECKING:
    from curifactory.runs.history import History

Kind = Literal["run", "artifact"]
_COLUMNS = ("kind", "key", "pinned", "note")


@dataclass(frozen=True, slots=True)
class Pin:
    """Something that is to be kept.

    Parameters
    ----------
    kind : str
        ``"run"`` or ``"artifact"``.
    key : str
        The reference of the run; of an artifact, the path of its metadata file as the history
        names it (see `artifact_key`).
    pinned : float
        When, in seconds since the epoch.
    note : str, optional
        Why.
    """

    kind: Kind
    key: str
    pinned: float
    note: str | None = None


def artifact_key(folder: str, metadata_path: str) -> str:
    """How a pin names an artifact, whichever call made it.

    Parameters
    ----------
    folder, metadata_path : str
        The cache folder and the path below it, as the history has them.
    """
    return f"{folder}/{metadata_path}" if folder else metadata_path


def pins(connection: sqlite3.Connection) -> list[Pin]:
    """All pins, oldest first."""
    rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM pins ORDER BY pinned, kind, key")
    return [Pin(*row) for row in rows]


def is_pinned(connection: sqlite3.Connection, reference: str) -> bool:
    """Whether a run is pinned."""
    found = connection.execute("SELECT 1 FROM pins WHERE kind = 'run' AND key = ?", (reference,))
    return found.fetchone() is not None


def pin(history: History, keys: Sequence[tuple[Kind, str]], note: str | None = None) -> None:
    """Pin runs and artifacts; one that is pinned already gets the note, if there is one.

    Parameters
    ----------
    history : History
        Where that is noted.
    keys : sequence of (kind, key)
        What; see `Pin`.
    note : str, optional
        Why.

    Raises
    ------
    ArtifactSaveError
        If the history cannot be written.
    """
    now = time.time()
    _change(
        history,
        "INSERT INTO pins VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind, key) DO UPDATE SET note = coalesce(excluded.note, note)",
        [(*key, now, note) for key in keys],
    )


def unpin(history: History, keys: Sequence[tuple[Kind, str]]) -> None:
    """Take pins away.

    Raises
    ------
    ArtifactSaveError
        If the history cannot be written.
    """
    _change(history, "DELETE FROM pins WHERE kind = ? AND key = ?", list(keys))


def _change(history: History, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    def change(connection: sqlite3.Connection) -> None:
        connection.executemany(statement, values)
        _write_file(connection, history.folder)

    history.database.write(change)


def _write_file(connection: sqlite3.Connection, history: str) -> None:
    """Write the file from which pins are restored; in the transaction that changed them."""
    # who only looks what is pinned need not wait for these
    from curifactory.runs.run_files import PINS, to_json
    from curifactory.store.files import write_whole

    found = [
        dict(zip(_COLUMNS, (p.kind, p.key, p.pinned, p.note), strict=True))
        for p in pins(connection)
    ]
    path = os.path.join(history, FILES, PINS)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, to_json(found).encode(), durable=True)
    except OSError as error:
        raise ArtifactSaveError(
            f"No pin was changed: {path} cannot be written ({error})."
        ) from error
