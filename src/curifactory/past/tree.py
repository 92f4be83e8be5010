"""Lineage as a tree to read: upwards to what an artifact was made from, downwards to its use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from curifactory.past.artifact import Artifact, Source

MOST_OF_ONE = 10
# how a record without a parameter set is named
_WITHOUT_PARAMETERS = ("aggregate", "no parameters")


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a tree.

    Parameters
    ----------
    depth : int
        How far it is from the artifact in question.
    label : str
        Name of the input, or of the artifact.
    artifact : Artifact, optional
        What it is, if that is known.
    says : str
        What else there is to say.
    """

    depth: int
    label: str
    artifact: Artifact | None = None
    says: str = ""


def above(artifact: Artifact, most: int | None = MOST_OF_ONE) -> Iterator[Node]:
    """What an artifact was made from, what that was made from, and so on.

    Parameters
    ----------
    artifact : Artifact
        Where to begin.
    most : int, optional
        Name only so many of one artifact's sources; ``None`` for all.
    """
    yield from _above(artifact, most, 0, set())


def below(artifact: Artifact, most: int | None = MOST_OF_ONE) -> Iterator[Node]:
    """What was made from an artifact, what was made from that, and so on; see `above`."""
    yield from _below(artifact, most, 0, set())


def _above(artifact: Artifact, most: int | None, depth: int, seen: set[str]) -> Iterator[Node]:
    sources = artifact.made_from
    for source in sources[:most]:
        if source.artifact is None:
            label = source.input + (f" of {source.hash[:8]}" if source.hash else "")
            yield Node(depth, label, None, _unknown(source))
            continue
        label = _label(source.input, source.artifact, artifact)
        known = source.artifact.path in seen
        yield Node(depth, label, source.artifact, _says(source.artifact, known))
        seen.add(source.artifact.path)
        if not known:
            yield from _above(source.artifact, most, depth + 1, seen)
    yield from _rest(depth, sources, most)


def _below(artifact: Artifact, most: int | None, depth: int, seen: set[str]) -> Iterator[Node]:
    made = artifact.used_for
    there = [one for one in made if not one.gone]
    for one in there[:most]:
        known = one.path in seen
        yield Node(depth, _label(one.name, one, artifact), one, _says(one, known))
        seen.add(one.path)
        if not known:
            yield from _below(one, most, depth + 1, seen)
    yield from _rest(depth, there, most)
    if len(there) < len(made):
        count = len(made) - len(there)
        yield Node(depth, f"and {count} that were replaced or removed since")


def _rest(depth: int, all_of_them: Iterable[object], most: int | None) -> Iterator[Node]:
    more = len(list(all_of_them)) - (most or 0)
    if most is not None and more > 0:
        yield Node(depth, f"and {more} more")


def _label(name: str, one: Artifact, other: Artifact) -> str:
    says_nothing = one.parameter_set in (other.parameter_set, *_WITHOUT_PARAMETERS)
    return name if says_nothing else f"{name} of {one.parameter_set}"


def _unknown(source: Source) -> str:
    if source.stage is None:
        return "a value that no stage made"
    if source.content is None or source.content.startswith("value:"):
        return f"made by stage '{source.stage}', not kept"
    return f"made by stage '{source.stage}', not in the history"


def _says(artifact: Artifact, known: bool) -> str:
    said = ["see above"] if known else []
    said += ["replaced or removed since"] if artifact.gone else []
    return ", ".join(said)
