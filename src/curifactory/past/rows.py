"""Rows of the history as objects."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from curifactory.past.artifact import Artifact, ArtifactReader
from curifactory.past.run import Run, RunReader

RUN_COLUMNS = (
    "id, reference, experiment, number, status, started, ended, seconds, host, user, pid, process, "
    "command_line, commit_hash, branch, dirty, patch, environment, notes, error, steps_run, "
    "steps_loaded, steps_skipped, seconds_run, seconds_loaded, seconds_skipped"
)
ARTIFACTS = (
    "SELECT artifacts.id, folder, path, metadata_path, stage, name, experiment, set_name, "
    "artifacts.hash, record, cacher, size, executed_seconds, generated, content, made_by, gone "
    "FROM artifacts JOIN places ON places.id = place"
)
_STEPS = ("run", "loaded", "skipped")


def run_of(row: Sequence[Any], past: RunReader) -> Run:
    """A run, of a row of `RUN_COLUMNS`."""
    (id_, reference, experiment, number, status, started, ended, seconds, *rest) = row
    (host, user, pid, process, command_line, commit, branch, dirty, patch, *rest) = rest
    (environment, notes, error, *counts) = rest
    if status in ("running", "LIVE") and ended is None:
        from curifactory.runs.process import is_gone  # most have ended

        status = "dead" if is_gone(host, pid, process) else status
    return Run(
        reference,
        experiment,
        number,
        status,
        local_moment(started),
        None if ended is None else local_moment(ended),
        seconds,
        host,
        user,
        pid,
        command_line,
        commit,
        branch,
        None if dirty is None else bool(dirty),
        notes,
        error,
        dict(zip(_STEPS, counts[:3], strict=True)),
        dict(zip(_STEPS, counts[3:], strict=True)),
        id_,
        past,
        patch,
        environment,
    )


def folder_in(row: Sequence[Any]) -> str:
    """The folder that a row of `ARTIFACTS` names, as the history has it."""
    return str(row[1])


def artifact_of(row: Sequence[Any], base: str, past: ArtifactReader) -> Artifact:
    """An artifact, of a row of `ARTIFACTS`; its paths begin with `base`."""
    id_, _, path, metadata_path, stage, name, experiment, set_name, *rest = row
    hash_, record, cacher, size, seconds, generated, content, made_by, gone = rest
    return Artifact(
        base + path,
        base + metadata_path,
        stage,
        name,
        experiment,
        set_name,
        hash_,
        record,
        cacher,
        size,
        seconds,
        local_moment(generated),
        content,
        made_by,
        gone is not None,
        id_,
        past,
    )


def local_moment(seconds: float) -> datetime:
    """A moment of the history as local time."""
    # astimezone() says the same, and takes five times as long
    try:
        return datetime.fromtimestamp(seconds, _zone(time.localtime(seconds).tm_gmtoff))
    except (OverflowError, ValueError, OSError, TypeError):
        return datetime.fromtimestamp(0, UTC)  # what a damaged row says is no moment


@functools.cache
def _zone(offset: int) -> timezone:
    return timezone(timedelta(seconds=offset))
