"""``store.json`` and ``params_registry.json``: views of the history that others' scripts read."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from curifactory.errors import ArtifactSaveError
from curifactory.runs.database import VIEWS


def write_views(
    connection: sqlite3.Connection, folder: str, on_broken: Callable[[str], None]
) -> None:
    """Write both views.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction: an older view never replaces a newer one.
    folder : str
        Where they lie.
    on_broken : callable
        Told of an entry that cannot be read, and is left out.

    Raises
    ------
    ArtifactSaveError
        If they cannot be written.
    """

    def parsed(text: Any) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError, RecursionError):
            on_broken(
                f"An entry of the run history in {folder} cannot be read: {str(text)[:60]!r}. "
                f"It is left out of {' and '.join(VIEWS)}."
            )
            return None

    infos = [parsed(info) for (info,) in connection.execute("SELECT info FROM runs ORDER BY id")]
    sets = connection.execute("SELECT hash, parameters FROM parameter_sets ORDER BY rowid")
    parameters = {hash_: parsed(text) for hash_, text in sets}
    views = (
        [info for info in infos if info is not None],
        {hash_: value for hash_, value in parameters.items() if value is not None},
    )
    for name, view in zip(VIEWS, views, strict=True):
        _write_json(os.path.join(folder, name), view)


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
