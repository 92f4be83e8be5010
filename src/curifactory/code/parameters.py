"""The code that a parameter set brings along: its classes, and functions among its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from types import FunctionType

from curifactory.code.live import callables_in

_NO_PARAMETERS = {"name", "hash", "overwrite", "hash_representations"}
_PLAIN = frozenset((str, int, float, bool, type(None)))


def parameter_classes(params: object) -> Iterator[type]:
    """Give the classes of a parameter set and of the dataclasses in it, with their bases."""
    yield from (one for one in type(params).__mro__ if one is not object)
    for value in _values(params):
        if is_dataclass(value) and not isinstance(value, type):
            yield from parameter_classes(value)


def parameter_callables(params: object) -> Iterator[FunctionType | type]:
    """Give the functions and classes among the values of a parameter set."""
    for value in _values(params):
        if is_dataclass(value) and not isinstance(value, type):
            yield from parameter_callables(value)
        else:
            yield from (found for _, found in callables_in(value))


def _values(params: object) -> Iterator[object]:
    cls: type = type(params)
    names = _names(cls)
    if not names:
        return
    said = getattr(params, "hash_representations", None) or {}
    for name in names:
        value = getattr(params, name, None)
        # most values have no parts, and this is done for every step
        if type(value) in _PLAIN or _is_plain_tuple(value):
            continue
        if said.get(name, "") is not None:
            yield value


@cache
def _names(cls: type) -> tuple[str, ...]:
    found = fields(cls) if is_dataclass(cls) else ()
    return tuple(one.name for one in found if one.name not in _NO_PARAMETERS)


def _is_plain_tuple(value: object) -> bool:
    return type(value) is tuple and all(type(one) in _PLAIN for one in value)
