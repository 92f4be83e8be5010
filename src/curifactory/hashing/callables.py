"""Functions, methods and modules: by name if they can be imported, by their parts if not."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable
from typing import Any

from curifactory.code import normalised_code
from curifactory.errors import UnhashableValueError
from curifactory.hashing.classes import class_token, importable
from curifactory.hashing.containers import named
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import node, text


@encoder(types.FunctionType)
def _function(value: types.FunctionType, walk: Walk) -> bytes:
    if importable(value, value.__module__, value.__qualname__):
        return node(b"importable:", (text(value.__module__), text(value.__qualname__)))
    closure = {
        name: _content(cell)
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    }
    parts = (
        text(normalised_code(value)),
        walk.part(" (defaults)", value.__defaults__),
        walk.part(" (defaults)", value.__kwdefaults__ or None),
        _inside(b"closure:", closure, walk),
        _inside(b"attributes:", vars(value), walk),
    )
    return node(b"function:", parts)


def _inside(tag: bytes, variables: dict[str, Any], walk: Walk) -> bytes:
    try:
        return named(tag, variables, walk)
    except UnhashableValueError as error:
        error.place = f" (in its {tag[:-1].decode()}){error.place}"
        raise


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return NotImplemented  # a variable that has no value yet


@encoder(types.BuiltinFunctionType)
def _builtin(value: types.BuiltinFunctionType, walk: Walk) -> bytes:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        module = value.__module__ or getattr(owner, "__name__", "")
        return node(b"importable:", (text(module), text(value.__qualname__)))
    return node(b"method:", (walk.part(".__self__", owner), text(value.__name__)))


@encoder(types.MethodType)
def _method(value: types.MethodType, walk: Walk) -> bytes:
    parts = walk.part(".__self__", value.__self__), walk.part(".__func__", value.__func__)
    return node(b"method:", parts)


@encoder(types.MethodWrapperType)
def _method_wrapper(value: types.MethodWrapperType, walk: Walk) -> bytes:
    return node(b"method:", (walk.part(".__self__", value.__self__), text(value.__name__)))


@encoder(
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
def _descriptor(value: types.MethodDescriptorType, walk: Walk) -> bytes:
    return node(b"descriptor:", (class_token(value.__objclass__, walk), text(value.__name__)))


@encoder(functools.partial)
def _partial(value: functools.partial[object], walk: Walk) -> bytes:
    parts = (
        walk.part(".func", value.func),
        walk.part(".args", value.args),
        walk.part(".keywords", value.keywords),
    )
    return node(b"partial:", parts)


@encoder(type(functools.lru_cache(len)))
def _cached(value: Any, walk: Walk) -> bytes:
    # what it has remembered so far is no part of it
    return node(b"cached:", (walk.part(".__wrapped__", value.__wrapped__),))


@encoder(operator.itemgetter, operator.attrgetter, operator.methodcaller)
def _getter(value: Callable[[Any], Any], walk: Walk) -> bytes:
    return node(type(value).__name__.encode() + b":", (walk.token(value.__reduce__()[1:]),))


@leaf_encoder(types.ModuleType, family=True)
def _module(value: types.ModuleType) -> bytes:
    return node(b"module:", (text(value.__name__),))
