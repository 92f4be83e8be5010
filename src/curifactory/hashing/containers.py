"""Values that hold others: sequences, mappings and sets."""

from __future__ import annotations

import re
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.registry import Walk, encoder
from curifactory.hashing.tokens import hasher, node


def in_order(tag: bytes, items: Iterable[object], walk: Walk) -> bytes:
    """Give the token of items whose order counts."""
    seen = hasher(tag)
    position, token, update = 0, walk.token, seen.update
    try:
        for position, item in enumerate(items):  # noqa: B007
            update(token(item))
    except UnhashableValueError as error:
        error.place = f"[{position}]{error.place}"
        raise
    return tag + seen.digest()


def in_any_order(tag: bytes, items: Iterable[object], walk: Walk) -> bytes:
    """Give the token of items whose order does not count."""
    return node(tag, sorted([walk.part("{...}", item) for item in items]))


def pairs(tag: bytes, items: Iterable[tuple[object, object]], walk: Walk, sort: bool) -> bytes:
    """Give the token of keys and their values; with ``sort`` their order does not count."""
    found = []
    key: object = None
    try:
        for key, value in items:
            found.append(walk.token(key) + walk.token(value))
    except UnhashableValueError as error:
        error.place = f"[{_short(key)}]{error.place}"
        raise
    if sort:
        found.sort()
    return node(tag, found)


def _short(key: object) -> str:
    return repr(key)[:60] if isinstance(key, str | int | float) else f"a {type(key).__qualname__}"


@encoder(list)
def _list(value: list[object], walk: Walk) -> bytes:
    return in_order(b"list:", list.__iter__(value), walk)


@encoder(tuple)
def _tuple(value: tuple[object, ...], walk: Walk) -> bytes:
    return in_order(b"tuple:", tuple.__iter__(value), walk)


@encoder(deque)
def _deque(value: deque[object], walk: Walk) -> bytes:
    content = in_order(b"items:", deque.__iter__(value), walk)
    return node(b"deque:", (content, walk.token(value.maxlen)))


@encoder(set)
def _set(value: set[object], walk: Walk) -> bytes:
    return in_any_order(b"set:", set.__iter__(value), walk)


@encoder(frozenset)
def _frozenset(value: frozenset[object], walk: Walk) -> bytes:
    return in_any_order(b"frozenset:", frozenset.__iter__(value), walk)


@encoder(dict)
def _dict(value: dict[object, object], walk: Walk) -> bytes:
    return pairs(b"dict:", dict.items(value), walk, sort=True)


@encoder(OrderedDict)
def _ordered_dict(value: OrderedDict[object, object], walk: Walk) -> bytes:
    return pairs(b"OrderedDict:", OrderedDict.items(value), walk, sort=False)


@encoder(defaultdict)
def _defaultdict(value: defaultdict[object, object], walk: Walk) -> bytes:
    factory = walk.part(".default_factory", value.default_factory)
    return node(b"defaultdict:", (factory, _dict(value, walk)))


@encoder(types.MappingProxyType)
def _mappingproxy(value: Mapping[object, object], walk: Walk) -> bytes:
    return pairs(b"mappingproxy:", value.items(), walk, sort=True)


@encoder(types.SimpleNamespace)
def _namespace(value: types.SimpleNamespace, walk: Walk) -> bytes:
    return named(b"SimpleNamespace:", vars(value), walk)


@encoder(range)
def _range(value: range, walk: Walk) -> bytes:
    return in_order(b"range:", (value.start, value.stop, value.step), walk)


@encoder(slice)
def _slice(value: slice, walk: Walk) -> bytes:
    return in_order(b"slice:", (value.start, value.stop, value.step), walk)


@encoder(re.Pattern)
def _pattern(value: re.Pattern[Any], walk: Walk) -> bytes:
    return in_order(b"re.Pattern:", (value.pattern, value.flags), walk)


def named(tag: bytes, parts: Mapping[str, object], walk: Walk) -> bytes:
    """Give the token of parts that are reached by name; their order does not count."""
    found = [walk.token(name) + walk.part(f".{name}", part) for name, part in parts.items()]
    return node(tag, sorted(found))
