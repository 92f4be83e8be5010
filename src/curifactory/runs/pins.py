"""Pins: runs and artifacts that are to be kept, whatever else is removed."""

from __future__ import annotations

import os
import sqlite3

from curifactory.runs.database import FILES
from curifactory.runs.run_files import PINS, to_json
from curifactory.store.files import write_whole


def write_pins_file(connection: sqlite3.Connection, history: str) -> None:
    """Write the file from which pins are restored; in the transaction that changed them.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    rows = connection.execute("SELECT kind, key, pinned, note FROM pins ORDER BY kind, key")
    names = ("kind", "key", "pinned", "note")
    pins = [dict(zip(names, row, strict=True)) for row in rows]
    folder = os.path.join(history, FILES)
    os.makedirs(folder, exist_ok=True)
    write_whole(os.path.join(folder, PINS), to_json(pins).encode(), durable=True)


def is_pinned(connection: sqlite3.Connection, reference: str) -> bool:
    """Whether a run is pinned."""
    found = connection.execute("SELECT 1 FROM pins WHERE kind = 'run' AND key = ?", (reference,))
    return found.fetchone() is not None
