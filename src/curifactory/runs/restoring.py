"""A new database from the files beside it."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import Any

from curifactory.amounts import format_count
from curifactory.runs.entering import enter_all, enter_environment, note_number
from curifactory.runs.entry import COLUMNS, RunEntry, RunFile
from curifactory.runs.forgetting import restore_forgotten
from curifactory.runs.run_files import PINS, Removed, RunFiles
from curifactory.store.metadata import BrokenMetadata

# an index may still have what the table has lost; what is shown of a run names it, too
_RUNS_AS_SHOWN = """
    SELECT reference, CASE WHEN json_valid(info)
    THEN coalesce(json_extract(info, '$.reference'), reference) END FROM runs NOT INDEXED
"""


def restore(connection: sqlite3.Connection, files: RunFiles) -> str:
    """Enter everything that the runs' files say; what is there already stays.

    Returns
    -------
    str
        What was found, for a user; empty if nothing was.
    """
    broken: list[str] = []
    found = list(files.read_all(broken.append))
    runs = [one for one in found if isinstance(one, RunFile)]
    for removed in found:
        if isinstance(removed, Removed):
            note_number(connection, removed.experiment, removed.number)
    known = {row[0] for row in connection.execute("SELECT reference FROM runs")}
    for run in sorted(runs, key=lambda run: (run.entry.started, run.entry.number)):
        # of a run that began, the database knows at least as much as its file
        if run.entry.status != "running" or run.entry.reference not in known:
            enter_all(connection, run, files.history)
    for digest, facts in files.environments():
        enter_environment(connection, digest, facts)
    _restore_pins(connection, os.path.join(files.folder, PINS))
    restore_forgotten(connection, files)
    if not found and not broken:
        return ""
    said = f"Restored from the files in {files.folder}: {format_count(len(runs), 'run')}."
    if broken:
        few = ", ".join(os.path.basename(path) for path in broken[:3])
        said += f" {len(broken)} of these files cannot be read ({few})."
    return f"{said} `curifactory runs rebuild` also asks the artifacts."


def expect_all_runs(connection: sqlite3.Connection, files: RunFiles) -> None:
    """Compare the runs in the database with those that have a file.

    SQLite does not notice every byte that changed: a row may just be gone.

    Raises
    ------
    sqlite3.DatabaseError
        If one is missing: the database is damaged, and made anew from the files.
    """
    rows = connection.execute(_RUNS_AS_SHOWN)
    known = {reference for reference, shown in rows if shown == reference}
    for name in files.names():
        if name.removesuffix(".json") in known:
            continue
        try:
            found = files.read(name.removesuffix(".json"))
        except BrokenMetadata:
            continue
        if isinstance(found, RunFile) and found.entry.reference not in known:
            raise sqlite3.DatabaseError(f"run {found.entry.reference} is not in it any more")


def write_missing_files(connection: sqlite3.Connection, files: RunFiles) -> None:
    """Write the file of every run that has none: those of earlier versions."""
    there = set(files.names())
    rows = connection.execute(f"SELECT id, {', '.join(COLUMNS)} FROM runs ORDER BY id").fetchall()
    for id_, *columns in rows:
        entry = RunEntry(*columns)
        if f"{entry.reference}.json" in there:
            continue
        sets = connection.execute(
            "SELECT hash, name, file, parameters FROM run_sets LEFT JOIN parameter_sets "
            "USING (hash) WHERE run = ?",
            (id_,),
        ).fetchall()
        parameters = {hash_: _parsed(text) for hash_, _, _, text in sets}
        run = RunFile(entry, "", tuple((h, name, file) for h, name, file, _ in sets), parameters)
        try:
            files.write(run, durable=False)
        except OSError:
            return  # the run that comes now will say so


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}


def _restore_pins(connection: sqlite3.Connection, path: str) -> None:
    try:
        with open(path, encoding="utf-8") as file:
            rows = [(p["kind"], p["key"], p["pinned"], p["note"]) for p in json.load(file)]
    except (OSError, ValueError, KeyError, TypeError):
        return
    connection.executemany("INSERT OR IGNORE INTO pins VALUES (?, ?, ?, ?)", rows)
