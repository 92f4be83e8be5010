"""The database of a project, which restores itself from the files beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from curifactory.runs.database import Database


def open_database(folder: str, on_damaged: Callable[[str], None]) -> Database:
    """The database in a folder.

    Parameters
    ----------
    folder : str
        Folder of the history (``manager_cache_path``).
    on_damaged : callable
        Told when it was damaged or gone, and what became of it.
    """

    def restore_or_keep(connection: sqlite3.Connection, version: int) -> str:
        # who only reads has no need of it, and waits for every import
        from curifactory.runs.restoring import restore, write_missing_files
        from curifactory.runs.run_files import RunFiles

        if version == 0:
            return restore(connection, RunFiles(folder))
        write_missing_files(connection, RunFiles(folder))
        return ""

    return Database(folder, on_damaged, restore_or_keep)
