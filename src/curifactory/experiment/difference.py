"""In what two artifacts, two full stores or two runs differ, and what came first."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curifactory.errors import ArtifactNotFoundError, RunNotFoundError, UnusableArtifactError
from curifactory.past.absent import no_artifact_at
from curifactory.past.files import document_of, metadata_path_of
from curifactory.past.questions import open_past
from curifactory.running.explain import Explained, compare_documents
from curifactory.settings import Settings, load_settings
from curifactory.store.files import files_below
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.stores.layout import artifacts_folder

_Document = dict[str, Any]
_Key = tuple[str, str, str]


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, or two artifacts.

    Parameters
    ----------
    differences : tuple of ArtifactDifference
        Of artifacts that both have; what was made first comes first.
    only_in_one, only_in_other : tuple of str
        Artifacts that only one of them has.
    """

    differences: tuple[ArtifactDifference, ...]
    only_in_one: tuple[str, ...] = ()
    only_in_other: tuple[str, ...] = ()


def compare(one: str, other: str) -> Comparison:
    """Compare two artifacts, or two runs or folders of artifacts.

    Parameters
    ----------
    one, other : str
        Each the path of an artifact or of its metadata, be it there or removed by a command; a full
        store; a cache folder; or the reference of a run (or its start, or ``"latest"``): its full
        store if there is one, else what is known of the artifacts that it made or used. An artifact
        is compared with the same one in the other, if that is more than one.

    Raises
    ------
    UnusableArtifactError
        If there is no artifact at one of these paths, or none of such a run.
    ArtifactNotFoundError, RunNotFoundError
        If one is neither a path nor a run.
    """
    settings = load_settings().settings
    this, that = _artifact(one), _artifact(other)
    mine, theirs = list[_Document](), list[_Document]()
    if this is not None and that is not None:
        pairs = [(this, that)]
    elif this is not None:
        pairs = [(this, _same(this, _documents(other, settings), other))]
    elif that is not None:
        pairs = [(_same(that, _documents(one, settings), one), that)]
    else:
        pairs, mine, theirs = _paired(_documents(one, settings), _documents(other, settings))
    found = []
    for then, now in pairs:
        differences = _differences(then, now, settings.manager_cache_path)
        if differences:
            found.append(ArtifactDifference(_label(now), differences))
    return Comparison(tuple(found), _labels(mine), _labels(theirs))


def _differences(then: _Document, now: _Document, sources: str) -> tuple[Explained, ...]:
    found = tuple(compare_documents(then, now, sources))
    contents = {(one.get("commit") or {}).get("content") for one in (then, now)}
    if found or len(contents) == 1 or None in contents:
        return found
    detail = "made from the same, and yet another content: the stage does not repeat itself"
    return (Explained("content", detail),)


def _paired(
    mine: Iterable[_Document], theirs: Iterable[_Document]
) -> tuple[list[tuple[_Document, _Document]], list[_Document], list[_Document]]:
    """Artifacts of the same parameter set's name, stage and name, as they were made; the rest."""
    left, right = _by_key(mine), _by_key(theirs)
    pairs, only_mine, only_theirs = [], [], []
    for key in left.keys() | right.keys():
        ours, others = left.get(key, []), right.get(key, [])
        # several sets may have one name: those of equal parameters belong together
        for document in list(ours):
            same = [one for one in others if one.get("params_hash") == document.get("params_hash")]
            if same:
                pairs.append((document, same[0]))
                ours.remove(document)
                others.remove(same[0])
        pairs += list(zip(ours, others, strict=False))
        both = min(len(ours), len(others))
        only_mine += ours[both:]
        only_theirs += others[both:]
    pairs.sort(key=lambda pair: (_made(pair[1]), _key(pair[1])))
    return pairs, only_mine, only_theirs


def _by_key(documents: Iterable[_Document]) -> dict[_Key, list[_Document]]:
    found: dict[_Key, list[_Document]] = defaultdict(list)
    for document in sorted(documents, key=_made):
        found[_key(document)].append(document)
    return found


def _artifact(path: str) -> _Document | None:
    """The metadata of the one artifact at a path, or that lay there until a command removed it."""
    if metadata_path_of(path) is not None:
        return document_of(path)
    lay_there = () if os.sep not in path or os.path.isdir(path) else open_past().at_path(path)
    return lay_there[-1].metadata if lay_there else None


def _same(artifact: _Document, documents: list[_Document], place: str) -> _Document:
    """Of several artifacts the one that is compared with this one."""
    found = [one for one in documents if _key(one) == _key(artifact)]
    # several sets may have one name
    same = [one for one in found if one.get("params_hash") == artifact.get("params_hash")]
    if not found:
        raise UnusableArtifactError(f"{place} has no {_label(artifact)} to compare with.")
    return (same or found)[-1]


def _documents(place: str, settings: Settings) -> list[_Document]:
    """The metadata in a folder, or of a run."""
    if os.path.isdir(place):
        return _there(place, _below(place))
    if os.path.isdir(store := os.path.join(settings.runs_path, place)):
        return _there(place, _below(store))
    try:
        run = open_past().find_run(place)
    except RunNotFoundError as error:
        if os.sep in place:
            raise ArtifactNotFoundError(no_artifact_at(place)) from None
        raise RunNotFoundError(f"There is no file or folder {place}. {error}") from None
    if os.path.isdir(store := os.path.join(settings.runs_path, run.reference)):
        return _there(place, _below(store))
    found = []
    for artifact in run.artifacts:
        try:
            found.append(artifact.metadata)
        except UnusableArtifactError:
            continue  # replaced since
    return _there(place, found)


def _there(place: str, found: list[_Document]) -> list[_Document]:
    if found:
        return found
    raise UnusableArtifactError(
        f"There is no artifact at {place}, or none of that run is left. A run that was kept with "
        "--store-full can be compared at any time."
    )


def _below(folder: str) -> list[_Document]:
    paths = files_below(artifacts_folder(folder))
    return [document_of(path) for path in paths if path.endswith(METADATA_SUFFIX)]


def _made(document: _Document) -> str:
    return str(document.get("artifact_generated"))


def _key(document: _Document) -> _Key:
    # the name of a record has the hash in it, and so differs with the parameters
    name = document.get("params_name") or "aggregate"
    return (str(name), str(document.get("stage")), str(document.get("artifact_name")))


def _label(document: _Document) -> str:
    _, stage, name = _key(document)
    return f"{name} of stage '{stage}' of record '{document.get('record_name')}'"


def _labels(documents: Iterable[_Document]) -> tuple[str, ...]:
    return tuple(_label(one) for one in sorted(documents, key=lambda one: (_made(one), _key(one))))
