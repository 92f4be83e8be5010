"""``curifactory.history``: the runs of the past."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from curifactory.errors import RunNotFoundError
from curifactory.past.run import Artifact, Run, Runs
from curifactory.runs.database import T, Work
from curifactory.runs.opening import open_database
from curifactory.runs.places import absolute
from curifactory.runs.process import is_gone
from curifactory.runs.queries import (
    Condition,
    Moment,
    moment,
    parameter_condition,
    resolve_reference,
)
from curifactory.settings import load_settings

_logger = logging.getLogger("curifactory")

_COLUMNS = (
    "id, reference, experiment, number, status, started, ended, seconds, host, user, pid, process, "
    "command_line, commit_hash, branch, dirty, patch, environment, notes, error, steps_run, "
    "steps_loaded, steps_skipped, seconds_run, seconds_loaded, seconds_skipped"
)


class Past:
    """Reads the history.

    Parameters
    ----------
    folder : str
        Folder of the history.
    tell : callable
        Told when it is damaged.
    """

    def __init__(self, folder: str, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._database = open_database(folder, tell)

    def read(self, work: Work[T], otherwise: T) -> T:
        """Do `work` on the database."""
        return self._database.read(work, otherwise)

    def rows(self, question: str, *values: Any) -> list[Any]:
        """All rows that answer a question."""
        nothing: list[Any] = []
        return self.read(lambda found: found.execute(question, values).fetchall(), nothing)

    def one(self, question: str, *values: Any) -> Any:
        """The first value that answers a question."""
        found = self.rows(question, *values)
        return found[0][0] if found else None

    def runs(self, where: Condition = ("1", []), limit: int | None = None) -> Runs:
        """The runs that fulfil a condition, the newest of them if there is a limit."""
        condition, values = where
        end = "" if limit is None else f"LIMIT {int(limit)}"
        rows = self.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE {condition} ORDER BY id DESC {end}", *values
        )
        return Runs(_run(row, self) for row in reversed(rows))

    def find(self, given: str) -> Run:
        """The run of this reference, start of one, or ``"latest"``.

        Raises
        ------
        RunNotFoundError
            If there is none, or more than one.
        """

        def resolve(connection: sqlite3.Connection) -> int:
            return resolve_reference(connection, given)[0]

        id_ = self.read(resolve, 0)
        found = self.runs(("id = ?", [id_]))
        if not found:
            raise RunNotFoundError(f"There is no run '{given}': the history is empty.")
        return found[0]

    def artifacts_of(self, run: int) -> tuple[Artifact, ...]:
        """The artifacts that a run made and used, in the order in which they were made."""
        rows = self.rows(
            "SELECT folder, path, stage, name, experiment, set_name, hash, record, cacher, size, "
            "executed_seconds, generated, content, made_by, made, gone "
            "FROM uses JOIN artifacts ON artifacts.id = artifact JOIN places ON places.id = place "
            "WHERE run = ? ORDER BY generated, artifacts.id",
            run,
        )
        return tuple(_artifact(row, self.folder) for row in rows)

    def select(
        self,
        experiment: str | None = None,
        status: str | None = None,
        since: Moment | None = None,
        params: Mapping[str, Any] | None = None,
        commit: str | None = None,
        limit: int | None = None,
    ) -> Runs:
        """The runs that are asked for; see `history`."""
        where = _condition(experiment, since, params, commit)
        if status is None:
            return self.runs(where, limit)
        # that a run is dead is not in the database before the next one starts
        matching = [run for run in self.runs(where) if run.status == status]
        return Runs(matching if limit is None else matching[max(len(matching) - limit, 0) :])


def history(
    experiment: str | None = None,
    *,
    status: str | None = None,
    since: Moment | None = None,
    params: Mapping[str, Any] | None = None,
    commit: str | None = None,
    limit: int | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Runs:
    """The runs of the project in the working folder, oldest first.

    Parameters
    ----------
    experiment : str, optional
        Only runs of this experiment.
    status : str, optional
        Only runs that are ``"running"``, ``"complete"``, ``"error"``, ``"interrupted"``,
        ``"dead"``, ``"LIVE"`` or ``"unknown"``.
    since : str, datetime, timedelta or float, optional
        Only runs that began since then: an age such as ``"7d"``, or a moment.
    params : dict, optional
        Only runs with a parameter set that has these values.
    commit : str, optional
        Only runs of this commit; the start of it is enough.
    limit : int, optional
        Only so many, the newest.
    folder : path, optional
        Folder of the history (``manager_cache_path``), in place of the configured one.

    Raises
    ------
    HistoryError
        If a newer version of curifactory wrote the history.
    """
    return open_past(folder).select(experiment, status, since, params, commit, limit)


def open_past(
    folder: str | os.PathLike[str] | None = None, tell: Callable[[str], None] | None = None
) -> Past:
    """The past of the project in the working folder, or of another history.

    Parameters
    ----------
    folder : path, optional
        Folder of the history (``manager_cache_path``), in place of the configured one.
    tell : callable, optional
        Told when the history is damaged; by default it is logged.
    """
    settings = load_settings(manager_cache_path=folder).settings
    return Past(settings.manager_cache_path, tell or _logger.warning)


def _condition(
    experiment: str | None,
    since: Moment | None,
    params: Mapping[str, Any] | None,
    commit: str | None,
) -> Condition:
    conditions, values = ["1"], list[Any]()
    if experiment is not None:
        conditions.append("experiment = ?")
        values.append(experiment)
    if since is not None:
        conditions.append("started >= ?")
        values.append(moment(since))
    if commit:
        conditions.append("substr(commit_hash, 1, length(?)) = ?")
        values += [commit, commit]
    if params:
        same, wanted = parameter_condition(params, "hash")
        conditions.append(f"id IN (SELECT run FROM run_sets WHERE {same})")
        values += wanted
    return " AND ".join(conditions), values


def _run(row: Sequence[Any], past: Past) -> Run:
    (id_, reference, experiment, number, status, started, ended, seconds, *rest) = row
    (host, user, pid, process, command_line, commit, branch, dirty, patch, *rest) = rest
    (environment, notes, error, *counts) = rest
    if status == "running" and is_gone(host, pid, process):
        status = "dead"
    names = ("run", "loaded", "skipped")
    return Run(
        reference=reference,
        experiment=experiment,
        number=number,
        status=status,
        started=_moment(started),
        ended=None if ended is None else _moment(ended),
        seconds=seconds,
        host=host,
        user=user,
        pid=pid,
        command_line=command_line,
        commit=commit,
        branch=branch,
        dirty=None if dirty is None else bool(dirty),
        notes=notes,
        error=error,
        steps=dict(zip(names, counts[:3], strict=True)),
        step_seconds=dict(zip(names, counts[3:], strict=True)),
        _past=past,
        _id=id_,
        _patch=patch,
        _environment=environment,
    )


def _artifact(row: Sequence[Any], history: str) -> Artifact:
    folder, path, stage, name, experiment, set_name, hash_, record, *rest = row
    cacher, size, seconds, generated, content, made_by, made, gone = rest
    return Artifact(
        path=absolute(path, folder, history),
        stage=stage,
        name=name,
        experiment=experiment,
        parameter_set=set_name,
        hash=hash_,
        record=record,
        cacher=cacher,
        size=size,
        seconds=seconds,
        generated=_moment(generated),
        content=content,
        made_by=made_by,
        made=bool(made),
        gone=gone is not None,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
