"""The tables of the run history, and how those of earlier versions become the present ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing

VERSION = 2
"""What ``PRAGMA user_version`` says of a database with these tables."""

EVERYWHERE = 0
"""The place of artifacts whose paths are absolute."""

_TABLES = """
CREATE TABLE places (id INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE);
INSERT INTO places VALUES (0, '');
CREATE TABLE environments (digest TEXT PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE numbers (experiment TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    experiment TEXT NOT NULL,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    seconds REAL,
    host TEXT,
    user TEXT,
    pid INTEGER,
    process TEXT,
    command_line TEXT,
    commit_hash TEXT,
    branch TEXT,
    dirty INTEGER,
    patch TEXT,
    environment TEXT,
    notes TEXT,
    error TEXT,
    traceback TEXT,
    steps_run INTEGER,
    steps_loaded INTEGER,
    steps_skipped INTEGER,
    seconds_run REAL,
    seconds_loaded REAL,
    seconds_skipped REAL,
    place INTEGER,
    info TEXT NOT NULL
);
CREATE INDEX runs_by_number ON runs (experiment, number);
CREATE INDEX runs_by_status ON runs (status);
CREATE INDEX runs_by_commit ON runs (commit_hash);
CREATE TABLE parameter_sets (hash TEXT PRIMARY KEY, parameters TEXT NOT NULL);
CREATE TABLE run_sets (
    run INTEGER NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (run, hash, name, file)
) WITHOUT ROWID;
CREATE INDEX run_sets_by_hash ON run_sets (hash);
CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    path TEXT NOT NULL,
    metadata_path TEXT NOT NULL,
    generation TEXT NOT NULL,
    experiment TEXT NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    set_name TEXT NOT NULL,
    record TEXT NOT NULL,
    cacher TEXT,
    size INTEGER NOT NULL,
    executed_seconds REAL,
    saved_seconds REAL,
    generated REAL NOT NULL,
    content TEXT,
    made_by TEXT,
    gone REAL,
    UNIQUE (place, metadata_path, generation)
);
CREATE INDEX artifacts_by_experiment ON artifacts (experiment, stage);
CREATE INDEX artifacts_by_stage ON artifacts (stage);
CREATE INDEX artifacts_by_hash ON artifacts (hash);
CREATE INDEX artifacts_by_run ON artifacts (made_by);
CREATE INDEX artifacts_by_content ON artifacts (content);
CREATE INDEX artifacts_by_time ON artifacts (generated);
CREATE TABLE inputs (
    artifact INTEGER NOT NULL,
    input TEXT NOT NULL,
    hash TEXT NOT NULL,
    stage TEXT,
    content TEXT
);
CREATE INDEX inputs_by_artifact ON inputs (artifact);
CREATE INDEX inputs_by_content ON inputs (content);
CREATE TABLE uses (
    run INTEGER NOT NULL,
    artifact INTEGER NOT NULL,
    made INTEGER NOT NULL,
    PRIMARY KEY (run, artifact)
) WITHOUT ROWID;
CREATE INDEX uses_by_artifact ON uses (artifact);
CREATE TABLE pins (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    pinned REAL NOT NULL,
    note TEXT,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE forgotten (
    artifact INTEGER PRIMARY KEY,
    removed REAL NOT NULL,
    reason TEXT,
    metadata BLOB NOT NULL
);
"""


def bring_up_to_date(connection: sqlite3.Connection, version: int) -> None:
    """Make the present tables, and fill them with what those of an earlier version hold.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction.
    version : int
        What the tables there are; 0 if there are none.

    Raises
    ------
    sqlite3.Error
        If it is no database of ours.
    """
    if version == 1:
        from curifactory.runs.version_1 import enter_version_1, take_version_1

        held = take_version_1(connection)
        _make_tables(connection)
        enter_version_1(connection, held)
    else:
        _make_tables(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def has_present_tables(connection: sqlite3.Connection) -> bool:
    """Whether there are exactly the tables and indexes of this version."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        _make_tables(fresh)
        return _definitions(connection) == _definitions(fresh)


def _definitions(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(str(name), str(sql)) for name, sql in rows}


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";"):
        connection.execute(statement)
