"""Values as a reader sees them in metadata: short, never exact, never what is compared."""

from __future__ import annotations

import dataclasses
import json
import math
from enum import Enum
from pathlib import PurePath
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.walk import digest

_LONGEST = 1000
_MOST_ESCAPED = 12  # a character beyond the first plane, as two escapes
_DEEPEST = 6


def describe_value(value: object) -> object:
    """Give a value as something that JSON holds: as it is when small, else as a short text.

    Examples
    --------
    >>> describe_value((1, 2.5))
    [1, 2.5]
    >>> describe_value(range(10_000))
    'range (10000 items) ...'
    """
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is str and len(value) <= _LONGEST // _MOST_ESCAPED:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    try:
        plain = _plain(value, 0)
        if len(json.dumps(plain)) <= _LONGEST:
            return plain
    except (_TooLargeError, RecursionError):
        pass
    return _summary(value)


class _TooLargeError(Exception):
    """The value is too large or too deep to be written out."""


def _plain(value: Any, depth: int) -> object:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, PurePath):
        return value.as_posix()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
        return _plain({"class": type(value).__name__, **fields}, depth)
    if type(value) not in (list, tuple, set, frozenset, dict):
        return _summary(value)
    if depth > _DEEPEST or len(value) > _LONGEST // 2:
        raise _TooLargeError
    if isinstance(value, dict):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    items = [_plain(item, depth + 1) for item in value]
    return sorted(items, key=json.dumps) if isinstance(value, set | frozenset) else items


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(_plain(key, _DEEPEST))


def _summary(value: Any) -> str:
    kind = type(value).__name__
    facts = [_name_of(value) or kind]
    if isinstance(getattr(value, "shape", None), tuple):
        facts += [str(getattr(value, "dtype", "")), str(value.shape)]
    elif hasattr(type(value), "__len__"):
        facts.append(f"({len(value)} items)")
    try:
        facts.append(digest(value)[:8] + "…")
    except UnhashableValueError:
        facts.append("(cannot be hashed)")
    return " ".join(fact for fact in facts if fact)[:_LONGEST]


def _name_of(value: Any) -> str:
    name = getattr(value, "__qualname__", None)
    return f"{value.__module__}.{name}" if isinstance(name, str) else ""
