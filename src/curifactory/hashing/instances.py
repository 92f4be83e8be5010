"""Instances of classes that nobody taught us: a class and its fields."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from enum import Enum, Flag
from functools import cached_property
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.classes import class_token, importable
from curifactory.hashing.containers import in_order, named
from curifactory.hashing.fields import fields_token
from curifactory.hashing.registry import Encoder, Walk, encoder
from curifactory.hashing.tokens import node, text


def instance(value: object, walk: Walk) -> bytes:
    """Give the token of any instance: dataclass, function-like object, or class with fields."""
    cls = type(value)
    if dataclasses.is_dataclass(cls):
        return node(b"dataclass:", (class_token(cls, walk), fields_token(value, walk)))
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if callable(value) and importable(value, module, name):
        return node(b"importable:", (text(str(module)), text(str(name))))
    return node(b"instance:", (class_token(cls, walk), _state(value, walk)))


def stand_in(function: Callable[[Any], object]) -> Encoder:
    """Make the encoder that hashes what a registered function gives for a value."""

    def encode(value: object, walk: Walk) -> bytes:
        kind = type(value).__qualname__
        try:
            other = function(value)
        except Exception as error:
            raise UnhashableValueError(
                f"the function registered for '{kind}' raised {type(error).__name__}: {error}"
            ) from error
        if other is value:
            raise UnhashableValueError(
                f"the function registered for '{kind}' gave the value itself back"
            )
        return node(b"registered:", (class_token(type(value), walk), walk.token(other)))

    return encode


def extended(base: type, encode_base: Encoder) -> Encoder:
    """Make the encoder for classes that extend ``base``: class, content and added attributes."""

    def encode(value: object, walk: Walk) -> bytes:
        added = dict(getattr(value, "__dict__", ()))
        for cls in type(value).__mro__[: type(value).__mro__.index(base)]:
            slots = [k for k, v in vars(cls).items() if type(v) is types.MemberDescriptorType]
            added.update({name: getattr(value, name) for name in slots if hasattr(value, name)})
        content = encode_base(value, walk)
        attributes = named(b"attributes:", _without_cached(type(value), added), walk)
        return node(b"extended:", (class_token(type(value), walk), content, attributes))

    return encode


@encoder(Enum, family=True)
def _enum(value: Enum, walk: Walk) -> bytes:
    # a combination of flags may have no name
    which = value.value if isinstance(value, Flag) else value.name
    return node(b"enum:", (class_token(type(value), walk), walk.part(".value", which)))


@encoder(BaseException, family=True)
def _exception(value: BaseException, walk: Walk) -> bytes:
    parts = in_order(b"args:", value.args, walk), named(b"attributes:", vars(value), walk)
    return node(b"exception:", (class_token(type(value), walk), *parts))


def _state(value: object, walk: Walk) -> bytes:
    cls = type(value)
    if cls.__getstate__ is not object.__getstate__:
        # the class itself says what counts, and leaves caches and handles out
        return node(b"state:", (walk.token(_own_state(value)),))
    if not _is_open(value):
        raise UnhashableValueError(
            f"a value of type '{cls.__module__}.{cls.__qualname__}' has no content that can be "
            "seen and would be the same tomorrow"
        )
    state = object.__getstate__(value)
    fields, slots = state if isinstance(state, tuple) else (state, None)
    return named(b"fields:", _without_cached(cls, {**(fields or {}), **(slots or {})}), walk)


def _own_state(value: Any) -> object:
    try:
        return value.__getstate__()
    except Exception as error:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise UnhashableValueError(
            f"a value of type '{kind}' does not give its state away ({error})"
        ) from error


def _is_open(value: object) -> bool:
    """Tell whether all of an instance's state is in fields that Python can see."""
    cls = type(value)
    if cls is object:
        return False
    if (
        type(cls.__reduce__) is types.MethodDescriptorType
        and cls.__reduce__ is not object.__reduce__
    ):
        return False
    reduce = cls.__reduce__ is object.__reduce__ and cls.__reduce_ex__ is object.__reduce_ex__
    try:
        # Python's own rule: an instance larger than its fields has something hidden
        return not reduce or bool(object.__reduce_ex__(value, 2))
    except TypeError:
        return False


def _without_cached(cls: type, fields: dict[str, Any]) -> dict[str, Any]:
    # a property that was looked at once is no other value than one that was not
    return {
        name: part
        for name, part in fields.items()
        if not isinstance(getattr(cls, name, None), cached_property)
    }
