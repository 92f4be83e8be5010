"""Which encoder is for which class.

An encoder gives the token of a value; `search` says which one a class gets that is not in here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from curifactory.errors import DefinitionError


class Walk(Protocol):
    """What an encoder asks of the walk that it is part of, for the parts of its value."""

    def token(self, value: object) -> bytes:
        """Give the token of a part."""
        ...

    def part(self, step: str, value: object) -> bytes:
        """Give the token of a part that is reached by ``step``, such as ``".name"``."""
        ...

    def bare(self, value: object, encode: Encoder) -> bytes:
        """Give the token of a value as ``encode`` sees it."""
        ...


LeafEncoder = Callable[[Any], bytes]
Encoder = Callable[[Any, Walk], bytes]
_L = TypeVar("_L", bound=LeafEncoder)
_E = TypeVar("_E", bound=Encoder)

LEAVES: dict[type, LeafEncoder] = {}
"""For classes whose instances have no parts, by exact class."""

ENCODERS: dict[type, Encoder] = {}
"""For classes whose instances have parts."""

FAMILIES: set[type] = set()
"""Classes whose encoder looks after the classes that extend it, too."""

REGISTERED: dict[type, Callable[[Any], object]] = {}
"""What stands for the instances of classes that a user taught us."""

FOUND: WeakKeyDictionary[type, Encoder] = WeakKeyDictionary()
"""What was found for classes that are in none of these."""


def leaf_encoder(*classes: type, family: bool = False) -> Callable[[_L], _L]:
    """Use the decorated function for instances of ``classes``, which have no parts.

    For ``family`` see `encoder`.
    """

    def add(function: _L) -> _L:
        LEAVES.update(dict.fromkeys(classes, function))
        encoder(*classes, family=family)(_without_parts(function))
        return function

    return add


def encoder(*classes: type, family: bool = False) -> Callable[[_E], _E]:
    """Use the decorated function for instances of ``classes``.

    With ``family`` it is used as it is for the classes that extend these, too. Without, what such
    a class adds (its name and its attributes) is put around the token.
    """

    def add(function: _E) -> _E:
        ENCODERS.update(dict.fromkeys(classes, function))
        if family:
            FAMILIES.update(classes)
        return function

    return add


def _without_parts(leaf: LeafEncoder) -> Encoder:
    return lambda value, _walk: leaf(value)


def register_encoder(cls: type, function: Callable[[Any], object]) -> None:
    """Teach curifactory how to hash the instances of a class, and of classes that extend it.

    Parameters
    ----------
    cls : type
        Any class but Python's own basic ones.
    function : callable
        Takes an instance and gives something hashable that stands for it: two instances are the
        same value exactly when they are of one class and these are equal. Registering another
        function for the class replaces the earlier one.

    Raises
    ------
    DefinitionError
        ``cls`` is not a class, or one that has no second meaning, such as ``int`` or ``dict``.

    Examples
    --------
    >>> class Sensor:
    ...     def __init__(self, port):
    ...         self.port, self.handle = port, object()
    >>> register_encoder(Sensor, lambda sensor: sensor.port)
    """
    if not isinstance(cls, type) or not callable(function):
        raise DefinitionError(
            f"register_encoder takes a class and a function, not {cls!r} and {function!r}."
        )
    if cls is object or (cls in ENCODERS and cls.__module__ == "builtins"):
        raise DefinitionError(
            f"register_encoder: how '{cls.__name__}' is hashed cannot be changed. "
            "Extend it, and register the class that extends it."
        )
    REGISTERED[cls] = function
    FOUND.clear()
