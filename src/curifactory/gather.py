"""From a stage call to a `Request`: where each input comes from, and where outputs belong."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from curifactory.caching.pickle_cacher import PickleCacher
from curifactory.errors import InputSignatureError, MissingInputError
from curifactory.hashing import digest
from curifactory.record import Record
from curifactory.request import Request, Source, StageDefinition, UserValue
from curifactory.state import Deferred


def gather(
    definition: StageDefinition,
    record: Record,
    records: list[Record] | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Request:
    """Turn one call of a stage into a request.

    Parameters
    ----------
    definition : StageDefinition
        The stage that was called.
    record : Record
        The record it was called on.
    records : list of Record, optional
        For an aggregate: the records it reads.
    args, kwargs
        Further arguments of the call; those named like inputs replace them.

    Raises
    ------
    InputSignatureError
        If function, inputs and arguments do not fit together.
    MissingInputError
        If an input is in no state.
    """
    manager = record.manager
    definition = with_laziness(definition, manager.lazy, manager.ignore_lazy)
    named, positionals = _arguments(definition, args, kwargs) if args else (kwargs, args)
    _check_signature(definition, tuple(named))
    if records is None:
        inputs = {
            name: source
            for name in definition.inputs
            if (source := _source(definition, record, name, named)) is not None
        }
    else:
        _become_aggregate(record, records)
        inputs = {
            name: UserValue(named[name]) if name in named else _record_sources(records, name)
            for name in definition.inputs
        }
    return Request(
        definition,
        record,
        record.get_hash(),
        inputs,
        _beside_inputs(definition, named) if named else _NO_ARGUMENTS,
        positionals,
        tuple(records or ()),
        (manager.cache_path, manager.prefix or manager.experiment_name),
    )


# one for all the calls that have none
_NO_ARGUMENTS: dict[str, Any] = {}


def _beside_inputs(definition: StageDefinition, named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in definition.inputs}


@functools.lru_cache(maxsize=4096)
def with_laziness(definition: StageDefinition, lazy: bool, ignore_lazy: bool) -> StageDefinition:
    """The definition with every output lazy, or none, if the manager says so."""
    if not (lazy or ignore_lazy):
        return definition
    outputs = [replace(output, lazy=not ignore_lazy) for output in definition.outputs]
    if not ignore_lazy:
        outputs = [replace(output, cacher=output.cacher or PickleCacher()) for output in outputs]
    return replace(definition, outputs=tuple(outputs))


def _become_aggregate(record: Record, records: list[Record]) -> None:
    own = None if record.params is None else record.params.params_hash()
    # an aggregate that reads itself counts with the hash that it had before
    record.combo_hash = digest(("aggregate", own, sorted(other.get_hash() for other in records)))
    record.is_aggregate = True
    record.input_records = records


@functools.lru_cache(maxsize=4096)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def leading(definition: StageDefinition) -> int:
    """How many positional arguments the engine itself passes: the record, and the records."""
    return 2 if definition.is_aggregate else 1


def _arguments(
    definition: StageDefinition, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Arguments by name as far as the function names them, and the positional rest."""
    names = [
        name
        for name, parameter in _signature(definition.function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ][leading(definition) :]
    named = dict(zip(names, args, strict=False))
    twice = sorted(named.keys() & kwargs.keys())
    if twice:
        raise InputSignatureError(
            f"Stage '{definition.name}' ({definition.place}) was given '{twice[0]}' twice: by "
            "position and by name."
        )
    return {**named, **kwargs}, args[len(names) :]


@functools.lru_cache(maxsize=4096)
def _check_signature(definition: StageDefinition, named: tuple[str, ...]) -> None:
    parameters = _signature(definition.function).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    where = f"Stage '{definition.name}' ({definition.place})"
    positional = [
        p for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(positional) < leading(definition) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        needed = "record, records" if definition.is_aggregate else "record"
        raise InputSignatureError(f"{where} must take ({needed}, ...) as its first arguments.")
    own = {p.name for p in positional[: leading(definition)]}
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    for name in (*definition.inputs, *named):
        if name in own or not (name in parameters or takes_any):
            kind = "input" if name in definition.inputs else "argument"
            raise InputSignatureError(
                f"{where} has the {kind} '{name}', but its function has no argument of that name "
                f"for it. Its signature is {definition.name}{_signature(definition.function)}."
            )
    given = own | {*definition.inputs, *named}
    for parameter in parameters.values():
        if (
            parameter.name not in given
            and parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ):
            raise InputSignatureError(
                f"{where} has the argument '{parameter.name}', which is not among its inputs "
                f"({', '.join(definition.inputs) or 'none'}) and has no default."
            )


_ABSENT: Any = object()


def _source(
    definition: StageDefinition, record: Record, name: str, named: dict[str, Any]
) -> Source | None:
    if name in named:
        return UserValue(named[name])
    held = record.state.raw_or(name, _ABSENT)
    if held is not _ABSENT:
        return first_input(definition, record, name, held)
    if not definition.suppress_missing_inputs:
        known = ", ".join(sorted(record.state.keys())) or "nothing yet"
        raise MissingInputError(
            f"Stage '{definition.name}' ({definition.place}) needs the input '{name}', which no "
            f"stage made for record '{record.get_reference_name()}'. In its state: {known}. Call "
            f"the stage that makes it first, or pass it: {definition.name}(record, {name}=...)."
        )
    parameter = _signature(definition.function).parameters.get(name)
    if parameter is None or parameter.default is parameter.empty:
        raise InputSignatureError(
            f"Stage '{definition.name}' ({definition.place}) may run without its input '{name}' "
            "(suppress_missing_inputs), but its function has no default for it."
        )
    return None


def first_input(definition: StageDefinition, record: Record, name: str, held: Any) -> Source:
    """What state holds, but for what this same stage put there: then what that call itself got.

    So a stage ``["data"] -> ["data"]`` that is called again means the same data again.
    """
    if not isinstance(held, Deferred):
        return UserValue(held)
    request: Request | None = getattr(held, "request", None)
    if (
        request is not None
        and name in request.inputs
        and request.record is record
        and request.definition.identity == definition.identity
    ):
        return request.inputs[name]
    return held


def _record_sources(records: list[Record], name: str) -> tuple[tuple[Record, Source], ...]:
    return tuple(
        (record, held if isinstance(held := record.state.raw(name), Deferred) else UserValue(held))
        for record in records
        if name in record.state
    )
