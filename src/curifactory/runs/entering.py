"""Entering what is known of a run into the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from curifactory.runs.artifact_rows import row_of
from curifactory.runs.entering_artifacts import (
    OF_KEYS,
    are_known,
    enter_artifacts,
    in_batches,
    place_id,
)
from curifactory.runs.entry import (
    COLUMNS,
    ArtifactKey,
    ArtifactRow,
    RunEntry,
    RunFile,
    by_folder,
)
from curifactory.runs.run_files import to_json

_RUN_NAMES = ", ".join((*COLUMNS, "place"))
_RUN_MARKS = ", ".join("?" * (len(COLUMNS) + 1))
# what was noted meanwhile, and whoever ends the run does not know of, stays
_KEPT = ("patch", "notes")
_RUN_CHANGES = ", ".join(
    f"{name} = coalesce(excluded.{name}, {name})" if name in _KEPT else f"{name} = excluded.{name}"
    for name in (*COLUMNS, "place")
    if name != "reference"
)


def next_number(connection: sqlite3.Connection, experiment: str) -> int:
    """The number that the next run of an experiment gets, in any version of the tables."""
    sources = ["SELECT max(number) FROM runs WHERE experiment = ?"]
    tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'numbers'").fetchone()
    if tables:
        sources.append("SELECT max(last) FROM numbers WHERE experiment = ?")
    found = [connection.execute(source, (experiment,)).fetchone()[0] for source in sources]
    return max(int(number or 0) for number in found) + 1


def note_number(connection: sqlite3.Connection, experiment: str, number: int) -> None:
    """Never give this number again."""
    connection.execute(
        "INSERT INTO numbers VALUES (?, ?) "
        "ON CONFLICT (experiment) DO UPDATE SET last = max(last, excluded.last)",
        (experiment, number),
    )


def enter_run(connection: sqlite3.Connection, entry: RunEntry, folder: str) -> int:
    """Enter a run, or what is new about it; returns its ``id``."""
    place = place_id(connection, folder)
    connection.execute(
        f"INSERT INTO runs ({_RUN_NAMES}) VALUES ({_RUN_MARKS}) "
        f"ON CONFLICT (reference) DO UPDATE SET {_RUN_CHANGES}",
        (*(getattr(entry, name) for name in COLUMNS), place),
    )
    note_number(connection, entry.experiment, entry.number)
    (run,) = connection.execute(
        "SELECT id FROM runs WHERE reference = ?", (entry.reference,)
    ).fetchone()
    return int(run)


def enter_all(connection: sqlite3.Connection, run: RunFile, history: str) -> int:
    """Enter a run with its parameter sets and artifacts; returns its ``id``.

    Parameters
    ----------
    history : str
        The folder of the history.
    """
    id_ = enter_run(connection, run.entry, run.folder)
    connection.executemany(
        "INSERT OR IGNORE INTO run_sets VALUES (?, ?, ?, ?)", [(id_, *one) for one in run.sets]
    )
    connection.executemany(
        "INSERT OR IGNORE INTO parameter_sets VALUES (?, ?)",
        [(hash_, to_json(facts)) for hash_, facts in run.parameter_sets.items()],
    )
    used = [*run.used, *_enter_reused(connection, id_, run.reused, history)]
    for rows, made in ((run.made, 1), (used, 0)):
        uses = [(id_, artifact, made) for artifact in enter_artifacts(connection, rows)]
        connection.executemany(
            "INSERT INTO uses VALUES (?, ?, ?) "
            "ON CONFLICT (run, artifact) DO UPDATE SET made = max(made, excluded.made)",
            uses,
        )
    return id_


def _enter_reused(
    connection: sqlite3.Connection, run: int, keys: Iterable[ArtifactKey], history: str
) -> list[ArtifactRow]:
    """Enter that a run used what is known already; returns rows of what is not, in spite of that.

    The run that made it may have been removed: its metadata tells, if it is still there.
    """
    lost = []
    for folder, below in by_folder(keys).items():
        place = place_id(connection, folder)
        for some in in_batches(below):
            entered = connection.execute(
                f"INSERT OR IGNORE INTO uses SELECT ?, artifacts.id, 0 {OF_KEYS}",
                (run, json.dumps(some), place),
            ).rowcount
            if entered < len(some):
                here = [ArtifactKey(folder, *one) for one in some]
                known = are_known(connection, here)
                lost += [key for key, is_known in zip(here, known, strict=True) if not is_known]
    return [row for key in lost if (row := row_of(key, history)) is not None]


def enter_environment(connection: sqlite3.Connection, digest: str, facts: dict[str, Any]) -> None:
    """Enter what runs take place in, once per content."""
    connection.execute("INSERT OR IGNORE INTO environments VALUES (?, ?)", (digest, to_json(facts)))


def with_facts(info: str, **facts: Any) -> str:
    """What ``store.json`` shows of a run, with other facts; what does not parse stays."""
    try:
        known = json.loads(info)
        known.update(facts)
    except (TypeError, ValueError, RecursionError, AttributeError):
        return info
    return to_json(known)
