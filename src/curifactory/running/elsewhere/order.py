"""What goes to a worker and comes back, as plain data: work orders and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curifactory.events import Event
from curifactory.planning.decide import Reason
from curifactory.planning.inputs import InputFacts
from curifactory.planning.recipe import Recipe
from curifactory.store.commit import Commit
from curifactory.store.slot import Slot

# ------------------------------------------------------------------------ there


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What all orders of one run have in common.

    Parameters
    ----------
    token : str
        Tells the run apart from others that a worker has seen.
    manager : bytes
        The pickled facts from which a worker makes its manager.
    root : str
        The project's folder.
    folder : str
        The working folder.
    path : tuple of str
        Where modules are looked for.
    handshake : str
        A file in the cache folder that every worker must see.
    versions : dict of str to str
        The versions of Python and curifactory here.
    """

    token: str
    manager: bytes
    root: str
    folder: str
    path: tuple[str, ...]
    handshake: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SentDefinition:
    """A stage by the name under which it can be imported, or pickled whole.

    Parameters
    ----------
    module, name : str
        Where to import it from.
    lazy, ignore_lazy : bool
        Whether every output, or none, is lazy.
    pickled : bytes, optional
        The definition itself, where no import gives it.
    """

    module: str
    name: str
    lazy: bool = False
    ignore_lazy: bool = False
    pickled: bytes | None = None


@dataclass(frozen=True, slots=True)
class SentRecord:
    """A record as a worker needs it.

    Parameters
    ----------
    params : bytes or None
        The pickled parameter set.
    hash : str
        The hash that names its artifacts.
    combo_hash, is_aggregate
        As the record has them.
    """

    params: bytes | None
    hash: str
    combo_hash: str | None = None
    is_aggregate: bool = False


@dataclass(frozen=True, slots=True)
class SentValue:
    """An input that no stage made, pickled."""

    pickled: bytes


@dataclass(frozen=True, slots=True)
class SentOutput:
    """An input that a stage made: an artifact in the cache, or a value that travels.

    Parameters
    ----------
    definition : SentDefinition
        The stage.
    output : str
        Which of its outputs.
    record : int
        The record it was made for, among the order's records.
    hash : str
        The hash that this record had then.
    slot, commit
        Where it lies, and what it was pinned to.
    facts : InputFacts
        What a step that reads it knows about it.
    spreads : Reason, optional
        Why what reads from it must run too, if so.
    value : bytes, optional
        The pickled value, where no cacher keeps it.
    """

    definition: SentDefinition
    output: str
    record: int
    hash: str
    slot: Slot | None
    commit: Commit | None
    facts: InputFacts
    spreads: Reason | None = None
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """An input that an earlier step of the same order makes."""

    position: int
    output: str


CodeHere = tuple[str | None, Mapping[str, str | None], Mapping[str, str]]
SentSource = SentValue | SentOutput | Within
SentInput = SentSource | tuple[tuple[int, SentSource], ...]


@dataclass(frozen=True, slots=True)
class SentState:
    """The stages that a record went through before a call, and the names in its state."""

    stages: tuple[str, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switches:
    """What was set on the manager and the record when the step was called."""

    combo_hash: str | None
    is_aggregate: bool
    prefix: str | None
    overwrite: bool
    overwrite_stages: tuple[str, ...]
    seed: str


@dataclass(frozen=True, slots=True)
class SentStep:
    """One step of an order.

    Parameters
    ----------
    position : int
        Its position in the plan.
    definition : SentDefinition
    record : int
        Its record, among the order's records.
    record_hash : str
        The hash that names its artifacts.
    inputs : dict of str to SentInput
        Where each input comes from; for an aggregate one source per record.
    arguments : bytes or None
        The pickled further arguments, ``(named, positional)``.
    records : tuple of int
        The records that an aggregate reads.
    slots, reportables_slot
        Where its outputs belong.
    needed : frozenset of str
        Which of them are needed.
    carried : frozenset of str
        Outputs without cacher whose values have to come back.
    code : (str or None, dict, dict)
        Digest of its code here, digests of its variables, versions of its packages.
    own : SentState
        Its record as it was at the call.
    others : tuple of SentState
        The records that an aggregate reads, likewise.
    input_records : tuple of int
        What its record aggregated, among the order's records.
    switches : Switches
    environ : dict of str to (str or None)
        Environment variables that ``run`` had changed; ``None`` for one that was gone.
    variables : dict of (str, str) to bytes
        Module and name of each global that is not what its source says, with its pickled value.
    unusable : dict of str to str
        Metadata paths of its artifacts that proved unusable, with the reason.
    """

    position: int
    definition: SentDefinition
    record: int
    record_hash: str
    inputs: Mapping[str, SentInput]
    arguments: bytes | None
    records: tuple[int, ...]
    slots: Mapping[str, Slot]
    reportables_slot: Slot | None
    needed: frozenset[str]
    carried: frozenset[str]
    code: CodeHere
    own: SentState
    others: tuple[SentState, ...]
    input_records: tuple[int, ...]
    switches: Switches
    environ: Mapping[str, str | None] = field(default_factory=dict)
    variables: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """Steps that one worker carries out, one after the other.

    Parameters
    ----------
    token : str
        Which run it belongs to.
    run : bytes
        The pickled `RunFacts`, for a worker that does not know the run yet.
    records : tuple of SentRecord
    steps : tuple of SentStep
    """

    token: str
    run: bytes
    records: tuple[SentRecord, ...]
    steps: tuple[SentStep, ...]


# ------------------------------------------------------------------- and back


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What became of one step.

    Parameters
    ----------
    position : int
    executed : bool
        Whether its function was called; otherwise what it makes was there already.
    recipe : Recipe
        What its artifacts were made from.
    undeclared : dict of str to InputFacts
        What its function read from state without naming it.
    commits : dict of str to Commit
    facts : dict of str to InputFacts
        What a step that reads an output knows about it.
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
    recipe: Recipe
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
        The text; the `logging.LogRecord`'s attributes; ``(category, text, file, line)``.
    """

    kind: str
    record: str
    what: Any


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
        What is to be told, in the order in which it happened.
    """

    worker: str
    steps: tuple[StepAnswer, ...]
    ending: Ending | None
    happened: tuple[Event | Said, ...]
