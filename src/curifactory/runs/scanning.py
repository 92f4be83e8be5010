"""What a cache folder tells by itself: its artifacts, their runs and parameter sets."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curifactory.runs.artifact_rows import row_from_metadata
from curifactory.runs.entering import enter_run
from curifactory.runs.entering_artifacts import enter_artifacts
from curifactory.runs.entry import ArtifactRow, RunEntry, seconds_of
from curifactory.runs.places import Place
from curifactory.runs.run_files import to_json
from curifactory.store.files import files_below
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import METADATA_SUFFIX

UNKNOWN = "unknown"
"""The status of a run that only its artifacts tell of."""


@dataclass(frozen=True, slots=True)
class FoundArtifact:
    """An artifact, and what its metadata says of its run and parameters."""

    row: ArtifactRow
    run: dict[str, Any]
    parameters: dict[str, Any] | None


def artifacts_in(place: Place, unreadable: list[str]) -> Iterator[FoundArtifact]:
    """Every artifact in a cache folder; metadata that cannot be read is added to `unreadable`."""
    for found in artifacts_at(_metadata_paths(place.cache_path), place, unreadable):
        if found.row.generation:
            yield found


def artifacts_at(
    paths: Iterable[str], place: Place, unreadable: list[str]
) -> Iterator[FoundArtifact]:
    """The artifacts of these metadata files, also those that no commit vouches for.

    Parameters
    ----------
    paths : iterable of str
        The files.
    place : Place
        The cache folder that they lie in.
    unreadable : list of str
        What cannot be read is added to it.
    """
    for path in paths:
        try:
            with open(path, "rb") as file:
                document = parse(file.read())
            row = row_from_metadata(path, document, place)
        except (OSError, BrokenMetadata, TypeError, ValueError, AttributeError):
            unreadable.append(path)
            continue
        # what a stage reported belongs to no output
        if row.cacher is not None:
            yield FoundArtifact(row, document.get("manager_run_info") or {}, document.get("params"))


def _metadata_paths(cache_path: str) -> Iterator[str]:
    for path in files_below(cache_path):
        parts = os.path.relpath(path, cache_path).split(os.sep)
        if path.endswith(METADATA_SUFFIX) and not any(part.startswith(".") for part in parts):
            yield path


def enter_found(
    connection: sqlite3.Connection,
    found: Sequence[FoundArtifact],
    folder: str,
    removed: Collection[str] = (),
) -> list[int]:
    """Enter artifacts with their parameter sets, and the runs that only they tell of.

    Parameters
    ----------
    found : sequence of FoundArtifact
        What was found.
    folder : str
        The cache folder, as the history has it.
    removed : collection of str
        References of runs that the user removed.

    Returns
    -------
    list of int
        The ``id`` of each artifact.
    """
    ids = enter_artifacts(connection, [one.row for one in found])
    facts = {
        str(one.run["reference"]): one.run
        for one in found
        if {"reference", "experiment_name"} <= one.run.keys()
        and isinstance(one.run.get("run_number"), int)
    }
    known = {row[0] for row in connection.execute("SELECT reference FROM runs")}
    runs = [_unknown_run(facts[reference]) for reference in facts.keys() - known - {*removed}]
    for entry in sorted(runs, key=lambda entry: (entry.started, entry.reference)):
        enter_run(connection, entry, folder)
    # a run that was killed made these, too
    connection.execute(
        "INSERT OR IGNORE INTO uses SELECT runs.id, artifacts.id, 1 FROM artifacts "
        "JOIN runs ON runs.reference = artifacts.made_by"
    )
    with_parameters = [one for one in found if one.parameters is not None]
    connection.executemany(
        "INSERT OR IGNORE INTO parameter_sets VALUES (?, ?)",
        [(one.row.hash, to_json(one.parameters)) for one in with_parameters],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO run_sets SELECT id, ?, ?, '' FROM runs "
        "WHERE reference = ? AND status IN (?, 'dead')",
        [(one.row.hash, one.row.set_name, one.row.made_by, UNKNOWN) for one in with_parameters],
    )
    return ids


def _unknown_run(info: dict[str, Any]) -> RunEntry:
    return RunEntry(
        reference=str(info["reference"]),
        experiment=str(info["experiment_name"]),
        number=info["run_number"],
        status=UNKNOWN,
        started=seconds_of(info.get("timestamp")),
        host=info.get("host"),
        user=info.get("user"),
        command_line=info.get("command_line"),
        commit_hash=info.get("commit"),
        dirty=info.get("dirty"),
        notes=info.get("notes"),
        info=to_json({**info, "status": UNKNOWN}),
    )
