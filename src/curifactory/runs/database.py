"""The database of the run history: opened for each piece of work, replaced when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar
from urllib.parse import quote

from curifactory.errors import ArtifactSaveError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

FILE_NAME = "runs.sqlite"
VIEWS = ("store.json", "params_registry.json")
_SCHEMA_VERSION = 1
_BUSY_SECONDS = 60.0
_SCHEMA = """
CREATE TABLE runs (
    reference TEXT PRIMARY KEY,
    experiment TEXT NOT NULL,
    number INTEGER NOT NULL,
    info TEXT NOT NULL,
    UNIQUE (experiment, number)
);
CREATE TABLE parameter_sets (hash TEXT PRIMARY KEY, parameters TEXT NOT NULL);
"""
# the place is at fault, not what is in the file
_REFUSALS = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


class Database:
    """One file, which several processes write to.

    Parameters
    ----------
    folder : str
        Where it lies.
    on_damaged : callable
        Told when it could not be read and what became of it.
    """

    def __init__(self, folder: str, on_damaged: Callable[[str], None]) -> None:
        self._folder = folder
        self.path = os.path.join(folder, FILE_NAME)
        self._on_damaged = on_damaged

    def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction, on a new database if the old one is damaged.

        Raises
        ------
        ArtifactSaveError
            If the place refuses: no room, no permission, locked for too long.
        """
        before = _inode(self.path)
        try:
            return self._try(work)
        except (sqlite3.Error, ValueError) as error:
            if _is_refusal(error):
                raise self._refused(error) from error
            # another process may have replaced it already
            if _inode(self.path) == before:
                self._set_aside(error)
        try:
            return self._try(work)
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def read_only(self, work: Work[T], otherwise: T) -> T:
        """Do `work` without writing anything; `otherwise` where nothing can be read."""
        if not os.path.exists(self.path):
            return otherwise
        location = f"file:{quote(os.path.abspath(self.path))}?mode=ro"
        try:
            with closing(sqlite3.connect(location, timeout=_BUSY_SECONDS, uri=True)) as connection:
                return work(connection)
        except (sqlite3.Error, ValueError) as error:
            self._on_damaged(f"The run history {self.path} cannot be read ({error}).")
            return otherwise

    def _try(self, work: Work[T]) -> T:
        try:
            os.makedirs(self._folder or ".", exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        if os.path.isdir(self.path):
            raise ValueError("it is a folder")
        # transactions are begun by hand; the rollback journal also works on network file systems
        opened = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        with closing(opened) as connection:
            # a broken text must not keep the others from being read
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < _SCHEMA_VERSION:
                _create(connection)
            result = work(connection)
            connection.execute("COMMIT")
            return result

    def _refused(self, error: Exception) -> ArtifactSaveError:
        return ArtifactSaveError(
            f"The run history {self.path} cannot be written ({error}). Check that there is room "
            "and that its folder can be written to, or use a dry run."
        )

    def _set_aside(self, error: Exception) -> None:
        """Move it away with all that belongs to it: a journal would be played into the new one."""
        mark = f".damaged-{time.time_ns()}"
        try:
            for name in (f"{FILE_NAME}-journal", *VIEWS, FILE_NAME):
                path = os.path.join(self._folder, name)
                if os.path.exists(path):
                    os.replace(path, path + mark)
        except OSError as refusal:
            raise self._refused(refusal) from error
        self._on_damaged(
            f"The run history {self.path} cannot be read ({error}). It was set aside with its "
            f"views as {FILE_NAME}{mark}, and a new one begun. No artifact depends on it."
        )


def _create(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")


def _is_refusal(error: Exception) -> bool:
    # extended codes have the kind of error in their lowest byte
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _REFUSALS


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
