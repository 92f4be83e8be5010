"""Which functions and classes a value holds: what registries, closures and partials bring in."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

_DEEPEST = 4
_LONGEST = 1000
_PLAIN = (int, float, complex, str, bytes, type(None), ModuleType)


def callables_in(
    value: object, label: str = "", depth: int = 0
) -> Iterator[tuple[str, FunctionType | type]]:
    """Give the functions and classes in a value, each with where in the value it lies.

    What is very long is data.

    Looks into containers, partials, bound methods and wrappers; of other instances it gives the
    class. Nothing of the value is executed.
    """
    if depth > _DEEPEST or isinstance(value, _PLAIN):
        return
    if isinstance(value, FunctionType | type):
        yield label, value
    for step, part in _parts(value):
        yield from callables_in(part, label + step, depth + 1)


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict | list | tuple | set | frozenset) and len(value) > _LONGEST:
        return
    if isinstance(value, functools.partial):
        yield ".func", value.func
        yield from ((f"[{place}]", part) for place, part in enumerate(value.args))
        yield from ((f".{name}", part) for name, part in value.keywords.items())
    elif isinstance(value, MethodType):
        yield ".__func__", value.__func__
        yield ".__self__", value.__self__
    elif isinstance(value, staticmethod | classmethod):
        yield "", value.__func__
    elif isinstance(value, property):
        yield from ((".property", part) for part in (value.fget, value.fset, value.fdel))
    elif isinstance(value, dict | MappingProxyType):
        yield from ((f"[{_key(key)}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"[{place}]", part) for place, part in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from (("[]", part) for part in value)
    elif not isinstance(value, type):
        yield from _wrapped(value)
        if not isinstance(value, FunctionType):
            yield " (class)", type(value)


def _wrapped(value: object) -> Iterator[tuple[str, object]]:
    attributes: Mapping[str, Any] = getattr(value, "__dict__", {})
    if "__wrapped__" in attributes:
        yield ".__wrapped__", attributes["__wrapped__"]


def _key(key: object) -> str:
    if isinstance(key, type):
        return key.__qualname__
    return repr(key) if isinstance(key, _PLAIN) else type(key).__qualname__


def codes_in(value: object, name: str) -> Iterator[CodeType]:
    """Give the code that runs for the definition ``name``, a global's or a method's."""
    method = name.partition(".")[2]
    parts = [value]
    if isinstance(value, type) and method:
        parts = [vars(value).get(method)]
    for one in parts:
        for _, found in callables_in(one):
            if isinstance(found, FunctionType) and found.__code__.co_qualname == name:
                yield found.__code__
