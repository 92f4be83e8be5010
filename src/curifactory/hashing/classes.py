"""Classes and type hints: by name if they can be imported, by their parts if not."""

from __future__ import annotations

import sys
import types
import typing
from typing import Any
from weakref import WeakSet

from curifactory.hashing.containers import in_any_order, in_order, named
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import node, text

_IMPORTABLE: WeakSet[type] = WeakSet()
_HEAP_TYPE = 1 << 9
_NO_MEMBERS = {
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__",
    "__annotate__", "__annotate_func__", "__annotations_cache__", "__firstlineno__",
    "__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__",
    "__slots__", "__slotnames__", "__abstractmethods__", "_abc_impl",
    "__parameters__", "__orig_bases__",
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
    if cls in _IMPORTABLE or _has_name(cls):
        # once: a class that a notebook cell defines again is no other than before
        _IMPORTABLE.add(cls)
        return node(b"class:", (text(cls.__module__), text(cls.__qualname__)))
    return walk.bare(cls, _local_class)


def _has_name(cls: type) -> bool:
    # classes of the interpreter itself, such as that of None, need not be importable
    is_static = not cls.__flags__ & _HEAP_TYPE
    return is_static or importable(cls, cls.__module__, cls.__qualname__)


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
    if not isinstance(function, types.FunctionType):
        return member is None
    from_template = function.__code__.co_filename == "<string>"
    return from_template or function.__globals__["__name__"] == "dataclasses"


@encoder(staticmethod, classmethod)
def _unbound(value: staticmethod[..., object], walk: Walk) -> bytes:
    return node(type(value).__name__.encode() + b":", (walk.token(value.__func__),))


@encoder(property)
def _property(value: property, walk: Walk) -> bytes:
    return in_order(b"property:", (value.fget, value.fset, value.fdel), walk)


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
