"""Artifacts of the past as objects, and as data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, overload

from curifactory.amounts import format_count
from curifactory.errors import UnusableArtifactError
from curifactory.past.facts import as_json, facts_of, frame_of, table_of

if TYPE_CHECKING:
    import pandas

    from curifactory.caching import Cacheable
    from curifactory.past.removal import Removal
    from curifactory.past.run import Runs
    from curifactory.planning.code_changes import KeptPart


class ArtifactReader(Protocol):
    """What an artifact of the past asks for what it does not hold itself."""

    folder: str

    def parameters_of(self, hash_: str) -> dict[str, Any]: ...
    def made_from(self, artifact: int) -> tuple[Source, ...]: ...
    def used_for(self, artifact: int) -> Artifacts: ...
    def runs_of(self, artifact: int) -> Runs: ...
    def forgotten(self, artifact: int) -> dict[str, Any] | None: ...
    def removal_of(self, artifact: Artifact) -> Removal | None: ...


@dataclass(frozen=True)
class Artifact:
    """One commit of one artifact, as the history knows it.

    Attributes
    ----------
    path, metadata_path : str
        Its main file, or its folder; its metadata.
    stage, name, experiment, parameter_set, hash, record : str
        What it is: ``hash`` is that of the parameter set.
    cacher : str or None
        Class of the cacher that saved it.
    size : int
        Bytes.
    seconds : float or None
        How long the stage took that made it.
    generated : datetime
        When it was made.
    content : str or None
        Digest over its files.
    made_by : str or None
        Reference of the run that made it.
    gone : bool
        Whether it was replaced or removed since, as far as the history knows.
    """

    path: str
    metadata_path: str
    stage: str
    name: str
    experiment: str
    parameter_set: str
    hash: str
    record: str
    cacher: str | None
    size: int
    seconds: float | None
    generated: datetime
    content: str | None
    made_by: str | None
    gone: bool
    _id: int = field(repr=False, compare=False)
    _past: ArtifactReader = field(repr=False, compare=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of its parameter set."""
        return self._past.parameters_of(self.hash)

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata beside it; of an artifact that a command removed, what the history keeps.

        Raises
        ------
        UnusableArtifactError
            If there is none any more, or it is damaged.
        """
        from curifactory.past.files import document_of

        kept = self._past.forgotten(self._id) if self.gone else None
        return document_of(self.metadata_path, self.content) if kept is None else kept

    @property
    def removal(self) -> Removal | None:
        """When and by whom it was removed, if a command did that; see ``gone``."""
        return self._past.removal_of(self) if self.gone else None

    @property
    def problem(self) -> str | None:
        """Why it cannot be loaded, as far as metadata and sizes tell; ``None`` if nothing is."""
        from curifactory.past.files import problem_at

        return problem_at(self.metadata_path, self.content)

    @property
    def code(self) -> tuple[KeptPart, ...]:
        """The project's code that made it, as it was then, if that was kept.

        Raises
        ------
        UnusableArtifactError
            If it has no metadata any more.
        """
        from curifactory.running.code_store import kept_parts

        digest = (self.metadata.get("recipe") or {}).get("code")
        return tuple(kept_parts(self._past.folder, digest) or ())

    @property
    def made_from(self) -> tuple[Source, ...]:
        """What it was made from: one source for each input, and each record of an aggregate."""
        return self._past.made_from(self._id)

    @property
    def used_for(self) -> Artifacts:
        """What was made from it."""
        return self._past.used_for(self._id)

    @property
    def runs(self) -> Runs:
        """The runs that made or used it."""
        return self._past.runs_of(self._id)

    def load(self, cacher: Cacheable | type[Cacheable] | None = None) -> Any:
        """Load it with the cacher that saved it; see `curifactory.load`.

        Raises
        ------
        UnusableArtifactError
            If it is missing, damaged, another one by now, or must not be unpickled.
        """
        from curifactory.past.loading import load_at

        if self.gone and self.problem is not None and (removal := self.removal) is not None:
            raise UnusableArtifactError(f"{self.path} was {removal}")
        return load_at(self.metadata_path, cacher, content=self.content)

    def to_json(self) -> dict[str, Any]:
        """The form in which it is printed for programs."""
        return as_json(facts_of(self))

    def _repr_html_(self) -> str:
        return table_of(facts_of(self))


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that an artifact was made from.

    Attributes
    ----------
    input : str
        Name of the input.
    stage : str or None
        The stage that made it; ``None`` for a value that no stage made.
    hash : str
        Of which record, for an input of an aggregate; else empty.
    content : str or None
        Digest of its content; ``None`` if it was not kept.
    artifact : Artifact or None
        What it was, if the history knows it.
    """

    input: str
    stage: str | None
    hash: str
    content: str | None
    artifact: Artifact | None


class Artifacts(Sequence[Artifact]):
    """Artifacts of the past, in the order in which they were made."""

    def __init__(self, artifacts: Iterable[Artifact]) -> None:
        self._artifacts = tuple(artifacts)

    def __len__(self) -> int:
        return len(self._artifacts)

    def __iter__(self) -> Iterator[Artifact]:
        return iter(self._artifacts)

    @overload
    def __getitem__(self, which: int) -> Artifact: ...
    @overload
    def __getitem__(self, which: slice) -> Artifacts: ...
    def __getitem__(self, which: int | slice) -> Artifact | Artifacts:
        if isinstance(which, slice):
            return Artifacts(self._artifacts[which])
        return self._artifacts[which]

    def __add__(self, others: Artifacts) -> Artifacts:
        return Artifacts((*self, *others))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifacts) and self._artifacts == other._artifacts

    __hash__ = None  # type: ignore[assignment]

    def frame(self) -> pandas.DataFrame:
        """One row per artifact, as a data frame."""
        return frame_of(map(facts_of, self))

    def __repr__(self) -> str:
        return "\n".join([f"<{format_count(len(self), 'artifact')}>", *(one.path for one in self)])
