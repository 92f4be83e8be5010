"""The run history: one row per run in a small database, and views of it that others read."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from curifactory.errors import ArtifactSaveError
from curifactory.runs.database import VIEWS, Database


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
        self._on_damaged = on_damaged
        self._database = Database(folder, on_damaged)

    def next_number(self, experiment: str) -> int:
        """The number that the next run of this experiment gets; nothing is written."""
        return self._database.read_only(lambda found: _next_number(found, experiment), otherwise=1)

    def begin(self, experiment: str, describe: Callable[[int], dict[str, Any]]) -> int:
        """Enter a run and return its number, which no other run of the experiment has.

        Parameters
        ----------
        experiment : str
            Name of the experiment.
        describe : callable
            Gives the run's facts for its number; ``"reference"`` is one of them.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """

        def enter(connection: sqlite3.Connection) -> int:
            number = _next_number(connection, experiment)
            _enter_run(connection, experiment, number, describe(number))
            return number

        return self._database.write(enter)

    def update(self, info: dict[str, Any], parameter_sets: dict[str, Any]) -> None:
        """Write the facts of a run, and its parameter sets by hash.

        Parameters
        ----------
        info : dict
            All facts; ``"reference"``, ``"experiment_name"`` and ``"run_number"`` say which run.

        Raises
        ------
        ArtifactSaveError
            If they cannot be written.
        """
        rows = [(hash_, _to_json(parameters)) for hash_, parameters in parameter_sets.items()]

        def enter(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "UPDATE runs SET info = ? WHERE reference = ?",
                (_to_json(info), info["reference"]),
            )
            if not changed.rowcount:
                # the database was replaced since the run began
                _enter_run(connection, info["experiment_name"], info["run_number"], info)
            connection.executemany("INSERT OR IGNORE INTO parameter_sets VALUES (?, ?)", rows)

        self._database.write(enter)

    def write_views(self) -> None:
        """Write ``store.json`` and ``params_registry.json``, which other people's scripts read.

        Raises
        ------
        ArtifactSaveError
            If they cannot be written.
        """
        # within the transaction: an older view never replaces a newer one
        self._database.write(self._write_views)

    def _write_views(self, connection: sqlite3.Connection) -> None:
        runs = connection.execute("SELECT info FROM runs ORDER BY rowid")
        parameter_sets = connection.execute(
            "SELECT hash, parameters FROM parameter_sets ORDER BY rowid"
        )
        infos = [self._parsed(info) for (info,) in runs]
        parameters = {hash_: self._parsed(text) for hash_, text in parameter_sets}
        views = (
            [info for info in infos if info is not None],
            {hash_: value for hash_, value in parameters.items() if value is not None},
        )
        for name, view in zip(VIEWS, views, strict=True):
            _write_json(os.path.join(self._folder, name), view)

    def _parsed(self, text: Any) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError, RecursionError):
            self._on_damaged(
                f"An entry of the run history {self._database.path} cannot be read: "
                f"{str(text)[:60]!r}. It is left out of {' and '.join(VIEWS)}."
            )
            return None


def _next_number(connection: sqlite3.Connection, experiment: str) -> int:
    (last,) = connection.execute(
        "SELECT max(number) FROM runs WHERE experiment = ?", (experiment,)
    ).fetchone()
    return int(last or 0) + 1


def _enter_run(
    connection: sqlite3.Connection, experiment: str, number: int, info: dict[str, Any]
) -> None:
    connection.execute(
        # a number that was given again after damage gives way to the run that ends later
        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)",
        (info["reference"], experiment, number, _to_json(info)),
    )


def _to_json(value: Any) -> str:
    return json.dumps(value, default=str)


def _write_json(path: str, value: Any) -> None:
    # always the same name: what a killed process left is written over
    aside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
    try:
        with open(aside, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=2, default=str)
        if os.path.isdir(path):
            os.replace(path, f"{path}.damaged-{time.time_ns()}")
        os.replace(aside, path)
    except OSError as error:
        _remove_quietly(aside)
        raise ArtifactSaveError(
            f"The view {path} of the run history cannot be written ({error}). The history itself "
            "is whole; the next run writes it again."
        ) from error


def _remove_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
