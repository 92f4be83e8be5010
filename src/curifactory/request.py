"""A stage call as data: what is asked for, before anybody decides what to do about it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curifactory.caching.cacheable import Cacheable
from curifactory.caching.locate import locate
from curifactory.params import ParametersNow
from curifactory.store.reserved import REPORTABLES
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


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
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


@functools.lru_cache(maxsize=4096)
def output_names(definition: StageDefinition) -> tuple[str, ...]:
    """The names of a stage's outputs, in order; one object for all its calls."""
    return tuple(output.name for output in definition.outputs)


def is_placed_by_user(definition: StageDefinition) -> bool:
    """Whether more than stage, hash and naming say where its artifacts lie."""
    for output in definition.outputs:
        if output.cacher is not None and output.cacher.path_override:
            return True
    return False


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
    naming : tuple of (str, str)
        Cache folder and prefix, which every name of a file in the cache folder depends on.
    """

    definition: StageDefinition
    record: Record
    record_hash: str
    inputs: dict[str, Any]
    arguments: dict[str, Any]
    positionals: tuple[Any, ...]
    records: tuple[Record, ...]
    naming: tuple[str, str]
    _slots: dict[str, Slot] | None = field(default=None, repr=False, compare=False)
    _reportables: Slot | None = field(default=None, repr=False, compare=False)
    _parameters: ParametersNow | None = field(default=None, repr=False, compare=False)

    @property
    def slots(self) -> dict[str, Slot]:
        """Where each cached output belongs."""
        if self._slots is None:
            self.take_slots(_slots(self))
        assert self._slots is not None
        return self._slots

    @property
    def parameters(self) -> ParametersNow | None:
        """What the record's parameters say at the call; ``None`` without any."""
        if self._parameters is None:
            # looked at once for all that is asked about one call
            object.__setattr__(self, "_parameters", self.record.parameters_now())
        return self._parameters

    def take_slots(self, slots: dict[str, Slot], reportables: Slot | None = None) -> None:
        """Set where outputs, and what is reported, belong, where that is known already."""
        object.__setattr__(self, "_slots", slots)
        object.__setattr__(self, "_reportables", reportables)

    @property
    def reportables_slot(self) -> Slot | None:
        """Where what the stage reports is kept: beside the first output that is cached, if any."""
        if self._reportables is not None:
            return self._reportables
        first = next((one for one in self.definition.outputs if one.cacher is not None), None)
        if first is None or first.cacher is None:
            return None
        slot = self.slots[first.name]
        if slot.given_by_user:
            return slot._replace(stem=f"{slot.stem}_{REPORTABLES}", extension="")
        if len(first.name) >= len(REPORTABLES) and slot.stem.endswith(first.name):
            # not longer than that, so it needs no check of its own
            return Slot(slot.folder, slot.stem.removesuffix(first.name) + REPORTABLES)
        return _slot(self, REPORTABLES, first.cacher, extension="")

    @property
    def is_static(self) -> bool:
        """Whether no parameter has a part in where the artifacts lie (``overwrite_path``)."""
        if not is_placed_by_user(self.definition):
            return False
        return bool(self.slots) and all(slot.static for slot in self.slots.values())


def _slots(request: Request) -> dict[str, Slot]:
    return {
        output.name: _slot(request, output.name, output.cacher, output.cacher.extension or "")
        for output in request.definition.outputs
        if output.cacher is not None
    }


def _slot(request: Request, name: str, cacher: Cacheable, extension: str) -> Slot:
    return locate(
        path_override=cacher.path_override if name != REPORTABLES else None,
        name=name,
        subdir=cacher.subdir,
        prefix=cacher.prefix,
        extension=extension,
        stage=request.definition.name,
        record=request.record,
        cacher=type(cacher).__name__,
    )
