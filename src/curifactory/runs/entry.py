"""What the history holds of one run, as data: the row in the database, and the run's own file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class RunEntry:
    """The row of one run; see ``curifactory.history`` for what a user gets.

    Parameters
    ----------
    reference, experiment, number : str, str, int
        Which run it is.
    status : str
        ``"running"``, ``"complete"``, ``"error"``, ``"interrupted"``, ``"dead"`` (its process
        was gone before it ended), ``"LIVE"`` (of a live manager) or ``"unknown"``.
    started, ended : float
        Seconds since the epoch, by the clock of the machine.
    seconds : float
        How long it took, whatever became of the clock.
    host, user, pid, process : str, str, int, str
        Who ran it; ``process`` tells processes of one number apart.
    command_line : str
        The command that started it.
    commit_hash, branch, dirty, patch : str, str, bool, str
        The code it ran: commit, branch, whether changed since, and the name of the patch.
    environment : str
        Digest of Python and packages.
    notes, error, traceback : str
        What the user noted; why it failed, in one line and in full.
    steps_run, steps_loaded, steps_skipped : int
        How many steps it had.
    seconds_run, seconds_loaded, seconds_skipped : float
        How long these took.
    info : str
        JSON: the run as ``store.json`` shows it.
    """

    reference: str
    experiment: str
    number: int
    status: str
    started: float
    ended: float | None = None
    seconds: float | None = None
    host: str | None = None
    user: str | None = None
    pid: int | None = None
    process: str | None = None
    command_line: str | None = None
    commit_hash: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    patch: str | None = None
    environment: str | None = None
    notes: str | None = None
    error: str | None = None
    traceback: str | None = None
    steps_run: int | None = None
    steps_loaded: int | None = None
    steps_skipped: int | None = None
    seconds_run: float | None = None
    seconds_loaded: float | None = None
    seconds_skipped: float | None = None
    info: str = "{}"


COLUMNS = tuple(field.name for field in fields(RunEntry))
"""The columns of a `RunEntry`, in order."""


# a tuple, since there may be thousands
class InputRow(NamedTuple):
    """One thing that an artifact was made from.

    Parameters
    ----------
    input : str
        Name of the input.
    hash : str
        Of which record, for an aggregate; ``""`` for the stage's own.
    stage : str or None
        The stage that made it; ``None`` for a value of the user.
    content : str or None
        Digest of its content, if that was known.
    """

    input: str
    hash: str
    stage: str | None
    content: str | None


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """One commit of one artifact.

    Parameters
    ----------
    folder, path, metadata_path : str
        The cache folder and the paths below it, as the history has them; without a folder the
        paths are absolute.
    generation : str
        The commit; ``""`` for a file without one.
    experiment, stage, name, hash, set_name, record, cacher : str
        What it is: ``hash`` and ``set_name`` of the parameter set.
    size : int
        Bytes.
    executed_seconds, saved_seconds : float, optional
        How long making and saving it took.
    generated : float
        When, in seconds since the epoch.
    content : str or None
        Digest over its files.
    made_by : str or None
        Reference of the run that made it.
    inputs : tuple of InputRow
        What it was made from.
    """

    folder: str
    path: str
    metadata_path: str
    generation: str
    experiment: str
    stage: str
    name: str
    hash: str
    set_name: str
    record: str
    cacher: str | None
    size: int
    executed_seconds: float | None
    saved_seconds: float | None
    generated: float
    content: str | None
    made_by: str | None
    inputs: tuple[InputRow, ...] = ()

    @property
    def key(self) -> ArtifactKey:
        """What it is known by."""
        return ArtifactKey(self.folder, self.metadata_path, self.generation)


ARTIFACT_COLUMNS = tuple(
    field.name for field in fields(ArtifactRow) if field.name not in ("folder", "inputs")
)
"""The columns of an `ArtifactRow`, in order, but for its place."""


class ArtifactKey(NamedTuple):
    """Which commit of which artifact: what the history knows it by; as in `ArtifactRow`."""

    folder: str
    metadata_path: str
    generation: str


@dataclass(frozen=True, slots=True)
class RunFile:
    """Everything that is known of a run: its own file has it, too.

    Parameters
    ----------
    entry : RunEntry
        Its row.
    folder : str
        Its cache folder, as the history has it.
    sets : tuple of (hash, name, file)
        Its parameter sets.
    parameter_sets : dict
        The parameters of each, by hash.
    made, used : tuple of ArtifactRow
        The artifacts that it made, and those that were there and in no history.
    reused : tuple of ArtifactKey
        Artifacts that were there, and in the history already: thousands, in most large runs.
    """

    entry: RunEntry
    folder: str = ""
    sets: tuple[tuple[str, str, str], ...] = ()
    parameter_sets: Mapping[str, Any] = field(default_factory=dict)
    made: tuple[ArtifactRow, ...] = ()
    used: tuple[ArtifactRow, ...] = ()
    reused: tuple[ArtifactKey, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form in which it is written; `made` and `used` as they are made, one by one."""
        return {
            "run": asdict(self.entry),
            "folder": self.folder,
            "sets": [list(one) for one in self.sets],
            "parameter_sets": dict(self.parameter_sets),
            "reused": by_folder(self.reused),
            "made": map(_artifact_json, self.made),
            "used": map(_artifact_json, self.used),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RunFile:
        """Read what `to_json` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        run = document["run"]
        return cls(
            entry=RunEntry(**{name: run[name] for name in COLUMNS if name in run}),
            folder=str(document["folder"]),
            sets=tuple((str(a), str(b), str(c)) for a, b, c in document["sets"]),
            parameter_sets=dict(document["parameter_sets"]),
            made=tuple(_artifact(row) for row in document["made"]),
            used=tuple(_artifact(row) for row in document["used"]),
            reused=tuple(
                ArtifactKey(str(folder), str(path), str(generation))
                for folder, keys in document.get("reused", {}).items()
                for path, generation in keys
            ),
        )


def by_folder(keys: Iterable[ArtifactKey]) -> dict[str, list[tuple[str, str]]]:
    """Metadata path and generation of each, by folder."""
    found: dict[str, list[tuple[str, str]]] = {}
    for folder, path, generation in keys:
        found.setdefault(folder, []).append((path, generation))
    return found


_ROW_NAMES = tuple(field.name for field in fields(ArtifactRow) if field.name != "inputs")


def _artifact_json(row: ArtifactRow) -> dict[str, Any]:
    # thousands of them at the end of a large run: asdict() takes ten times as long
    facts: dict[str, Any] = {name: getattr(row, name) for name in _ROW_NAMES}
    facts["inputs"] = [[one.input, one.hash, one.stage, one.content] for one in row.inputs]
    return facts


def _artifact(row: Mapping[str, Any]) -> ArtifactRow:
    inputs = tuple(InputRow(*one) for one in row["inputs"])
    return ArtifactRow(**{**row, "inputs": inputs})


def seconds_of(timestamp: Any) -> float:
    """A moment as metadata has it, in seconds since the epoch; 0 for what is none."""
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0
