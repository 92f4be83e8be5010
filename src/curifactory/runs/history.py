"""The run history: one row per run in a small database, and views of it that others read."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from curifactory.errors import ArtifactSaveError

FILE_NAME = "runs.sqlite"
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


class History:
    """The runs of one project.

    Parameters
    ----------
    folder : str
        Where the database and its views lie (``manager_cache_path``).
    on_damaged : callable
        Told when the database could not be read and was set aside.
    """

    def __init__(self, folder: str, on_damaged: Callable[[str], None]) -> None:
        self._folder = folder
        self._path = os.path.join(folder, FILE_NAME)
        self._on_damaged = on_damaged

    def next_number(self, experiment: str) -> int:
        """The number that the next run of this experiment gets; nothing is written."""
        if not os.path.exists(self._path):
            return 1
        with self._connection() as connection:
            return _next_number(connection, experiment)

    def begin(self, experiment: str, describe: Callable[[int], dict[str, Any]]) -> int:
        """Enter a run and return its number, which no other run of the experiment has.

        Parameters
        ----------
        experiment : str
            Name of the experiment.
        describe : callable
            Gives the run's facts for its number; ``"reference"`` is one of them.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            number = _next_number(connection, experiment)
            info = describe(number)
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?)",
                (info["reference"], experiment, number, json.dumps(info, default=str)),
            )
            connection.execute("COMMIT")
        return number

    def update(self, info: dict[str, Any], parameter_sets: dict[str, Any]) -> None:
        """Write the facts of a run that is in the history, and its parameter sets by hash."""
        rows = [(hash_, json.dumps(p, default=str)) for hash_, p in parameter_sets.items()]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "UPDATE runs SET info = ? WHERE reference = ?",
                (json.dumps(info, default=str), info["reference"]),
            )
            connection.executemany("INSERT OR IGNORE INTO parameter_sets VALUES (?, ?)", rows)
            connection.execute("COMMIT")

    def write_views(self) -> None:
        """Write ``store.json`` and ``params_registry.json``, which other people's scripts read."""
        with self._connection() as connection:
            runs = [
                json.loads(info)
                for (info,) in connection.execute("SELECT info FROM runs ORDER BY rowid")
            ]
            parameter_sets = {
                hash_: json.loads(parameters)
                for hash_, parameters in connection.execute(
                    "SELECT hash, parameters FROM parameter_sets ORDER BY rowid"
                )
            }
        _write_json(os.path.join(self._folder, "store.json"), runs)
        _write_json(os.path.join(self._folder, "params_registry.json"), parameter_sets)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._open()
        except sqlite3.OperationalError as error:
            # locked or not writable: it is whole
            raise ArtifactSaveError(
                f"The run history {self._path} cannot be opened ({error}). Check that its folder "
                "can be written to, or use a dry run."
            ) from error
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
            connection = self._open()
        with closing(connection):
            yield connection

    def _open(self) -> sqlite3.Connection:
        os.makedirs(self._folder or ".", exist_ok=True)
        # transactions are begun by hand; the rollback journal also works on network file systems
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < _SCHEMA_VERSION:
                _create(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = f"{self._path}.damaged-{time.time_ns()}"
        os.replace(self._path, aside)
        self._on_damaged(
            f"The run history {self._path} cannot be read ({error}). It was set aside as {aside}, "
            "and a new one begun. No artifact depends on it."
        )


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < _SCHEMA_VERSION:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _next_number(connection: sqlite3.Connection, experiment: str) -> int:
    (last,) = connection.execute(
        "SELECT max(number) FROM runs WHERE experiment = ?", (experiment,)
    ).fetchone()
    return int(last or 0) + 1


def _write_json(path: str, value: Any) -> None:
    aside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}-{os.getpid()}")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, default=str)
    os.replace(aside, path)
