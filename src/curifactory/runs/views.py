"""``store.json`` and ``params_registry.json``: views of the history that others' scripts read."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator

from curifactory.errors import ArtifactSaveError
from curifactory.runs.damage import VIEWS


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

    def valid(question: str) -> Iterator[tuple[str, ...]]:
        for *kept, is_valid in connection.execute(question):
            if is_valid:
                yield tuple(kept)
            else:
                on_broken(
                    f"An entry of the run history in {folder} cannot be read: "
                    f"{str(kept[-1])[:60]!r}. It is left out of {' and '.join(VIEWS)}."
                )

    # what is kept is JSON already: to parse and to print it anew takes a hundred times as long
    infos = [info for (info,) in valid("SELECT info, json_valid(info) FROM runs ORDER BY id")]
    sets = valid(
        "SELECT hash, parameters, json_valid(parameters) FROM parameter_sets ORDER BY rowid"
    )
    registry = [f"{json.dumps(hash_)}: {parameters}" for hash_, parameters in sets]
    _write(os.path.join(folder, VIEWS[0]), "[\n" + ",\n".join(infos) + "\n]\n")
    _write(os.path.join(folder, VIEWS[1]), "{\n" + ",\n".join(registry) + "\n}\n")


def _write(path: str, text: str) -> None:
    # always the same name: what a killed process left is written over
    aside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
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
