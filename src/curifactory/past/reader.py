"""Reads the history: rows become runs and artifacts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from curifactory.errors import RunNotFoundError
from curifactory.past.artifact import Artifact, Artifacts, Source
from curifactory.past.facts import parsed
from curifactory.past.lineage import SourceRow, consumer_ids, source_rows
from curifactory.past.parameter_search import Condition
from curifactory.past.queries import ArtifactQuery, RunQuery
from curifactory.past.references import resolve_reference
from curifactory.past.rows import (
    ARTIFACTS,
    RUN_COLUMNS,
    artifact_of,
    folder_in,
    local_moment,
    run_of,
)
from curifactory.past.run import Run, Runs
from curifactory.runs.database import T, Work
from curifactory.runs.places import absolute

if TYPE_CHECKING:
    from curifactory.past.removal import Removal

_IN_ORDER = "ORDER BY generated, artifacts.id"
_SORTED_BY = {"time": "generated", "size": "size", "seconds": "executed_seconds"}
_ANY_RUN, _ANY_ARTIFACT = RunQuery(), ArtifactQuery()


class Readable(Protocol):
    """A database that can be read."""

    def read(self, work: Work[T], otherwise: T) -> T: ...
    def held_open(self) -> AbstractContextManager[None]: ...


class Past:
    """Reads a history.

    Parameters
    ----------
    folder : str
        Folder of the history.
    database : Readable
        Its database.
    """

    def __init__(self, folder: str, database: Readable) -> None:
        self.folder = folder
        self._database = database
        self._bases: dict[str, str] = {}

    def read(self, work: Work[T], otherwise: T) -> T:
        """Do `work` on the database."""
        return self._database.read(work, otherwise)

    def held_open(self) -> AbstractContextManager[None]:
        """Open the database once for all that is asked while this lasts."""
        return self._database.held_open()

    def rows(self, question: str, *values: Any) -> list[Any]:
        """All rows that answer a question."""
        nothing: list[Any] = []
        return self.read(lambda found: found.execute(question, values).fetchall(), nothing)

    def one(self, question: str, *values: Any) -> Any:
        """The first value that answers a question."""
        found = self.rows(question, *values)
        return found[0][0] if found else None

    # -------------------------------------------------------------------- runs

    def runs(
        self, query: RunQuery = _ANY_RUN, status: str | None = None, limit: int | None = None
    ) -> Runs:
        """The runs that are asked for, oldest first.

        Parameters
        ----------
        query : RunQuery
            Which.
        status : str, optional
            Only those with this status.
        limit : int, optional
            Only so many, the newest.
        """
        # that a run is dead is not in the database before the next one starts
        found = self._runs(query.condition(), limit if status is None else None)
        if status is None:
            return found
        matching = [run for run in found if run.status == status]
        return Runs(matching if limit is None else matching[max(len(matching) - limit, 0) :])

    def find_run(self, given: str) -> Run:
        """The run of this reference, start of one, or ``"latest"``.

        Raises
        ------
        RunNotFoundError
            If there is none, or more than one.
        """
        id_ = self.read(lambda connection: resolve_reference(connection, given)[0], 0)
        found = self._runs(("id = ?", [id_]))
        if not found:
            raise RunNotFoundError(f"There is no run '{given}': the history is empty.")
        return found[0]

    def _runs(self, where: Condition, limit: int | None = None) -> Runs:
        condition, values = where
        end = "" if limit is None else f"LIMIT {int(limit)}"
        rows = self.rows(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE {condition} ORDER BY id DESC {end}", *values
        )
        return Runs(run_of(row, self) for row in reversed(rows))

    # --------------------------------------------------------------- artifacts

    def artifacts(
        self,
        query: ArtifactQuery = _ANY_ARTIFACT,
        sort: str = "time",
        limit: int | None = None,
    ) -> Artifacts:
        """The artifacts that are asked for.

        Parameters
        ----------
        query : ArtifactQuery
            Which.
        sort : str
            In the order in which they were made (``"time"``), of their ``"size"``, or of the
            ``"seconds"`` that their stages took.
        limit : int, optional
            Only so many, the last.

        Raises
        ------
        RunNotFoundError
            If the query names a run that is not there.
        """

        def ask(connection: sqlite3.Connection) -> list[Any]:
            condition, values = query.condition(connection)
            order = f"ORDER BY {_SORTED_BY[sort]} DESC, artifacts.id DESC"
            end = "" if limit is None else f"LIMIT {int(limit)}"
            question = f"{ARTIFACTS} WHERE {condition} {order} {end}"
            return connection.execute(question, values).fetchall()[::-1]

        return self._made(self.read(ask, []))

    def at_path(self, path: str) -> Artifacts:
        """What lies, or lay, at a path, the last one last.

        Parameters
        ----------
        path : str
            An artifact's main file or folder, or its metadata.
        """
        path = os.path.abspath(path)
        found: list[Artifact] = []
        for (folder,) in self.rows("SELECT folder FROM places"):
            below = os.path.relpath(path, absolute("", folder, self.folder)) if folder else path
            rows = self.rows(
                f"{ARTIFACTS} WHERE folder = ? AND (path = ? OR metadata_path = ?) {_IN_ORDER}",
                *(folder, below.replace(os.sep, "/"), below.replace(os.sep, "/")),
            )
            found += self._made(rows)
        return Artifacts(found)

    def artifacts_of(self, run: int, made: bool) -> Artifacts:
        """The artifacts that a run made, or those that it used."""
        joined = f"{ARTIFACTS} JOIN uses ON artifact = artifacts.id"
        return self._made(
            self.rows(f"{joined} WHERE run = ? AND made = ? {_IN_ORDER}", run, int(made))
        )

    def commits(self, generation: str, name: str, content: str) -> Artifacts:
        """An artifact wherever it lay, by what its metadata says of its commit."""
        condition = "content = ? AND generation = ? AND name = ?"
        return self._made(
            self.rows(f"{ARTIFACTS} WHERE {condition} {_IN_ORDER}", content, generation, name)
        )

    def forgotten(self, artifact: int) -> dict[str, Any] | None:
        """The metadata of an artifact that was removed by a command, as the history keeps it."""
        kept = self.one("SELECT metadata FROM forgotten WHERE artifact = ?", artifact)
        if kept is None:
            return None
        from curifactory.runs.forgetting import forgotten_metadata

        return forgotten_metadata(kept)

    def removal_of(self, artifact: Artifact) -> Removal | None:
        """When and by whom an artifact was removed, if a command did that."""
        question = "SELECT removed, reason FROM forgotten WHERE artifact = ?"
        found = self.rows(question, artifact._id)
        if not found:
            return None
        from curifactory.past.removal import Removal, how_to_make  # most were not removed

        line = self.one("SELECT command_line FROM runs WHERE reference = ?", artifact.made_by)
        is_needed = all(one.gone for one in artifact.used_for)
        ((when, by),) = found
        return Removal(local_moment(when), str(by), how_to_make(line, artifact.stage, is_needed))

    def runs_of(self, artifact: int) -> Runs:
        """The runs that made or used an artifact."""
        return self._runs(("id IN (SELECT run FROM uses WHERE artifact = ?)", [artifact]))

    def parameters_of(self, hash_: str) -> dict[str, Any]:
        """The parameters of a parameter set."""
        return parsed(self.one("SELECT parameters FROM parameter_sets WHERE hash = ?", hash_))

    def made_from(self, artifact: int) -> tuple[Source, ...]:
        """What an artifact was made from."""
        nothing: list[SourceRow] = []
        rows = self.read(lambda connection: source_rows(connection, artifact), nothing)
        known = self._by_id({id_ for *_, id_ in rows if id_ is not None})
        return tuple(
            Source(input_, stage, hash_, content, None if id_ is None else known.get(id_))
            for input_, stage, hash_, content, id_ in rows
        )

    def used_for(self, artifact: int) -> Artifacts:
        """What was made from an artifact."""
        nothing: list[int] = []
        ids = self.read(lambda connection: consumer_ids(connection, artifact), nothing)
        known = self._by_id(ids)
        return Artifacts(known[id_] for id_ in ids)

    def _by_id(self, ids: Iterable[int]) -> dict[int, Artifact]:
        wanted = f"({','.join(str(int(id_)) for id_ in ids)})"
        rows = self.rows(f"{ARTIFACTS} WHERE artifacts.id IN {wanted}")
        return {one._id: one for one in self._made(rows)}

    def _made(self, rows: Iterable[Sequence[Any]]) -> Artifacts:
        return Artifacts(artifact_of(row, self._base(folder_in(row)), self) for row in rows)

    def _base(self, folder: str) -> str:
        if folder not in self._bases:
            # what lies nowhere has a path of its own
            base = os.path.join(absolute("", folder, self.folder), "") if folder else ""
            self._bases[folder] = base
        return self._bases[folder]
