"""In what two artifacts, or the artifacts of two full stores, differ, and what came first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from curifactory.errors import UnusableArtifactError
from curifactory.past.files import document_of, metadata_path_of
from curifactory.running.explain import Explained, compare_documents
from curifactory.settings import Settings, load_settings
from curifactory.store.files import files_below
from curifactory.store.slot import METADATA_SUFFIX
from curifactory.stores.layout import artifacts_folder


@dataclass(frozen=True, slots=True)
class ArtifactDifference:
    """What one artifact of two was made from.

    Parameters
    ----------
    artifact : str
        Record, stage and name.
    differences : tuple of Explained
        In what the recipes differ.
    """

    artifact: str
    differences: tuple[Explained, ...]


def compare(one: str, other: str) -> list[ArtifactDifference]:
    """Compare two artifacts, or two folders of artifacts; what was made first comes first.

    Parameters
    ----------
    one, other : str
        Both the path of an artifact or of its metadata; or each a full store, a cache folder, or
        the reference of a run: its full store if there is one, else what is left in the cache of
        the artifacts that it made.

    Raises
    ------
    UnusableArtifactError
        If there is no artifact at one of these paths, or none of such a run.
    """
    settings = load_settings().settings
    sources = settings.manager_cache_path
    if metadata_path_of(one) and metadata_path_of(other):
        pairs = [(document_of(one), document_of(other))]
    else:
        pairs = _pairs(_documents(one, settings), _documents(other, settings))
    found = []
    for then, now in pairs:
        differences = tuple(compare_documents(then, now, sources))
        if differences:
            found.append(ArtifactDifference(_label(now), differences))
    return found


_MADE = "artifact_generated"
_Documents = dict[tuple[str, ...], dict[str, Any]]


def _pairs(mine: _Documents, theirs: _Documents) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Artifacts of the same record name, stage and name, in the order they were made."""
    both = sorted(mine.keys() & theirs.keys(), key=lambda key: str(theirs[key].get(_MADE)))
    return [(mine[key], theirs[key]) for key in both]


def _documents(place: str, settings: Settings) -> _Documents:
    """The metadata in a folder, or of a run."""
    if os.path.isdir(place):
        found = _below(place)
    elif os.path.isdir(store := os.path.join(settings.runs_path, place)):
        found = _below(store)
    else:
        found = [
            document
            for document in _below(settings.cache_path)
            if (document.get("manager_run_info") or {}).get("reference") == place
        ]
    if not found:
        raise UnusableArtifactError(
            f"There is no artifact at {place}, and none of a run of this name is left. A run that "
            "was kept with --store-full can be compared at any time."
        )
    return {_key(document): document for document in found}


def _below(folder: str) -> list[dict[str, Any]]:
    paths = files_below(artifacts_folder(folder))
    return [document_of(path) for path in paths if path.endswith(METADATA_SUFFIX)]


def _key(document: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(document.get(key)) for key in ("record_name", "stage", "artifact_name"))


def _label(document: dict[str, Any]) -> str:
    record, stage, name = _key(document)
    return f"{name} of stage '{stage}' of record '{record}'"
