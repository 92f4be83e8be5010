"""Plain values: those that JSON gives back exactly. What is not plain becomes it, and says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain value, and where and how it differs from what it was made from.

    Parameters
    ----------
    value : object
        Built of exact ``dict`` (with ``str`` keys), ``list``, ``str``, ``int``, ``float``,
        ``bool`` and ``None`` only.
    difference : str, optional
        Such as ``"at ['a'][2]: tuple becomes list"``.
    """

    value: Any
    difference: str | None = None


def is_plain(value: Any) -> bool:
    """Whether JSON gives back exactly this value; takes a small part of the time of writing it.

    Raises
    ------
    RecursionError
        If it nests very deeply, or holds itself.
    """
    kind = type(value)
    if kind is dict:
        # whole containers are judged by the set of their types, at the speed of C
        if not set(map(type, value)) <= {str}:
            return False
        children: Iterable[Any] = value.values()
    elif kind is list:
        children = value
    else:
        return kind in _SCALARS
    if set(map(type, children)) <= _SCALARS:
        return True
    return all(map(is_plain, children))


def to_plain(value: Any) -> Plain:
    """Make a value plain.

    Tuples and other sequences of that kind become lists, keys become strings the way Python's
    ``json`` makes them, numpy's scalars become numbers, and what JSON does not know at all becomes
    its ``str``.
    """
    conversion = _Conversion()
    plain = conversion.convert(value, "")
    return Plain(plain, conversion.difference)


class _Conversion:
    """One walk over a value; notes the first place that changes and counts the others."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._count = 0

    @property
    def difference(self) -> str | None:
        if self._count <= 1:
            return self._first
        more = self._count - 1
        return f"{self._first} (and {more} more place{'s' if more > 1 else ''})"

    def convert(self, value: Any, place: str) -> Any:
        if type(value) in _SCALARS:
            return value
        if isinstance(value, dict):
            return self._dict(value, place)
        if isinstance(value, list | tuple):
            return self._list(value, place)
        plain, equal = _scalar(value)
        if not equal:
            self._note(place, f"{_type_name(value)} becomes {type(plain).__name__}")
        return plain

    def _dict(self, value: dict[Any, Any], place: str) -> dict[str, Any]:
        if type(value) is not dict:
            self._note(place, f"{_type_name(value)} becomes dict")
        plain: dict[str, Any] = {}
        for key, item in value.items():
            name = key if type(key) is str else _key(key)
            here = f"{place}[{key!r}]"
            if name in plain:
                self._note(here, f"another key is the text {name!r} too; only the last entry stays")
            elif name is not key:
                self._note(here, f"{_type_name(key)} key becomes {name!r}")
            plain[name] = self.convert(item, here)
        return plain

    def _list(self, value: list[Any] | tuple[Any, ...], place: str) -> list[Any]:
        if type(value) is not list:
            self._note(place, f"{_type_name(value)} becomes list")
        if set(map(type, value)) <= _SCALARS:
            return list(value)
        return [self.convert(item, f"{place}[{index}]") for index, item in enumerate(value)]

    def _note(self, place: str, what: str) -> None:
        self._count += 1
        if self._first is None:
            self._first = f"at {place or 'the top'}: {what}"


def _scalar(value: Any) -> tuple[Any, bool]:
    """The plain form of what is no container, and whether it is equal to `value`."""
    number = _numpy_number(value)
    if number is not None:
        return number, True
    if isinstance(value, str):
        return str.__str__(value), _is_numpy(value)
    if isinstance(value, int):
        return int.__int__(value), False
    if isinstance(value, float):
        return float.__float__(value), False
    return _text(value), False


def _key(key: Any) -> str:
    plain = _scalar(key)[0] if type(key) not in _SCALARS else key
    return plain if isinstance(plain, str) else json.dumps(plain)


def _is_numpy(value: Any) -> bool:
    # a numpy object exists only where numpy was imported
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.generic)


def _numpy_number(value: Any) -> bool | int | float | None:
    """The Python number that is equal to a numpy scalar, if `value` is one and there is one."""
    if not _is_numpy(value) or value.dtype.kind not in "biuf":
        return None
    number = value.item()
    # numpy.longdouble gives itself: no Python number has its digits
    return number if type(number) in _SCALARS else None


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return repr(value)
    if isinstance(value, set | frozenset) and value:
        # in an order that does not change from one process to the next
        try:
            members = sorted(value)
        except TypeError:
            members = sorted(value, key=repr)
        text = "{" + ", ".join(map(repr, members)) + "}"
        return text if type(value) is set else f"{type(value).__name__}({text})"
    return str.__str__(str(value))


def _type_name(value: Any) -> str:
    cls = type(value)
    return cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
