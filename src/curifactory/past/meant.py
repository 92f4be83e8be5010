"""Which artifact is meant by a path or a name."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from curifactory.errors import ArtifactNotFoundError
from curifactory.past.absent import no_artifact_at
from curifactory.past.artifact import Artifact, Artifacts
from curifactory.past.files import document_of, metadata_path_of
from curifactory.past.queries import ArtifactQuery
from curifactory.past.reader import Past
from curifactory.past.unknown import unknown_names

_MOST_NAMED = 5


def artifact_meant(past: Past, what: str | None, query: ArtifactQuery) -> Artifact:
    """The one artifact that is meant.

    Parameters
    ----------
    past : Past
        Where to look for it.
    what : str, optional
        The path of a file of it, be it there or not any more, or the name of an output.
    query : ArtifactQuery
        What else must be true of it, if `what` is no path. What was replaced or removed counts if
        nothing else is there.

    Raises
    ------
    ArtifactNotFoundError
        If none is meant, or more than one.
    UnusableArtifactError
        If it has metadata that is damaged.
    """
    if what is not None and query == ArtifactQuery():
        if os.path.lexists(what):
            return _at(past, what)
        if lay_there := past.at_path(what):
            return lay_there[-1]
    query = query if what is None else replace(query, name=what)
    found = past.artifacts(query)
    if not found and query.gone is False:
        found = past.artifacts(replace(query, gone=True))
        if len({one.path for one in found}) == 1:
            return found[-1]
    if len(found) == 1:
        return found[0]
    raise ArtifactNotFoundError(_several(what, found) if found else _none(past, what, query))


def _at(past: Past, path: str) -> Artifact:
    """What lies at a path: in the history, or else by the metadata that is there."""
    metadata_path = metadata_path_of(path)
    if metadata_path is None:
        raise ArtifactNotFoundError(no_artifact_at(path))
    document = document_of(metadata_path)
    if found := _commit(past, document, metadata_path):
        return found
    from curifactory.past.folder import past_of_folder

    # nobody entered it here: what lies beside it tells what it was made from
    if found := _commit(past_of_folder(os.path.dirname(metadata_path)), document, metadata_path):
        return found
    raise ArtifactNotFoundError(
        f"The metadata {metadata_path} does not say of which commit it is: a save was interrupted, "
        "or an earlier version wrote it. `curifactory.load` may be able to load it."
    )


def _commit(past: Past, document: dict[str, Any], metadata_path: str) -> Artifact | None:
    commit = document.get("commit")
    if not isinstance(commit, dict):
        return None
    name, content = str(document.get("artifact_name")), str(commit.get("content"))
    found = past.commits(str(commit.get("generation")), name, content)
    here = os.path.realpath(metadata_path)
    same = [one for one in found if os.path.realpath(one.metadata_path) == here]
    if same:
        return same[-1]
    # a copy of it: in a full store, or of a folder that was moved
    copies = [replace(one, metadata_path=here, path=_beside(here, one)) for one in found]
    return copies[-1] if copies else None


def _beside(metadata_path: str, one: Artifact) -> str:
    relative = os.path.relpath(one.path, os.path.dirname(one.metadata_path))
    return os.path.normpath(os.path.join(os.path.dirname(metadata_path), relative))


def _none(past: Past, what: str | None, query: ArtifactQuery) -> str:
    if what is not None and os.sep in what:
        is_there = os.path.lexists(what)
        return f"{what} is a path: leave the options away." if is_there else no_artifact_at(what)
    unknown = unknown_names(past, query)
    if not unknown:
        return (
            "No artifact in the history is like this; `curifactory artifacts` with fewer options "
            "lists what there is."
        )
    if query == ArtifactQuery(name=what):
        unknown.insert(0, f"There is no file {what}.")
    return (
        f"{' '.join(unknown)} `curifactory artifacts` lists all. A run is shown by "
        "`curifactory runs show`."
    )


def _several(what: str | None, found: Artifacts) -> str:
    asked = "like this" if what is None else f"'{what}'"
    few = "".join(
        f"\n  {one.path} of {one.parameter_set}" + (" (gone)" if one.gone else "")
        for one in found[:_MOST_NAMED]
    )
    return (
        f"{len(found)} artifacts are {asked}, such as{few}\nGive one of the paths, or say more: "
        "stage, experiment, run, or a parameter (--param NAME=VALUE, in Python params={...})."
    )
