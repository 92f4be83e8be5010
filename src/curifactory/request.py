"""A stage call as data: what is asked for, before anybody decides what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curifactory.caching.cacheable import Cacheable
from curifactory.store.slot import Slot

if TYPE_CHECKING:
    from curifactory.record import Record


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output of a stage.

    Parameters
    ----------
    name : str
        Its name in state and in the file name.
    cacher : Cacheable, optional
        The template that is copied for every use; ``None`` for an output that is not cached.
    lazy : bool
        Whether it was declared with `Lazy`.
    resolve : bool
        The `Lazy`'s ``resolve``.
    """

    name: str
    cacher: Cacheable | None = None
    lazy: bool = False
    resolve: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class StageDefinition:
    """A decorated function; nothing changes it after the decorator made it.

    Compares by identity.

    Parameters
    ----------
    function : callable
        What the user wrote.
    name : str
        The function's name, part of every artifact's file name.
    inputs : tuple of str, or None
        Names of what it reads from state. ``None`` for an aggregate that declares none.
    outputs : tuple of Output
        What it returns, in order.
    is_aggregate : bool
        Whether it sees many records.
    suppress_missing_inputs : bool
        Whether the function's defaults stand in for inputs that nobody made.
    resources : dict of str to float
        What a call of it needs while it runs, such as ``{"gpu": 1}``.
    """

    function: Callable[..., Any]
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[Output, ...]
    is_aggregate: bool = False
    suppress_missing_inputs: bool = False
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """File and line of the function, for messages."""
        code = getattr(self.function, "__code__", None)
        if code is None:
            return f"module {getattr(self.function, '__module__', '?')}"
        return f"{code.co_filename}:{code.co_firstlineno}"

    @property
    def identity(self) -> tuple[str, str]:
        """Module and qualified name: tells stages of one name apart."""
        function = self.function
        return (function.__module__, getattr(function, "__qualname__", self.name))


@dataclass(frozen=True, slots=True)
class UserValue:
    """An input that no stage made: put into state by hand, or given as keyword."""

    value: Any


# an input is what state holds for it: a deferred stage output, or a value of the user
Source = Any
RecordSources = tuple[tuple["Record", Source], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a stage on a record.

    Parameters
    ----------
    definition : StageDefinition
        The stage.
    record : Record
        The record it was called on.
    record_hash : str
        The hash that names the artifacts.
    inputs : dict of str to source, or to ((record, source), ...) for an aggregate
        Where each input comes from. An input that is missing and suppressed is not in it.
    arguments : dict of str to object
        Further named arguments of the call.
    positionals : tuple
        Further positional arguments of the call.
    records : tuple of Record
        The records that an aggregate reads.
    slots : dict of str to Slot
        Where each cached output belongs.
    reportables_slot : Slot, optional
        Where what the stage reports is kept, if any output is cached.
    """

    definition: StageDefinition
    record: Record
    record_hash: str
    inputs: dict[str, Any]
    arguments: dict[str, Any]
    positionals: tuple[Any, ...]
    records: tuple[Record, ...]
    slots: dict[str, Slot]
    reportables_slot: Slot | None = None

    @property
    def is_static(self) -> bool:
        """Whether no parameter has a part in where the artifacts lie (``overwrite_path``)."""
        return bool(self.slots) and all(slot.static for slot in self.slots.values())
