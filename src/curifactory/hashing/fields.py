"""The fields of a dataclass, of which a parameter set is one kind."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from functools import lru_cache
from inspect import get_annotations
from typing import Any
from weakref import WeakKeyDictionary

from curifactory.errors import UnhashableValueError
from curifactory.hashing.registry import Walk
from curifactory.hashing.tokens import node, text

_NAMES: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()
_ANNOTATED: WeakKeyDictionary[type, dict[str, type | None]] = WeakKeyDictionary()
_text = lru_cache(maxsize=4096)(text)


def field_names(cls: type) -> tuple[str, ...]:
    """Give the names of a dataclass's fields, sorted, since moving a field changes nothing."""
    names = _NAMES.get(cls)
    if names is None:
        names = _NAMES[cls] = tuple(sorted(field.name for field in dataclasses.fields(cls)))
    return names


def counted_fields(value: Any) -> Iterable[tuple[str, object]]:
    """Give name and value of each field that counts, sorted by name.

    A field that is ``None`` does not count, so a new optional field changes nothing. A class may
    answer for itself with a method ``__counted_fields__``.
    """
    own = getattr(type(value), "__counted_fields__", None)
    if own is not None:
        return typing.cast(Iterable[tuple[str, object]], own(value))
    found = [(name, getattr(value, name, None)) for name in field_names(type(value))]
    return [pair for pair in found if pair[1] is not None]


def fields_token(value: Any, walk: Walk) -> bytes:
    """Give the token of a dataclass's fields, without its class."""
    return joined_fields(field_tokens(value, walk))


def field_tokens(value: Any, walk: Walk) -> dict[str, bytes]:
    """Give the token of what each field of a dataclass holds that counts, by name."""
    cls = type(value)
    tokens = {}
    name = ""
    try:
        for name, part in counted_fields(value):
            tokens[name] = field_token(cls, name, part, walk)
    except UnhashableValueError as error:
        error.place = f".{name}{error.place}"
        raise
    return tokens


def joined_fields(tokens: Mapping[str, bytes]) -> bytes:
    """Give one token from those of fields, in their order."""
    return node(b"fields:", [part for name in tokens for part in (_text(name), tokens[name])])


def field_token(owner: type, name: str, value: Any, walk: Walk) -> bytes:
    """Give the token of what one field holds.

    The class of a nested dataclass counts only if it is not the one that the field is annotated
    with, so renaming such a class changes nothing.
    """
    cls = type(value)
    if hasattr(cls, "__dataclass_fields__") and annotated_class(owner, name) is cls:
        return walk.bare(value, fields_token)
    return walk.token(value)


def annotated_class(owner: type, name: str) -> type | None:
    """Give the one class that a field is annotated with (``X``, ``Optional[X]``, ``"X | None"``).

    ``None`` if there are several, or none that could be found.
    """
    known = _ANNOTATED.setdefault(owner, {})
    if name not in known:
        hint = _annotation(owner, name)
        if isinstance(hint, str):
            return None  # not there yet, perhaps later
        known[name] = _single_class(hint)
    return known[name]


def _annotation(owner: type, name: str) -> object:
    for cls in owner.__mro__:
        hint = get_annotations(cls).get(name)
        if isinstance(hint, str):
            try:
                return eval(hint, {**vars(cls), **vars(sys.modules[cls.__module__])})
            except (NameError, AttributeError, TypeError, SyntaxError):
                return hint
        if hint is not None:
            return hint
    return None


def _single_class(hint: object) -> type | None:
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        hint = options[0] if len(options) == 1 else None
    hint = typing.get_origin(hint) or hint
    return hint if isinstance(hint, type) else None
