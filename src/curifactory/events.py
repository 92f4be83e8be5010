"""What happens during a run, as data: the engine emits; logs, progress, reports watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple


class StepName(NamedTuple):
    """Names one step for a reader.

    Parameters
    ----------
    stage, record : str
        Name of the stage, and of the record's parameter set (or the aggregate's own label).
    hash : str
        The hash that names the record's artifacts.
    """

    stage: str
    record: str
    hash: str

    def __str__(self) -> str:
        return f"stage '{self.stage}' of record '{self.record}'"


class PlannedStep(NamedTuple):
    """One line of a plan.

    Parameters
    ----------
    step : StepName
    decision : str
        ``"RUN"``, ``"LOAD"`` or ``"SKIP"``.
    reason : str
        Why, in words.
    kind : str
        The trigger that the reason belongs to, such as ``"code"`` or ``"missing"``.
    size : int
        Bytes of the artifacts that are there.
    seconds : float or None
        How long making these took; ``None`` if there are none or it is not recorded.
    """

    step: StepName
    decision: str
    reason: str
    kind: str = ""
    size: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Base of everything that observers are called with."""


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """An experiment began; ``parameter_sets`` is their number."""

    reference: str
    experiment: str
    parameter_sets: int


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """The plan stands.

    Parameters
    ----------
    steps : tuple of PlannedStep
    ended_early : str, optional
        Why the plan stops before the end of ``run`` ("more may follow"), if it does.
    """

    steps: tuple[PlannedStep, ...]
    ended_early: str | None = None


@dataclass(frozen=True, slots=True)
class Started(Event):
    """A stage function is about to be called."""

    step: StepName
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded(Event):
    """An artifact was read from the cache."""

    step: StepName
    artifact: str
    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Saved(Event):
    """An artifact was committed; ``size`` in bytes."""

    step: StepName
    artifact: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """A step is done: ``decision`` is what was done with it, ``seconds`` how long it took."""

    step: StepName
    decision: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """A step raised ``error``, or was interrupted."""

    step: StepName
    error: BaseException


@dataclass(frozen=True, slots=True)
class Departed(Event):
    """What was done is not what was planned; ``reason`` says why."""

    step: StepName
    planned: str
    done: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting(Event):
    """Another process holds the lock of a step; ``holder`` names host and process."""

    step: StepName
    holder: str


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far the steps are that other processes carry out.

    Parameters
    ----------
    done, running, failed, total : int
        Numbers of steps; ``total`` are those to run.
    seconds_left : float or None
        How long the rest takes, if that can be told.
    """

    done: int
    running: int
    failed: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something a user should know once; ``key`` tells equal notices apart."""

    message: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """An experiment ended.

    Parameters
    ----------
    status : str
        ``"complete"``, ``"error"`` or ``"interrupted"``.
    seconds : float
        Wall time of the run.
    places : dict of str to str
        Where to look: ``{"cache": path, "report": path, ...}``.
    """

    reference: str
    status: str
    seconds: float
    places: dict[str, str] = field(default_factory=dict)


Observer = Callable[[Event], None]

WORKER: ContextVar[str] = ContextVar("worker", default="")
"""The worker in which what is told now happened; empty for this process."""


@contextmanager
def from_worker(name: str) -> Iterator[None]:
    """Events that are emitted meanwhile happened in that worker."""
    token = WORKER.set(name)
    try:
        yield
    finally:
        WORKER.reset(token)


class Events:
    """Hands each event to every observer, and says each notice once."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self.observers: list[Observer] = list(observers)
        self._said: dict[str, Notice] = {}
        self._held: list[Event] | None = None

    def add(self, observer: Observer) -> None:
        """Call ``observer`` from now on, and tell it the notices that came before it."""
        self.observers.append(observer)
        for notice in self._said.values():
            observer(notice)

    def emit(self, event: Event) -> None:
        """Call every observer with ``event``, in the order in which they were added."""
        if isinstance(event, Notice):
            key = event.key or event.message
            if key in self._said:
                return
            self._said[key] = event
        if self._held is not None:
            self._held.append(event)
            return
        for observer in self.observers:
            observer(event)

    def notice(self, message: str, key: str = "") -> None:
        """Emit a `Notice`."""
        self.emit(Notice(message, key))

    def hold(self) -> None:
        """Keep events back until `release`: what the plan pass finds is told after it."""
        if self._held is None:
            self._held = []

    def release(self) -> None:
        """Emit what was held back, in order."""
        held, self._held = self._held or [], None
        for event in held:
            for observer in self.observers:
                observer(event)
