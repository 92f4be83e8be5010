"""What is wrong with a database that cannot be read, and how it is set aside."""

from __future__ import annotations

import os
import sqlite3
import time

FILE_NAME = "runs.sqlite"
VIEWS = ("store.json", "params_registry.json")
DAMAGE = (sqlite3.Error, UnicodeError)
"""What reading a damaged file may raise; not all of it means that it is damaged."""

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


def is_refusal(error: Exception) -> bool:
    """Whether the place refuses: no room, no permission, locked."""
    # extended codes have the kind of error in their lowest byte
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _REFUSALS


def may_be_the_question(error: Exception) -> bool:
    """Whether the question may be at fault, and not the tables that it was put to."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def set_aside(folder: str) -> str:
    """Move a database away with all that belongs to it; returns its new name.

    A journal that stayed would be played into the next database.

    Raises
    ------
    OSError
        If it cannot be moved.
    """
    mark = f".damaged-{time.time_ns()}"
    for name in (f"{FILE_NAME}-journal", *VIEWS, FILE_NAME):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.replace(path, path + mark)
    return f"{FILE_NAME}{mark}"


def inode(path: str) -> int | None:
    """Which file lies at a path: another one means that somebody replaced it."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
