"""Entering artifacts into the database: thousands at the end of a large run, all at once."""

from __future__ import annotations

import itertools
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

from curifactory.runs.entry import ARTIFACT_COLUMNS, ArtifactKey, ArtifactRow
from curifactory.runs.schema import EVERYWHERE

T = TypeVar("T")
Rows = Mapping[ArtifactKey, ArtifactRow]
_AT_ONCE = 1000
_columns = attrgetter(*ARTIFACT_COLUMNS)
_NAMES = ", ".join(("id", "place", *ARTIFACT_COLUMNS))
_MARKS = ", ".join("?" * (len(ARTIFACT_COLUMNS) + 2))
OF_KEYS = (
    # one question for thousands; CROSS has each looked up, and not all artifacts compared with it
    "FROM json_each(?) CROSS JOIN artifacts ON place = ? "
    "AND metadata_path = json_extract(value, '$[0]') AND generation = json_extract(value, '$[1]')"
)
# one file holds one commit, the last: the others are replaced
_REPLACED = (
    "UPDATE artifacts SET gone = ? WHERE id IN (SELECT id FROM (SELECT one.id, row_number() "
    "OVER (PARTITION BY one.metadata_path ORDER BY one.generated DESC, one.id DESC) AS age "
    "FROM json_each(?) CROSS JOIN artifacts AS one ON one.place = ? AND one.metadata_path = value "
    "WHERE one.gone IS NULL) WHERE age > 1)"
)


def enter_artifacts(connection: sqlite3.Connection, rows: Iterable[ArtifactRow]) -> list[int]:
    """Enter artifacts that are not known yet; returns the ``id`` of each."""
    keyed = [(row.key, row) for row in rows]
    by_folder: dict[str, dict[ArtifactKey, ArtifactRow]] = {}
    for key, row in keyed:
        by_folder.setdefault(row.folder, {}).setdefault(key, row)
    ids: dict[ArtifactKey, int] = {}
    for folder, here in by_folder.items():
        place = place_id(connection, folder)
        known = _ids(connection, list(here), place)
        _tell_who_made(connection, [(here[key], id_) for key, id_ in known.items()])
        news = {key: row for key, row in here.items() if key not in known}
        ids |= known | _enter_new(connection, news, place)
    return [ids[key] for key, _ in keyed]


def _ids(
    connection: sqlite3.Connection, keys: Sequence[ArtifactKey], place: int
) -> dict[ArtifactKey, int]:
    """The ``id`` of each of these that is entered under this place."""
    question = f"SELECT json_each.key, artifacts.id {OF_KEYS}"
    found = connection.execute(question, (json.dumps([key[1:] for key in keys]), place))
    return {keys[index]: id_ for index, id_ in found}


def _enter_new(connection: sqlite3.Connection, news: Rows, place: int) -> dict[ArtifactKey, int]:
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM artifacts").fetchone()
    ids = dict(zip(news, itertools.count(last + 1), strict=False))
    numbered = list(zip(ids.values(), news.values(), strict=True))
    connection.executemany(
        f"INSERT INTO artifacts ({_NAMES}) VALUES ({_MARKS})",
        [(id_, place, *_columns(row)) for id_, row in numbered],
    )
    connection.executemany(
        "INSERT INTO inputs VALUES (?, ?, ?, ?, ?)",
        [(id_, *one) for id_, row in numbered for one in row.inputs],
    )
    paths = json.dumps(list(dict.fromkeys(row.metadata_path for row in news.values())))
    connection.execute(_REPLACED, (time.time(), paths, place))
    # a run that was killed could not enter what it made
    connection.execute(
        "INSERT OR IGNORE INTO uses SELECT runs.id, artifacts.id, 1 FROM artifacts "
        "JOIN runs ON runs.reference = artifacts.made_by WHERE artifacts.id > ?",
        (last,),
    )
    return ids


def _tell_who_made(
    connection: sqlite3.Connection, known: Iterable[tuple[ArtifactRow, int]]
) -> None:
    """Add to artifacts what nobody knew about them so far."""
    connection.executemany(
        "UPDATE artifacts SET made_by = ?, experiment = ?, executed_seconds = ?, saved_seconds = ? "
        "WHERE id = ? AND made_by IS NULL",
        [
            (row.made_by, row.experiment, row.executed_seconds, row.saved_seconds, id_)
            for row, id_ in known
            if row.made_by is not None
        ],
    )


def are_known(connection: sqlite3.Connection, keys: Sequence[ArtifactKey]) -> list[bool]:
    """Whether each of these is entered."""
    places = dict(connection.execute("SELECT folder, id FROM places").fetchall())
    answers = [False] * len(keys)
    positions: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        positions.setdefault(key.folder, []).append(position)
    for folder, here in positions.items():
        for some in in_batches(here):
            below = json.dumps([keys[position][1:] for position in some])
            question = f"SELECT json_each.key {OF_KEYS}"
            for (index,) in connection.execute(question, (below, places.get(folder))):
                answers[some[index]] = True
    return answers


def in_batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """A few of these at a time, so that a question about all of them takes little memory."""
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def place_id(connection: sqlite3.Connection, folder: str) -> int:
    """The ``id`` of a cache folder."""
    if not folder:
        return EVERYWHERE
    connection.execute("INSERT OR IGNORE INTO places (folder) VALUES (?)", (folder,))
    (id_,) = connection.execute("SELECT id FROM places WHERE folder = ?", (folder,)).fetchone()
    return int(id_)
