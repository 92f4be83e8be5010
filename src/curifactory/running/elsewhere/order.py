"""What goes to a worker, as plain data: a work order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from curifactory.planning.decide import Reason
from curifactory.planning.inputs import InputFacts
from curifactory.store.commit import Commit
from curifactory.store.slot import Slot


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
    params : bytes or int or None
        The pickled parameter set, or which of the order's plain ones it is.
    hash : str
        The hash that names its artifacts.
    digests : dict of str to str, optional
        The digests of its fields, where these are plain.
    combo_hash, is_aggregate
        As the record has them.
    """

    params: bytes | int | None
    hash: str
    digests: Mapping[str, str] | None = None
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
    read : frozenset of str
        Outputs that other steps read: what is known about them has to come back.
    recipe : str or None
        Digest of what it is made from, as far as it was known when it was planned.
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
    read: frozenset[str]
    recipe: str | None
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
    plain_params : bytes
        The parameter sets with nothing but plain values, pickled together.
    records : tuple of SentRecord
    steps : tuple of SentStep
    """

    token: str
    run: bytes
    plain_params: bytes
    records: tuple[SentRecord, ...]
    steps: tuple[SentStep, ...]
