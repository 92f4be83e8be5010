"""All that is known of one artifact, for a reader and for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from curifactory.amounts import format_seconds, format_size
from curifactory.cli.output import from_here
from curifactory.errors import CurifactoryError, UnusableArtifactError
from curifactory.past.artifact import Artifact
from curifactory.past.facts import as_json
from curifactory.past.preview import Preview, preview
from curifactory.past.tree import MOST_OF_ONE, Node, above, below

_WIDTH = 15
_LARGEST_PREVIEW = 100_000_000


def artifact_lines(artifact: Artifact, with_source: bool, everything: bool) -> Iterator[str]:
    """The lines that are printed of an artifact.

    Parameters
    ----------
    artifact : Artifact
        Which.
    with_source : bool
        Whether to print the code that made it.
    everything : bool
        Whether to name all of its lineage, however long.
    """
    problem, document = artifact.problem, _document(artifact)
    yield from_here(artifact.path)
    for name, value in _facts(artifact, problem).items():
        if value not in (None, ""):
            yield f"  {name:<{_WIDTH}}{value}"
    if problem is None:
        seen = _preview(artifact)
        yield from _section("preview", [seen] if isinstance(seen, str) else seen.lines())
    yield from _section("points at", _references(document))
    parameters = document.get("params") or artifact.parameters
    given = (f"{name} = {json.dumps(value)}" for name, value in parameters.items())
    yield from _section("parameters", given)
    yield from _section("recipe", _recipe(artifact, document, with_source))
    most = None if everything else MOST_OF_ONE
    yield from _section("made from", map(_line, above(artifact, most)))
    yield from _section("used for", map(_line, below(artifact, most)))


def artifact_as_json(artifact: Artifact) -> dict[str, Any]:
    """The form in which it is printed for programs."""
    problem, document = artifact.problem, _document(artifact)
    seen = _preview(artifact) if problem is None else None
    removal = None if problem is None else artifact.removal
    return {
        **artifact.to_json(),
        "problem": problem,
        "removal": None if removal is None else as_json(asdict(removal)),
        "parameters": document.get("params") or artifact.parameters,
        "runs": [run.reference for run in artifact.runs],
        "preview": asdict(seen) if isinstance(seen, Preview) else seen,
        "recipe": document.get("recipe"),
        "code": [asdict(part) for part in artifact.code] if document else [],
        "made_from": [_node_as_json(node) for node in above(artifact, None)],
        "used_for": [_node_as_json(node) for node in below(artifact, None)],
    }


def _document(artifact: Artifact) -> dict[str, Any]:
    try:
        return artifact.metadata
    except (UnusableArtifactError, OSError):
        return {}


def _facts(artifact: Artifact, problem: str | None) -> dict[str, Any]:
    made = _second(artifact.generated)
    took = "" if artifact.seconds is None else f", in {format_seconds(artifact.seconds)}"
    runs = [run.reference for run in artifact.runs]
    of_others = "" if artifact.made_by in (None, *runs) else "  (not in this history)"
    used = len([one for one in runs if one != artifact.made_by])
    removal = artifact.removal if problem is not None else None
    removed = (
        None
        if removal is None
        else {
            "removed": f"{_second(removal.when)} by {removal.by}",
            "content": artifact.content,
            "make it again": removal.again or "its run is not in this history",
        }
    )
    return {
        "artifact": f"{artifact.name} of stage {artifact.stage}",
        "parameter set": f"{artifact.parameter_set}  {artifact.hash}",
        "size": format_size(artifact.size),
        "cacher": artifact.cacher,
        "made": made + took,
        "run": f"{artifact.made_by or ''}{of_others}",
        "used": f"by {used} more runs" if used > 1 else "by one more run" if used == 1 else None,
        **({"problem": problem} if removed is None else removed),
    }


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _preview(artifact: Artifact) -> Preview | str:
    if artifact.size > _LARGEST_PREVIEW:
        return "It is large: curifactory.load() loads it."
    try:
        return preview(artifact.load())
    except (CurifactoryError, OSError) as error:
        return str(error)


def _references(document: Mapping[str, Any]) -> Iterator[str]:
    for path, size in (document.get("commit") or {}).get("references") or ():
        there = os.path.exists(path)
        yield f"{path}  " + ("not there" if not there else "" if size < 0 else format_size(size))


def _recipe(artifact: Artifact, document: Mapping[str, Any], with_source: bool) -> Iterator[str]:
    recipe = document.get("recipe") or {}
    own = f"{artifact.stage}()"
    # the stage itself first, then what it reaches
    parts = sorted(artifact.code if recipe else (), key=lambda part: not part.place.startswith(own))
    if with_source:
        for part in parts:
            yield f"{'code':<{_WIDTH}}{part.place}"
            yield from (f"    {line}" for line in part.source.splitlines())
    else:
        yield from (f"{'code':<{_WIDTH}}{p}" for p in dict.fromkeys(p.place for p in parts))
    for kind in ("arguments", "variables"):
        for name, digest in (recipe.get(kind) or {}).items():
            yield f"{kind[:-1]:<{_WIDTH}}{name} {digest or '(cannot be compared)'}"
    for name, version in (recipe.get("packages") or {}).items():
        yield f"{'package':<{_WIDTH}}{name} {version}"


def _line(node: Node) -> str:
    said = [node.label, *([from_here(node.artifact.path)] if node.artifact else [])]
    said += [f"({node.says})"] if node.says else []
    return "  " * node.depth + "  ".join(said)


def _node_as_json(node: Node) -> dict[str, Any]:
    artifact = None if node.artifact is None else node.artifact.to_json()
    return {"depth": node.depth, "label": node.label, "says": node.says, "artifact": artifact}


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    for index, line in enumerate(lines):
        if not index:
            yield title
        yield f"  {line}"
