"""Which encoder is for which class.

An encoder gives the token of a value. The exact class is looked up first, then the classes that it
extends, then what instances in general get. Encoders for a library are loaded when one of its
classes is first seen, so nothing is imported that the value did not bring along.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from curifactory.errors import DefinitionError

if TYPE_CHECKING:
    from curifactory.hashing.walk import Walk

LeafEncoder = Callable[[Any], bytes]
Encoder = Callable[[Any, "Walk"], bytes]
_L = TypeVar("_L", bound=LeafEncoder)
_E = TypeVar("_E", bound=Encoder)

LEAVES: dict[type, LeafEncoder] = {}
"""For classes whose instances have no parts, by exact class."""

ENCODERS: dict[type, Encoder] = {}
"""For classes whose instances have parts."""

FAMILIES: set[type] = set()
"""Classes whose encoder looks after the classes that extend it, too."""

_REGISTERED: dict[type, Callable[[Any], object]] = {}
_FOUND: WeakKeyDictionary[type, Encoder] = WeakKeyDictionary()
_LIBRARIES = {
    "array": "standard",
    "decimal": "standard",
    "fractions": "standard",
    "logging": "standard",
    "random": "standard",
    "uuid": "standard",
    "zoneinfo": "standard",
    "numpy": "arrays",
    "pandas": "frames",
    "scipy": "sparse",
    "torch": "tensors",
    "pydantic": "models",
    "sklearn": "models",
}


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
    _REGISTERED[cls] = function
    _FOUND.clear()


def encoder_for(cls: type) -> Encoder:
    """Find the encoder for instances of ``cls`` that are not leaves."""
    found = _FOUND.get(cls)
    if found is None:
        found = _FOUND[cls] = _search(cls)
    return found


def _search(cls: type) -> Encoder:
    from curifactory.hashing import instances

    for ancestor in cls.__mro__[:-1]:
        if ancestor in _REGISTERED:
            return instances.stand_in(_REGISTERED[ancestor])
        _load_library(ancestor.__module__)
    for ancestor in cls.__mro__:
        if ancestor in FAMILIES:
            # before the rest: an enumeration of integers is an enumeration first
            return ENCODERS[ancestor]
    for ancestor in cls.__mro__[:-1]:
        if ancestor in ENCODERS:
            known = ENCODERS[ancestor]
            return known if ancestor is cls else instances.extended(ancestor, known)
    return instances.instance


def _load_library(module: object) -> None:
    root = module.partition(".")[0] if isinstance(module, str) else ""
    if root in _LIBRARIES:
        import_module(f"curifactory.hashing.{_LIBRARIES[root]}").add_encoders()
        _LIBRARIES.pop(root, None)
