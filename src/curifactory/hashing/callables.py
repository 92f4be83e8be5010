"""Functions, classes and modules: by name if they can be imported, by their parts if not."""

from __future__ import annotations

import functools
import operator
import sys
import types
import typing
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from curifactory.code import normalised_code
from curifactory.errors import UnhashableValueError
from curifactory.hashing.containers import in_any_order, in_order, named
from curifactory.hashing.registry import encoder, leaf_encoder
from curifactory.hashing.tokens import node, text
from curifactory.hashing.walk import Walk

_IMPORTABLE: WeakSet[type] = WeakSet()
_NO_MEMBERS = {
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__",
    "__annotate__", "__annotate_func__", "__annotations_cache__", "__firstlineno__",
    "__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__",
    "__slots__", "__abstractmethods__", "_abc_impl", "__parameters__", "__orig_bases__",
}  # fmt: skip
_WRITTEN_BY_DATACLASS = {
    "__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__",
    "__setattr__", "__delattr__", "__getstate__", "__setstate__", "__replace__",
}  # fmt: skip


def importable(value: object, module: object, qualname: object) -> bool:
    """Tell whether ``qualname`` in the loaded ``module`` is this very object."""
    if not isinstance(module, str) or not isinstance(qualname, str):
        return False
    found: object = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found is value


def class_token(cls: type, walk: Walk) -> bytes:
    """Give the token of a class: its name, or all of it if the name leads to another one."""
    if cls in _IMPORTABLE or importable(cls, cls.__module__, cls.__qualname__):
        # once: a class that a notebook cell defines again is no other than before
        _IMPORTABLE.add(cls)
        return node(b"class:", (text(cls.__module__), text(cls.__qualname__)))
    return walk.bare(cls, _local_class)


@encoder(type, family=True)
def _class(value: type, walk: Walk) -> bytes:
    return class_token(value, walk)


def _local_class(cls: type, walk: Walk) -> bytes:
    members = {}
    fields = vars(cls).get("__dataclass_fields__")
    for name, member in vars(cls).items():
        generated = fields is not None and name in _WRITTEN_BY_DATACLASS and _is_generated(member)
        slot = isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType)
        if name not in _NO_MEMBERS and not generated and not slot:
            members[name] = member
    if fields is not None:
        members["__dataclass_fields__"] = {
            name: (field.default, field.default_factory) for name, field in fields.items()
        }
    parts = text(cls.__qualname__), in_order(b"bases:", cls.__bases__, walk)
    return node(b"local class:", (*parts, named(b"members:", members, walk)))


def _is_generated(member: object) -> bool:
    function = getattr(member, "__wrapped__", member)
    code = getattr(function, "__code__", None)
    return member is None or (code is not None and not code.co_filename.endswith(".py"))


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


@encoder(staticmethod, classmethod)
def _unbound(value: staticmethod[..., object], walk: Walk) -> bytes:
    return node(type(value).__name__.encode() + b":", (walk.token(value.__func__),))


@encoder(property)
def _property(value: property, walk: Walk) -> bytes:
    return in_order(b"property:", (value.fget, value.fset, value.fdel), walk)


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


@encoder(types.UnionType)
def _union(value: types.UnionType, walk: Walk) -> bytes:
    return in_any_order(b"union:", value.__args__, walk)


@encoder(types.GenericAlias, type(typing.List[int]), family=True)  # noqa: UP006
def _generic(value: Any, walk: Walk) -> bytes:
    origin, arguments = typing.get_origin(value), typing.get_args(value)
    if origin is typing.Union:
        return in_any_order(b"union:", arguments, walk)
    return in_order(b"generic:", (origin, *arguments), walk)


@leaf_encoder(type(typing.ClassVar), typing.TypeVar, family=True)
def _special_form(value: Any) -> bytes:
    name = value.__name__ if isinstance(value, typing.TypeVar) else value._name
    return node(b"typing:", (text(name),))
