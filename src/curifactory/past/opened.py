"""A history whose database is open already."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.runs.database import T, Work


class Opened:
    """Reads a database that is open, and stays so.

    Parameters
    ----------
    connection : sqlite3.Connection
        The database.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, work: Work[T], otherwise: T) -> T:  # noqa: ARG002 - it is always there
        """Do `work`."""
        return work(self._connection)

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """It always is."""
        yield
