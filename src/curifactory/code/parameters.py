"""The code that a parameter set brings along: its classes, and functions among its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import FunctionType

from curifactory.code.live import callables_in

_NO_PARAMETERS = {"name", "hash", "overwrite", "hash_representations"}
_PLAIN = (str, int, float, type(None))


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
    if not is_dataclass(params):
        return
    said = getattr(params, "hash_representations", None) or {}
    for one in fields(params):
        value = getattr(params, one.name, None)
        left_out = one.name in _NO_PARAMETERS or said.get(one.name, "") is None
        if not left_out and not isinstance(value, _PLAIN):
            yield value
