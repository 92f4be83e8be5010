"""Entering what is known of a run into the database."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

from curifactory.runs.artifact_rows import row_of
from curifactory.runs.entry import (
    ARTIFACT_COLUMNS,
    COLUMNS,
    ArtifactKey,
    ArtifactRow,
    RunEntry,
    RunFile,
    by_folder,
)
from curifactory.runs.run_files import to_json
from curifactory.runs.schema import EVERYWHERE

_RUN_NAMES = ", ".join((*COLUMNS, "place"))
_RUN_MARKS = ", ".join("?" * (len(COLUMNS) + 1))
# what was noted meanwhile, and whoever ends the run does not know of, stays
_KEPT = ("patch", "notes")
_RUN_CHANGES = ", ".join(
    f"{name} = coalesce(excluded.{name}, {name})" if name in _KEPT else f"{name} = excluded.{name}"
    for name in (*COLUMNS, "place")
    if name != "reference"
)
_ARTIFACT_NAMES = ", ".join((*ARTIFACT_COLUMNS, "place"))
_ARTIFACT_MARKS = ", ".join("?" * (len(ARTIFACT_COLUMNS) + 1))
# one question for thousands; CROSS has each looked up, and not all artifacts compared with it
_ARTIFACTS_OF_KEYS = (
    "FROM json_each(?) CROSS JOIN artifacts ON place = ? "
    "AND metadata_path = json_extract(value, '$[0]') AND generation = json_extract(value, '$[1]')"
)
_THIS_ARTIFACT = "place = ? AND metadata_path = ? AND generation = ?"


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
        entered = connection.execute(
            f"INSERT OR IGNORE INTO uses SELECT ?, artifacts.id, 0 {_ARTIFACTS_OF_KEYS}",
            (run, json.dumps(below), place),
        ).rowcount
        if entered < len(below):
            here = [ArtifactKey(folder, *one) for one in below]
            known = are_known(connection, here)
            lost += [key for key, is_known in zip(here, known, strict=True) if not is_known]
    return [row for key in lost if (row := row_of(key, history)) is not None]


def enter_artifacts(connection: sqlite3.Connection, rows: Iterable[ArtifactRow]) -> list[int]:
    """Enter artifacts that are not known yet; returns the ``id`` of each."""
    places: dict[str, int] = {}
    ids = []
    for row in rows:
        if row.folder not in places:
            places[row.folder] = place_id(connection, row.folder)
        ids.append(_enter_artifact(connection, row, places[row.folder]))
    return ids


def _enter_artifact(connection: sqlite3.Connection, row: ArtifactRow, place: int) -> int:
    where = (place, row.metadata_path, row.generation)
    known = connection.execute(f"SELECT id FROM artifacts WHERE {_THIS_ARTIFACT}", where).fetchone()
    if known:
        if row.made_by is not None:
            _tell_who_made_it(connection, row, known[0])
        return int(known[0])
    columns = [getattr(row, name) for name in ARTIFACT_COLUMNS]
    id_ = connection.execute(
        f"INSERT INTO artifacts ({_ARTIFACT_NAMES}) VALUES ({_ARTIFACT_MARKS})", [*columns, place]
    ).lastrowid
    assert id_ is not None
    connection.executemany(
        "INSERT INTO inputs VALUES (?, ?, ?, ?, ?)", [(id_, *astuple(one)) for one in row.inputs]
    )
    # one file holds one commit, the last: the others are replaced
    connection.execute(
        "UPDATE artifacts SET gone = ? WHERE place = ? AND metadata_path = ? AND gone IS NULL "
        "AND id <> (SELECT id FROM artifacts WHERE place = ? AND metadata_path = ? "
        "AND gone IS NULL ORDER BY generated DESC, id DESC LIMIT 1)",
        (time.time(), *where[:2], *where[:2]),
    )
    # a run that was killed could not enter what it made
    connection.execute(
        "INSERT OR IGNORE INTO uses SELECT id, ?, 1 FROM runs WHERE reference = ?",
        (id_, row.made_by),
    )
    return id_


def _tell_who_made_it(connection: sqlite3.Connection, row: ArtifactRow, id_: int) -> None:
    connection.execute(
        "UPDATE artifacts SET made_by = ?, experiment = ?, executed_seconds = ?, saved_seconds = ? "
        "WHERE id = ? AND made_by IS NULL",
        (row.made_by, row.experiment, row.executed_seconds, row.saved_seconds, id_),
    )


def are_known(connection: sqlite3.Connection, keys: Sequence[ArtifactKey]) -> list[bool]:
    """Whether each of these is entered."""
    places = dict(connection.execute("SELECT folder, id FROM places").fetchall())
    answers = [False] * len(keys)
    positions: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        positions.setdefault(key.folder, []).append(position)
    for folder, here in positions.items():
        below = [keys[position][1:] for position in here]
        for (index,) in connection.execute(
            f"SELECT json_each.key {_ARTIFACTS_OF_KEYS}", (json.dumps(below), places.get(folder))
        ):
            answers[here[index]] = True
    return answers


def enter_environment(connection: sqlite3.Connection, digest: str, facts: dict[str, Any]) -> None:
    """Enter what runs take place in, once per content."""
    connection.execute("INSERT OR IGNORE INTO environments VALUES (?, ?)", (digest, to_json(facts)))


def place_id(connection: sqlite3.Connection, folder: str) -> int:
    """The ``id`` of a cache folder."""
    if not folder:
        return EVERYWHERE
    connection.execute("INSERT OR IGNORE INTO places (folder) VALUES (?)", (folder,))
    (id_,) = connection.execute("SELECT id FROM places WHERE folder = ?", (folder,)).fetchone()
    return int(id_)


def with_facts(info: str, **facts: Any) -> str:
    """What ``store.json`` shows of a run, with other facts; what does not parse stays."""
    try:
        known = json.loads(info)
        known.update(facts)
    except (TypeError, ValueError, RecursionError, AttributeError):
        return info
    return to_json(known)
