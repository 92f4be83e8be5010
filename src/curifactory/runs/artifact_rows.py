"""What the history notes of artifacts: taken from a step that was carried out, or from metadata."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from curifactory.caching.cacheable import cacher_type
from curifactory.planning.inputs import InputFacts, RecordsFacts, inputs_from_json
from curifactory.running.step import Reference, Step
from curifactory.runs.entry import ArtifactKey, ArtifactRow, InputRow, seconds_of
from curifactory.runs.places import Place, absolute
from curifactory.store.commit import Commit
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot


def row_from_step(
    step: Step,
    name: str,
    slot: Slot,
    commit: Commit | None,
    place: Place,
    experiment: str,
    made_by: str | None,
) -> ArtifactRow:
    """Describe an output of a step that was carried out, with where its commit lay then."""
    request = step.request
    main = _main_path(slot.metadata_path, commit, otherwise=slot.path())
    folder, (path, metadata_path) = place.paths(main, slot.metadata_path)
    if commit is not None and commit.files and commit.files[0].path == path:
        # one text for both, since there may be many
        path = commit.files[0].path
    output = next(output for output in request.definition.outputs if output.name == name)
    executed, saved = step.timing
    return ArtifactRow(
        folder=folder,
        path=path,
        metadata_path=metadata_path,
        generation=commit.generation if commit else "",
        experiment=experiment,
        stage=step.name.stage,
        name=name,
        hash=step.name.hash,
        set_name=step.name.record,
        # the same for many artifacts, so one text for all
        record=sys.intern(f"{step.name.record}_{step.name.hash[:8]}"),
        cacher=sys.intern(cacher_type(output.cacher)) if output.cacher is not None else None,
        size=commit.size if commit else _size(slot),
        executed_seconds=executed,
        saved_seconds=saved,
        generated=commit.time if commit else 0.0,
        content=commit.content if commit else None,
        made_by=made_by,
        inputs=(*_inputs_of_step(step), *_behind_unkept(step, step.name.hash)),
    )


def row_from_metadata(path: str, document: Mapping[str, Any], place: Place) -> ArtifactRow:
    """Describe the artifact whose metadata file lies at `path`.

    Raises
    ------
    BrokenMetadata
        If its commit cannot be read.
    """
    written = document.get("commit")
    commit = Commit.from_json(written) if written else None
    main = _main_path(path, commit, otherwise=path.removesuffix(METADATA_SUFFIX))
    folder, (stored, metadata_path) = place.paths(main, path)
    run, timing = document.get("manager_run_info") or {}, document.get("timing") or {}
    return ArtifactRow(
        folder=folder,
        path=stored,
        metadata_path=metadata_path,
        generation=commit.generation if commit else "",
        experiment=str(run.get("experiment_name") or ""),
        stage=str(document.get("stage") or ""),
        name=str(document.get("artifact_name") or ""),
        hash=str(document.get("params_hash") or ""),
        set_name=str(document.get("params_name") or ""),
        record=str(document.get("record_name") or ""),
        cacher=document.get("cacher_type"),
        size=commit.size if commit else 0,
        executed_seconds=timing.get("executed_seconds"),
        saved_seconds=timing.get("saved_seconds"),
        generated=commit.time if commit else seconds_of(document.get("artifact_generated")),
        content=commit.content if commit else None,
        made_by=run.get("reference"),
        inputs=_inputs_of_recipe(document.get("recipe") or {}),
    )


def row_at(path: str, place: Place) -> ArtifactRow | None:
    """Describe the artifact of a metadata file; ``None`` if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return row_from_metadata(path, parse(file.read()), place)
    except (OSError, BrokenMetadata, TypeError, ValueError, AttributeError):
        return None


def row_of(key: ArtifactKey, history: str) -> ArtifactRow | None:
    """Describe an artifact that is known by its key alone; ``None`` if it is not there any more.

    Parameters
    ----------
    history : str
        The folder of the history.
    """
    path = absolute(key.metadata_path, key.folder, history)
    row = row_at(path, Place(absolute("", key.folder, history), key.folder))
    return row if row is not None and row.key == key else None


def _main_path(metadata_path: str, commit: Commit | None, otherwise: str) -> str:
    """The file of an artifact that is named to a reader, or the folder if it is one."""
    if commit is None or not commit.files:
        return otherwise
    if not commit.folders and os.sep not in commit.files[0].path:
        return os.path.join(os.path.dirname(metadata_path), commit.files[0].path)
    first = commit.files[0].path.replace(os.sep, "/")
    folders = [name for name in commit.folders if first.startswith(f"{name}/")]
    main = min(folders, key=len) if folders else first
    return os.path.normpath(os.path.join(os.path.dirname(metadata_path), main))


def _size(slot: Slot) -> int:
    try:
        return os.stat(slot.path()).st_size
    except OSError:
        return 0


def _inputs_of_step(step: Step) -> tuple[InputRow, ...]:
    return _inputs(step.recipe.inputs, step.undeclared)


def _inputs_of_recipe(recipe: Mapping[str, Any]) -> tuple[InputRow, ...]:
    declared, undeclared = recipe.get("inputs") or {}, recipe.get("undeclared") or {}
    return _inputs(inputs_from_json(declared), inputs_from_json(undeclared))


def _inputs(
    declared: Mapping[str, InputFacts | RecordsFacts],
    undeclared: Mapping[str, InputFacts | RecordsFacts],
) -> tuple[InputRow, ...]:
    rows = []
    for name, facts in declared.items():
        entries = facts.entries if isinstance(facts, RecordsFacts) else (("", facts),)
        rows += [InputRow(name, hash_, one.made_by, one.content) for hash_, one in entries]
    for label, facts in undeclared.items():
        name, _, hash_ = label.partition("@")
        if isinstance(facts, InputFacts):
            rows.append(InputRow(name, hash_, facts.made_by, facts.content))
    return tuple(rows)


def _behind_unkept(step: Step, hash_: str) -> Iterator[InputRow]:
    """What the values were made from that a step read and nobody kept.

    Parameters
    ----------
    step : Step
        The step.
    hash_ : str
        That of the artifact in question: a source of the same record needs no other.
    """
    # not of aggregates: what they read may be much, for each of many artifacts
    for source in step.request.inputs.values():
        if not isinstance(source, Reference):
            continue
        maker, is_kept = source.step, source.output.name not in source.step.facts.uncached
        if not is_kept and not maker.request.definition.is_aggregate:
            own = "" if maker.name.hash == hash_ else maker.name.hash
            yield from (row._replace(hash=own) for row in _inputs_of_step(maker))
            yield from _behind_unkept(maker, hash_)
