"""Experiments as data, and how the engine is made to carry one out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from curifactory import Lazy, Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.events import Event

CACHERS = {"json": JsonCacher, "pickle": PickleCacher}


@dataclass(frozen=True)
class Out:
    """One output; ``lazy`` is ``""``, ``"lazy"`` or ``"unresolved"``."""

    name: str
    lazy: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage or aggregate. A lazy output is cached even where there is no ``cacher``.

    ``version`` counts the edits of its code. What is left of it by three is written in the
    function, the rest is held as a closure variable.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[Out, ...]
    cacher: str | None
    coarse: bool = False
    is_aggregate: bool = False
    version: int = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(out.name for out in self.outputs)

    @property
    def uncached(self) -> frozenset[str]:
        """The outputs that no later run can load."""
        return frozenset(out.name for out in self.outputs if not (self.cacher or out.lazy))

    @property
    def is_cached(self) -> bool:
        """Whether a later run can load all that it makes."""
        return bool(self.outputs) and not self.uncached


@dataclass(frozen=True)
class New:
    """Make a record of a parameter set, or of none."""

    params: int | None


@dataclass(frozen=True)
class Copy:
    """Copy a record; ``params`` is ``None`` for a copy that keeps the parameters."""

    record: int
    params: int | None
    listed: bool


@dataclass(frozen=True)
class Call:
    """Call a stage on a record; an aggregate on ``records``, or on all others."""

    stage: int
    record: int
    records: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Read:
    """``run`` reads a value by itself, in the plan pass too or only when it is for real."""

    record: int
    name: str
    in_plan: bool


Action = New | Copy | Call | Read


@dataclass(frozen=True)
class Experiment:
    """Stages, and what `run` does with them, in order."""

    stages: tuple[Stage, ...]
    actions: tuple[Action, ...]


def edited(experiment: Experiment, edits: tuple[int, ...]) -> Experiment:
    """The experiment after an edit of the code of some stages, by number."""
    stages = list(experiment.stages)
    for number in edits:
        index = number % len(stages)
        stages[index] = replace(stages[index], version=stages[index].version + 1)
    return replace(experiment, stages=tuple(stages))


@dataclass(frozen=True)
class Called(Event):
    """A stage function has its inputs and is about to return."""

    stage: str
    record: str
    hash: str
    inputs: Mapping[str, Any]
    returned: tuple[Any, ...]


@dataclass(frozen=True)
class WasCalled(Event):
    """`run` called a stage for real; references to what it read, as far as known, and made.

    What an aggregate read is a list, with a reference for each record.
    """

    stage: str
    hash: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class WasRead(Event):
    """`run` read a value by itself, for real."""

    value: Any


def computed(spec: Stage, size: int | None, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a stage makes of its inputs: equal only for equal causes, unless it is coarse."""
    causes = [spec.name, spec.version, size, sorted(inputs.items())]
    numbers = (zlib.crc32(repr([*causes, out.name]).encode()) for out in spec.outputs)
    return tuple([number % 2 if spec.coarse else number] for number in numbers) or (causes,)


def runnable(experiment: Experiment) -> Callable[[list[Any], Any], list[Record]]:
    """The experiment as ``run(param_sets, manager)``; gives all records."""
    stages = [_decorated(spec) for spec in experiment.stages]

    def run(param_sets: list[Any], manager: Any) -> list[Record]:
        records: list[Record] = []
        for action in experiment.actions:
            match action:
                case New(params):
                    records.append(Record(manager, _chosen(param_sets, params)))
                case Copy(record, params, listed):
                    chosen = _chosen(param_sets, params)
                    records.append(records[record].make_copy(chosen, add_to_manager=listed))
                case Call(index, record, others):
                    chosen = None if others is None else [records[other] for other in others]
                    further = (chosen,) if experiment.stages[index].is_aggregate else ()
                    spec, line = experiment.stages[index], records[record]
                    inputs = {} if spec.is_aggregate else _inputs_of(spec, line)
                    stages[index](line, *further)
                    if not manager.map_mode:
                        if spec.is_aggregate:
                            inputs = _inputs_of_all(spec, line)
                        outputs = {name: line.state.raw(name) for name in spec.names}
                        done = WasCalled(spec.name, line.get_hash(), inputs, outputs)
                        manager.events.emit(done)
                case Read(record, name, in_plan):
                    if in_plan or not manager.map_mode:
                        value = plain(records[record].state[name])
                        manager.events.emit(WasRead(value))
        return records

    return run


def plain(value: Any) -> Any:
    """The value itself, also of a `Lazy` that shows as one."""
    return value.load() if isinstance(value, Lazy) else value


def _inputs_of(spec: Stage, record: Record) -> dict[str, Any]:
    """What a stage is about to read; not what it made itself, which stands for its first input."""
    held = {name: record.state.raw(name) for name in spec.inputs}
    return {
        name: one
        for name, one in held.items()
        if one.request.record is not record or one.request.definition.name != spec.name
    }


def _inputs_of_all(spec: Stage, record: Record) -> dict[str, Any]:
    """What an aggregate read of each record; of its own it has the state after the call."""
    return {
        name: [other.state.raw(name) for other in record.input_records if name in other.state]
        for name in (() if record in record.input_records else spec.inputs)
    }


def _chosen(param_sets: list[Any], index: int | None) -> Any:
    return None if index is None else param_sets[index]


def _decorated(spec: Stage) -> Callable[..., Record]:
    make = _AGGREGATES if spec.is_aggregate else _STAGES
    body = make[spec.version % 3](replace(spec, version=spec.version - spec.version % 3))
    body.__name__ = body.__qualname__ = spec.name
    outputs = [Lazy(o.name, resolve=o.lazy == "lazy") if o.lazy else o.name for o in spec.outputs]
    cachers = [CACHERS[spec.cacher]] * len(outputs) if spec.cacher else None
    return (aggregate if spec.is_aggregate else stage)(list(spec.inputs), outputs, cachers)(body)


def _zeroth(spec: Stage) -> Callable[..., Any]:
    def one(record: Record, **inputs: Any) -> Any:
        return _returned(spec, 0, record, inputs)

    return one


def _first(spec: Stage) -> Callable[..., Any]:
    def one(record: Record, **inputs: Any) -> Any:
        return _returned(spec, 1, record, inputs)

    return one


def _second(spec: Stage) -> Callable[..., Any]:
    def one(record: Record, **inputs: Any) -> Any:
        return _returned(spec, 2, record, inputs)

    return one


def _zeroth_of_many(spec: Stage) -> Callable[..., Any]:
    def many(record: Record, records: list[Record], **inputs: Any) -> Any:
        return _returned(spec, 0, record, inputs)

    return many


def _first_of_many(spec: Stage) -> Callable[..., Any]:
    def many(record: Record, records: list[Record], **inputs: Any) -> Any:
        return _returned(spec, 1, record, inputs)

    return many


def _second_of_many(spec: Stage) -> Callable[..., Any]:
    def many(record: Record, records: list[Record], **inputs: Any) -> Any:
        return _returned(spec, 2, record, inputs)

    return many


# the same function before and after edits
_STAGES = (_zeroth, _first, _second)
_AGGREGATES = (_zeroth_of_many, _first_of_many, _second_of_many)


def _returned(spec: Stage, edits: int, record: Record, inputs: dict[str, Any]) -> Any:
    if spec.is_aggregate:
        inputs = {name: [plain(v) for v in of.values()] for name, of in inputs.items()}
    else:
        inputs = {name: plain(value) for name, value in inputs.items()}
    spec = replace(spec, version=spec.version + edits)
    values = computed(spec, None if record.params is None else record.params.size, inputs)
    # through the manager's events: calls stand in one order with what the engine tells of them
    record.manager.events.emit(
        Called(spec.name, record.name, record.get_hash(), dict(inputs), values)
    )
    return values[0] if len(values) == 1 else values
