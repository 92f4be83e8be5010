"""What comes back from a worker, as plain data: an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curifactory.events import Event
from curifactory.planning.decide import Reason
from curifactory.planning.inputs import InputFacts
from curifactory.planning.recipe import Recipe
from curifactory.store.commit import Commit


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What became of one step.

    Parameters
    ----------
    position : int
    executed : bool
        Whether its function was called; otherwise what it makes was there already.
    recipe : Recipe or None
        What its artifacts were made from; ``None`` if it is what was planned, and no more.
    undeclared : dict of str to InputFacts
        What its function read from state without naming it.
    commits : dict of str to Commit
    facts : dict of str to InputFacts
        For each output that other steps read: what these know about it.
    spreads : Reason or None
        Why what reads from it must run too, if so.
    values : dict of str to bytes
        Pickled values of outputs without cacher.
    timing : (float, float) or (None, None)
        Seconds of executing and of saving.
    seconds : float
        Seconds of all that the step took.
    unseeded : bool
        Whether unseeded random numbers have a part in what it made.
    tracked : tuple of str
        Paths that its function asked for and that a full store gets a copy of.
    reports : dict of str to bytes, optional
        The files of what it reported, for a stage without cached outputs.
    """

    position: int
    executed: bool
    recipe: Recipe | None
    undeclared: Mapping[str, InputFacts]
    commits: Mapping[str, Commit]
    facts: Mapping[str, InputFacts]
    spreads: Reason | None
    values: Mapping[str, bytes]
    timing: tuple[float, float] | tuple[None, None]
    seconds: float
    unseeded: bool = False
    tracked: tuple[str, ...] = ()
    reports: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """A step raised.

    Parameters
    ----------
    position : int
    error : bytes or None
        The pickled exception; ``None`` if it cannot be pickled.
    kind, message : str
        Its type and text.
    notes : tuple of str
    traceback : str
    """

    position: int
    error: bytes | None
    kind: str
    message: str
    notes: tuple[str, ...]
    traceback: str


@dataclass(frozen=True, slots=True)
class Declined:
    """A step cannot be carried out there, and must be where ``run`` is."""

    position: int
    why: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """An input of a step proved unusable: the run has to start again.

    Parameters
    ----------
    position : int
    reason : Reason
    paths : dict of str to str
        Metadata paths of what is unusable, with the reason.
    outputs : tuple of (stage identity, hash, output)
        What is needed after all.
    """

    position: int
    reason: Reason
    paths: Mapping[str, str]
    outputs: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker cannot carry out anything of this run."""

    why: str


Ending = Raised | Declined | Unusable | Refused


@dataclass(frozen=True, slots=True)
class Said:
    """What came out of a step: something printed, logged or warned.

    Parameters
    ----------
    kind : str
        ``"stdout"``, ``"stderr"``, ``"log"`` or ``"warning"``.
    record : str
        Name of the record.
    what : object
        The text; the `logging.LogRecord`'s attributes; ``(text, category, file, line)`` with the
        category and what it is derived from by module and name.
    """

    kind: str
    record: str
    what: Any


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened in a worker.

    Parameters
    ----------
    worker : str
        Host and process.
    happened : tuple of (Event or Said)
        What is to be told, in the order in which it happened.
    """

    worker: str
    happened: tuple[Event | Said, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says about an order.

    Parameters
    ----------
    worker : str
        Host and process.
    steps : tuple of StepAnswer
        The steps that went well, in order.
    ending : Ending or None
        What ended the order before its end, if something did.
    happened : tuple of (Event or Said)
        What is to be told and was not told before, in the order in which it happened.
    """

    worker: str
    steps: tuple[StepAnswer, ...]
    ending: Ending | None
    happened: tuple[Event | Said, ...]
