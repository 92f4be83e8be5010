"""From the path of any file of an artifact to its metadata."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from curifactory.errors import UnusableArtifactError
from curifactory.past.absent import no_artifact_at
from curifactory.store.look import look
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot

_MOST_LEVELS = 8


def metadata_path_of(path: str) -> str | None:
    """The metadata file of an artifact; ``None`` if there is none.

    Parameters
    ----------
    path : str
        The metadata file itself, a file or folder of the artifact, or what lies in that folder.
    """
    path = os.path.normpath(path)
    if path.endswith(METADATA_SUFFIX) and os.path.isfile(path):
        return path
    for stem in (os.path.splitext(path)[0], path):
        if os.path.isfile(stem + METADATA_SUFFIX):
            return stem + METADATA_SUFFIX
    return next((one for one in _nearby(path) if _lists(one, path)), None)


def document_of(path: str, content: str | None = None) -> dict[str, Any]:
    """The metadata of an artifact.

    Parameters
    ----------
    path : str
        One that `metadata_path_of` takes.
    content : str, optional
        The digest that its content must have.

    Raises
    ------
    UnusableArtifactError
        If there is none, or it is damaged or another one.
    """
    metadata = metadata_path_of(path)
    if metadata is None:
        raise UnusableArtifactError(no_artifact_at(path))
    try:
        with open(metadata, "rb") as file:
            document = parse(file.read())
    except BrokenMetadata as error:
        raise UnusableArtifactError(f"The metadata file {metadata} is damaged: {error}.") from None
    if content is not None and _content_in(document) != content:
        raise UnusableArtifactError(f"The artifact {path} was replaced by another one.")
    return document


def _content_in(document: dict[str, Any]) -> Any:
    commit = document.get("commit")
    return commit.get("content") if isinstance(commit, dict) else None


def problem_at(metadata_path: str, content: str | None) -> str | None:
    """Why what lies there is not the artifact of this content; ``None`` if it is, by its sizes."""
    folder, name = os.path.split(metadata_path)
    found = look(Slot(folder, name.removesuffix(METADATA_SUFFIX)))
    if not found.usable:
        return found.reason
    is_another = found.commit is not None and content not in (None, found.commit.content)
    return "it was replaced by another one" if is_another else None


def _nearby(path: str) -> Iterator[str]:
    """Metadata files whose artifact may have a further file here, or a folder above it."""
    for _ in range(_MOST_LEVELS):
        folder, name = os.path.split(path)
        if not name:
            return
        for end in range(len(name), 0, -1):
            metadata = os.path.join(folder, name[:end] + METADATA_SUFFIX)
            if os.path.isfile(metadata):
                yield metadata
        path = folder


def _lists(metadata: str, path: str) -> bool:
    """Whether the commit in a metadata file has a file at this path, or below it."""
    try:
        with open(metadata, "rb") as file:
            commit = parse(file.read()).get("commit") or {}
        files = [str(entry[0]) for entry in commit["files"]]
    except (OSError, BrokenMetadata, KeyError, TypeError, IndexError):
        return False
    relative = os.path.relpath(path, os.path.dirname(metadata) or ".")
    return any(f"{os.path.normpath(file)}{os.sep}".startswith(relative + os.sep) for file in files)
