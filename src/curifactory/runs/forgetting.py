"""Forgetting: an artifact is removed, and its metadata stays in the history."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curifactory.errors import ArtifactSaveError
from curifactory.runs.artifact_rows import row_from_metadata
from curifactory.runs.database import Database
from curifactory.runs.entering_artifacts import enter_artifacts
from curifactory.runs.entry import ArtifactRow
from curifactory.runs.places import Place
from curifactory.runs.run_files import FORGOTTEN, RunFiles, to_json
from curifactory.store.files import write_whole
from curifactory.store.metadata import BrokenMetadata

Removed = Sequence[tuple[str, Mapping[str, Any]]]
"""Paths of metadata files, each with the document that is in it."""

_AS_CACHE_FOLDER = os.sep
_UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    RecursionError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    BrokenMetadata,
)


def forget(
    database: Database, files: RunFiles, place: Place, removed: Removed, reason: str
) -> None:
    """Keep the metadata of artifacts whose files were removed.

    Parameters
    ----------
    database, files : Database, RunFiles
        Where it is kept, and from what that is restored when it is lost.
    place : Place
        The cache folder.
    removed : sequence of (str, dict)
        Path and content of each metadata file, which is still there.
    reason : str
        Who removed it, with what command.

    Raises
    ------
    ArtifactSaveError, HistoryError
        If the history cannot be written.
    BrokenMetadata
        If one of them has no commit that can be read.
    """
    now = time.time()
    kept = [
        _Forgotten(row_from_metadata(path, document, place), document, now, reason)
        for path, document in removed
    ]

    def enter(connection: sqlite3.Connection) -> None:
        _enter(connection, kept)
        _write(files, kept)

    if kept:
        database.write(enter)


def restore_forgotten(connection: sqlite3.Connection, files: RunFiles) -> None:
    """Enter what the files say was forgotten."""
    _enter(connection, list(_read(os.path.join(files.folder, FORGOTTEN))))


def forgotten_metadata(text: bytes) -> dict[str, Any] | None:
    """The metadata that the history has of a forgotten artifact; ``None`` if it is damaged.

    Parameters
    ----------
    text : bytes
        The column ``metadata`` of the table ``forgotten``.
    """
    try:
        document = json.loads(zlib.decompress(text))
    except (zlib.error, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """An artifact that was removed, when, and by whom."""

    row: ArtifactRow
    metadata: Mapping[str, Any]
    removed: float
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": self.row.folder,
            "metadata_path": self.row.metadata_path,
            "removed": self.removed,
            "reason": self.reason,
            "metadata": self.metadata,
        }

    @classmethod
    def from_json(cls, one: Mapping[str, Any]) -> _Forgotten:
        place = Place(_AS_CACHE_FOLDER, str(one["folder"]))
        path = os.path.join(_AS_CACHE_FOLDER, one["metadata_path"])
        row = row_from_metadata(path, one["metadata"], place)
        return cls(row, one["metadata"], float(one["removed"]), str(one["reason"]))


def _enter(connection: sqlite3.Connection, kept: Sequence[_Forgotten]) -> None:
    ids = enter_artifacts(connection, [one.row for one in kept])
    for id_, one in zip(ids, kept, strict=True):
        text = to_json(one.metadata).encode("utf-8", "surrogatepass")
        connection.execute(
            "INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?, ?)",
            (id_, one.removed, one.reason, zlib.compress(text)),
        )
        connection.execute("UPDATE artifacts SET gone = ? WHERE id = ?", (one.removed, id_))


def _write(files: RunFiles, kept: Sequence[_Forgotten]) -> None:
    """Write a file of its own: one that grows could be cut off in its middle."""
    lines = "\n".join(to_json(one.to_json()) for one in kept)
    folder = os.path.join(files.folder, FORGOTTEN)
    path = os.path.join(folder, f"{time.time_ns()}-{os.urandom(4).hex()}.jsonl.gz")
    try:
        os.makedirs(folder, exist_ok=True)
        write_whole(path, gzip.compress(lines.encode("utf-8", "surrogatepass")), durable=True)
    except OSError as error:
        raise ArtifactSaveError(
            f"The metadata of removed artifacts cannot be kept: {path} cannot be written "
            f"({error}). It still lies in the cache folder; the next removal puts that in order."
        ) from error


def _read(folder: str) -> Iterator[_Forgotten]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    for name in sorted(names):
        try:
            with gzip.open(os.path.join(folder, name), "rt", encoding="utf-8") as file:
                yield from [_Forgotten.from_json(json.loads(line)) for line in file]
        except _UNREADABLE:
            continue  # it only explains
