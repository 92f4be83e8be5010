"""The decorators: they turn a function into a stage or an aggregate, and a call into a request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from curifactory.caching.cacheable import Cacheable
from curifactory.caching.lazy import Lazy
from curifactory.caching.pickle_cacher import PickleCacher
from curifactory.errors import (
    CachersMismatchError,
    DefinitionError,
    EmptyCachersError,
    InputSignatureError,
    OutputSignatureError,
)
from curifactory.gather import gather
from curifactory.record import Record
from curifactory.request import Output, StageDefinition

# a module named like the decorator would hide it: `curifactory.stage` is the decorator
__all__ = [
    "CachersMismatchError",
    "EmptyCachersError",
    "InputSignatureError",
    "OutputSignatureError",
    "aggregate",
    "stage",
]

CacherLike = Cacheable | type[Cacheable]


def stage(
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str | Lazy] | None = None,
    cachers: Sequence[CacherLike] | None = None,
    suppress_missing_inputs: bool = False,
    resources: Mapping[str, float] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Record]]:
    """Mark a function as a stage.

    The function takes the record first, then one argument per input, and returns its outputs:
    one value, or a tuple of as many as there are outputs.

    Parameters
    ----------
    inputs : sequence of str, optional
        Names of what it needs from the record's state; its arguments are named alike.
    outputs : sequence of str or Lazy, optional
        Names under which state keeps what it returns. A stage without outputs always runs.
    cachers : sequence of Cacheable classes or instances, optional
        One per output, or none at all. A `Lazy` output without one gets a `PickleCacher`.
    suppress_missing_inputs : bool
        Whether inputs that nobody made are left to the function's own defaults.
    resources : dict of str to number, optional
        What a call needs while it runs, such as ``{"gpu": 1}``: as many run at a time as
        ``--resource gpu=2`` has room for.

    Returns
    -------
    callable
        The decorator. The stage is called with a record (keywords replace inputs) and returns
        the record.

    Raises
    ------
    MissingInputError
        When called, if an input is not in state.
    InputSignatureError, OutputSignatureError, EmptyCachersError, CachersMismatchError
        When called, if inputs, outputs or cachers do not fit the function.
    """

    _check_is_called(inputs, "stage")

    def decorate(function: Callable[..., Any]) -> Callable[..., Record]:
        define = _Definition(
            function, inputs, outputs, cachers, suppress_missing_inputs, resources=resources
        )

        @functools.wraps(function)
        def call(record: Record, /, *args: Any, **kwargs: Any) -> Record:
            definition = define()
            _check_record(definition, record)
            return _submit(gather(definition, record, None, args, kwargs))

        call.stage_definition = define  # type: ignore[attr-defined]
        return call

    return decorate


def aggregate(
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str | Lazy] | None = None,
    cachers: Sequence[CacherLike] | None = None,
    resources: Mapping[str, float] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Record]]:
    """Mark a function as an aggregate: a stage that sees many records.

    The function takes its own record, the list of records, then one argument per input, each a
    dict of record to value that holds the records which have it.

    Parameters
    ----------
    inputs : sequence of str, optional
        Names of what it needs from the states of the records.
    outputs, cachers, resources
        As for `stage`.

    Returns
    -------
    callable
        The decorator. The aggregate is called with its own record and the records to read
        (by default every other record of the manager) and returns its own record.
    """

    _check_is_called(inputs, "aggregate")

    def decorate(function: Callable[..., Any]) -> Callable[..., Record]:
        define = _Definition(
            function, inputs, outputs, cachers, False, is_aggregate=True, resources=resources
        )

        @functools.wraps(function)
        def call(
            record: Record, /, records: Iterable[Record] | None = None, *args: Any, **kwargs: Any
        ) -> Record:
            definition = define()
            _check_record(definition, record)
            if records is None:
                read = [other for other in record.manager.records if other is not record]
            else:
                read = list(records)
            return _submit(gather(definition, record, read, args, kwargs))

        call.is_aggregate = True  # type: ignore[attr-defined]
        call.stage_definition = define  # type: ignore[attr-defined]
        return call

    return decorate


class _Definition:
    """What a decorator was given; becomes a `StageDefinition` at the first call.

    Mistakes in it are raised at the call: a module with one broken stage can still be imported.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[str] | None,
        outputs: Sequence[str | Lazy] | None,
        cachers: Sequence[CacherLike] | None,
        suppress_missing_inputs: bool,
        is_aggregate: bool = False,
        resources: Mapping[str, float] | None = None,
    ) -> None:
        self._given = (function, inputs, outputs, cachers, suppress_missing_inputs, is_aggregate)
        self._resources = resources
        self._definition: StageDefinition | None = None

    def __call__(self) -> StageDefinition:
        if self._definition is None:
            function, inputs, outputs, cachers, suppress, is_aggregate = self._given
            where = f"{'Aggregate' if is_aggregate else 'Stage'} '{function.__name__}'"
            self._definition = StageDefinition(
                function=function,
                name=function.__name__,
                inputs=_names(inputs, "inputs", where),
                outputs=_outputs(outputs, cachers, where),
                is_aggregate=is_aggregate,
                suppress_missing_inputs=suppress,
                resources=_resources(self._resources, where),
            )
        return self._definition


def _resources(given: Any, where: str) -> dict[str, float]:
    resources = {} if given is None else given
    if not isinstance(resources, Mapping) or not all(
        isinstance(tag, str) and isinstance(much, int | float) and much > 0
        for tag, much in resources.items()
    ):
        raise DefinitionError(
            f'{where} has resources={given!r}; write a name and a number each, as in {{"gpu": 1}}.'
        )
    return dict(resources)


def _check_is_called(inputs: object, decorator: str) -> None:
    if callable(inputs):
        name = getattr(inputs, "__name__", "function")
        raise DefinitionError(
            f"'{name}' is decorated with a bare @{decorator}; write @{decorator}(...), or "
            f"@{decorator}() where there are neither inputs nor outputs."
        )


def _check_record(definition: StageDefinition, record: Any) -> None:
    if not isinstance(record, Record):
        raise DefinitionError(
            f"Stage '{definition.name}' ({definition.place}) was called with "
            f"{type(record).__name__} in place of a record; call it as "
            f"{definition.name}(record), with record = Record(manager, parameter_set)."
        )


def _submit(request: Any) -> Record:
    record: Record = request.record
    record.manager.session.call(request)
    return record


def _names(names: Sequence[str] | None, what: str, where: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise DefinitionError(f'{where} has {what}="{names}"; write {what}=["{names}"].')
    found = tuple(names or ())
    for name in found:
        if not isinstance(name, str):
            raise DefinitionError(f"{where} has {name!r} among its {what}; they are names.")
        if found.count(name) > 1:
            raise DefinitionError(f"{where} names '{name}' twice among its {what}.")
    return found


def _outputs(
    outputs: Sequence[str | Lazy] | None, cachers: Sequence[CacherLike] | None, where: str
) -> tuple[Output, ...]:
    if isinstance(outputs, Lazy):
        raise DefinitionError(f"{where} has outputs={outputs!r}; write outputs=[{outputs!r}].")
    if isinstance(outputs, str):
        _names(outputs, "outputs", where)
    given = tuple(outputs or ())
    names = _names([o.name if isinstance(o, Lazy) else o for o in given], "outputs", where)
    templates = _templates(names, cachers, where)
    return tuple(
        Output(
            name=name,
            cacher=PickleCacher() if template is None and isinstance(out, Lazy) else template,
            lazy=isinstance(out, Lazy),
            resolve=out.resolve if isinstance(out, Lazy) else True,
        )
        for name, out, template in zip(names, given, templates, strict=True)
    )


def _templates(
    names: tuple[str, ...], cachers: Sequence[CacherLike] | None, where: str
) -> list[Cacheable | None]:
    if cachers is None:
        return [None] * len(names)
    if not isinstance(cachers, list | tuple):
        raise DefinitionError(f"{where} has cachers={cachers!r}; give a list, one per output.")
    if names and not cachers:
        raise EmptyCachersError(
            f"{where} has {len(names)} outputs and an empty list of cachers; give one cacher per "
            "output, or leave the argument out to cache nothing."
        )
    if len(cachers) != len(names):
        raise CachersMismatchError(
            f"{where} has {len(names)} outputs ({', '.join(names)}) and {len(cachers)} cachers; "
            "give one cacher per output."
        )
    return [_template(cacher, where) for cacher in cachers]


def _template(cacher: CacherLike, where: str) -> Cacheable:
    if isinstance(cacher, type) and issubclass(cacher, Cacheable):
        try:
            return cacher()
        except TypeError as error:
            raise DefinitionError(
                f"{where} lists the cacher class {cacher.__name__}, which cannot be made without "
                f"arguments ({error}); list an instance, {cacher.__name__}(...)."
            ) from error
    if isinstance(cacher, Cacheable):
        return cacher
    raise DefinitionError(
        f"{where} lists {cacher!r} as a cacher; cachers extend curifactory.caching.Cacheable."
    )
