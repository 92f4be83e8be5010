"""A history in memory, for as long as somebody holds it."""

from __future__ import annotations

import sqlite3


class InMemory(sqlite3.Connection):
    """A database in memory; closed when nobody holds it any more."""

    def __init__(self) -> None:
        # transactions are begun by hand, as in the file
        super().__init__(":memory:", isolation_level=None)

    def __del__(self) -> None:
        self.close()
