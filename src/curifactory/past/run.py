"""Runs of the past as objects, and as data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, overload

from curifactory.amounts import format_count
from curifactory.errors import RunNotFoundError
from curifactory.past.facts import as_json, facts_of, frame_of, parsed

if TYPE_CHECKING:
    import pandas

    from curifactory.past.artifact import Artifacts


class RunReader(Protocol):
    """What a run of the past asks for what it does not hold itself."""

    folder: str

    def rows(self, question: str, *values: Any) -> list[Any]: ...
    def one(self, question: str, *values: Any) -> Any: ...
    def artifacts_of(self, run: int, made: bool) -> Artifacts: ...


@dataclass(frozen=True)
class Run:
    """A run of the past.

    Attributes
    ----------
    reference, experiment, number : str, str, int
        Which run it is.
    status : str
        ``"running"``, ``"complete"``, ``"error"``, ``"interrupted"``, ``"dead"`` (its process
        was gone before it ended), ``"LIVE"`` (of a live manager) or ``"unknown"`` (known from
        artifacts only).
    started, ended : datetime
        Local time; ``ended`` is ``None`` for what did not end.
    seconds : float or None
        How long it took, whatever became of the clock.
    host, user, pid : str, str, int
        Who ran it, in which process.
    command_line : str
        The command that started it.
    commit, branch, dirty : str, str, bool
        The code it ran, and whether there were uncommitted changes.
    notes, error : str or None
        What the user noted; why it failed.
    steps : dict of str to int
        How many steps were ``run``, ``loaded`` and ``skipped``.
    step_seconds : dict of str to float
        How long these took.
    """

    reference: str
    experiment: str
    number: int
    status: str
    started: datetime
    ended: datetime | None
    seconds: float | None
    host: str | None
    user: str | None
    pid: int | None
    command_line: str | None
    commit: str | None
    branch: str | None
    dirty: bool | None
    notes: str | None
    error: str | None
    steps: Mapping[str, int | None]
    step_seconds: Mapping[str, float | None]
    _id: int = field(repr=False, compare=False)
    _past: RunReader = field(repr=False, compare=False)
    _patch: str | None = field(repr=False, compare=False)
    _environment: str | None = field(repr=False, compare=False)

    @property
    def traceback(self) -> str | None:
        """The whole traceback of the error."""
        text: str | None = self._past.one("SELECT traceback FROM runs WHERE id = ?", self._id)
        return text

    @property
    def patch(self) -> str | None:
        """The uncommitted changes it was made with, for ``git apply``."""
        from curifactory.runs.patch import read_patch

        held = None if self._patch is None else read_patch(self._patch, self._past.folder)
        return None if held is None else held.decode("utf-8", "surrogateescape")

    @property
    def environment(self) -> dict[str, Any]:
        """Python, platform, and the version of every package."""
        text = self._past.one("SELECT facts FROM environments WHERE digest = ?", self._environment)
        return parsed(text)

    @property
    def parameter_sets(self) -> dict[str, dict[str, Any]]:
        """The parameters of each set, by its name."""
        rows = self._past.rows(
            "SELECT name, parameters FROM run_sets LEFT JOIN parameter_sets USING (hash) "
            "WHERE run = ? ORDER BY file, name",
            self._id,
        )
        return {str(name): parsed(text) for name, text in rows}

    @property
    def hashes(self) -> dict[str, str]:
        """The hash of each parameter set, by its name."""
        return dict(self._past.rows("SELECT name, hash FROM run_sets WHERE run = ?", self._id))

    @property
    def made(self) -> Artifacts:
        """The artifacts of the stages that it executed."""
        return self._past.artifacts_of(self._id, made=True)

    @property
    def used(self) -> Artifacts:
        """The artifacts that it used as they were."""
        return self._past.artifacts_of(self._id, made=False)

    @property
    def artifacts(self) -> Artifacts:
        """The artifacts that it made and used."""
        return self.made + self.used

    def to_json(self) -> dict[str, Any]:
        """The form in which it is printed for programs."""
        return as_json(facts_of(self))


class Runs(Sequence[Run]):
    """Runs of the past, oldest first; ``runs["models_3"]`` and ``runs["latest"]`` work, too."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = tuple(runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    @overload
    def __getitem__(self, which: int | str) -> Run: ...
    @overload
    def __getitem__(self, which: slice) -> Runs: ...
    def __getitem__(self, which: int | str | slice) -> Run | Runs:
        if isinstance(which, slice):
            return Runs(self._runs[which])
        if isinstance(which, int):
            return self._runs[which]
        if which == "latest" and self._runs:
            return self._runs[-1]
        for start in (f"{which}_", which):
            found = [run for run in self._runs if f"{run.reference}_".startswith(start)]
            if len(found) == 1:
                return found[0]
        raise RunNotFoundError(f"There is not exactly one run '{which}' among these {len(self)}.")

    def frame(self) -> pandas.DataFrame:
        """One row per run, as a data frame."""
        rows = []
        for run in self._runs:
            row = facts_of(run)
            steps, seconds = row.pop("steps"), row.pop("step_seconds")
            row |= {f"steps_{name}": count for name, count in steps.items()}
            row |= {f"seconds_{name}": spent for name, spent in seconds.items()}
            rows.append(row)
        return frame_of(rows)

    def __repr__(self) -> str:
        lines = [f"{run.reference}  {run.status}" for run in self._runs]
        return "\n".join([f"<{format_count(len(lines), 'run')}>", *lines])
