"""What a user may change about runs of the past: remove them, and note something."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from curifactory.errors import RunNotFoundError
from curifactory.runs.entering import with_facts
from curifactory.runs.entry import RunFile
from curifactory.runs.history import History
from curifactory.runs.pins import is_pinned
from curifactory.runs.process import may_go_on
from curifactory.runs.run_files import Removed
from curifactory.runs.views import write_views
from curifactory.store.metadata import BrokenMetadata


def why_not_to_remove(history: History, reference: str) -> str | None:
    """Why a run must stay in the history; ``None`` if it may go.

    Parameters
    ----------
    history : History
        Where it is.
    reference : str
        The run.
    """

    def look(connection: sqlite3.Connection) -> str | None:
        if is_pinned(connection, reference):
            return "it is pinned"
        status, ended, host, pid, process = connection.execute(
            "SELECT status, ended, host, pid, process FROM runs WHERE reference = ?", (reference,)
        ).fetchone()
        if not may_go_on(status, ended, host, pid, process):
            return None
        return f"it is running (host {host}, process {pid})"

    return history.database.read(look, None)


def remove_run(history: History, reference: str) -> None:
    """Remove a run from the history; its number is not given again. No artifact is touched.

    Raises
    ------
    RunNotFoundError
        If there is none.
    ArtifactSaveError
        If the history cannot be written.
    """

    def remove(connection: sqlite3.Connection) -> Removed:
        id_, experiment, number = _found(connection, reference)
        for table in ("uses", "run_sets"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (id_,))
        connection.execute("DELETE FROM runs WHERE id = ?", (id_,))
        removed = Removed(reference, experiment, number)
        # else the next rebuild would bring it back
        history.files.write_removed(removed)
        write_views(connection, history.folder, history.tell)
        return removed

    history.database.write(remove)


def note_on_run(history: History, reference: str, text: str) -> None:
    """Put a note on a run, in the place of what was noted before; no text removes it.

    Raises
    ------
    RunNotFoundError
        If there is none.
    ArtifactSaveError
        If the history cannot be written.
    """
    notes = text or None

    def note(connection: sqlite3.Connection) -> None:
        id_, _, _ = _found(connection, reference)
        (info,) = connection.execute("SELECT info FROM runs WHERE id = ?", (id_,)).fetchone()
        info = with_facts(info, notes=notes)
        connection.execute("UPDATE runs SET notes = ?, info = ? WHERE id = ?", (notes, info, id_))
        _note_in_file(history, reference, notes, info)
        write_views(connection, history.folder, history.tell)

    history.database.write(note)


def _note_in_file(history: History, reference: str, notes: str | None, info: str) -> None:
    try:
        run = history.files.read(reference)
    except BrokenMetadata:
        return
    if isinstance(run, RunFile):
        entry = replace(run.entry, notes=notes, info=info)
        history.files.write(replace(run, entry=entry))


def _found(connection: sqlite3.Connection, reference: str) -> tuple[int, str, int]:
    row = connection.execute(
        "SELECT id, experiment, number FROM runs WHERE reference = ?", (reference,)
    ).fetchone()
    if row is None:
        raise RunNotFoundError(f"There is no run '{reference}' in the history any more.")
    return int(row[0]), str(row[1]), int(row[2])
