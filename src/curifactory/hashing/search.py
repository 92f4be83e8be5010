"""Finding the encoder for a class.

The exact class is looked up first, then the classes that it extends, then what instances in general
get. Encoders for a library are loaded when one of its classes is first seen, so nothing is imported
that the value did not bring along.
"""

from __future__ import annotations

from importlib import import_module

from curifactory.hashing import instances
from curifactory.hashing.registry import ENCODERS, FAMILIES, FOUND, REGISTERED, Encoder

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


def encoder_for(cls: type) -> Encoder:
    """Find the encoder for instances of ``cls`` that are not leaves."""
    found = FOUND.get(cls)
    if found is None:
        found = FOUND[cls] = _search(cls)
    return found


def _search(cls: type) -> Encoder:
    for ancestor in cls.__mro__[:-1]:
        if ancestor in REGISTERED:
            return instances.stand_in(REGISTERED[ancestor])
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
