"""Encoders for libraries whose own idea of state holds more than the value."""

from __future__ import annotations

import sys
from typing import Any

from curifactory.hashing.classes import class_token
from curifactory.hashing.containers import in_order, named
from curifactory.hashing.registry import Walk, encoder
from curifactory.hashing.tokens import node


def add_encoders() -> None:
    """Make the encoders known; called when a value of pydantic or scikit-learn is first seen."""
    if "pydantic" in sys.modules:
        from pydantic import BaseModel

        encoder(BaseModel, family=True)(_pydantic)
    if "sklearn" in sys.modules:
        from sklearn.base import BaseEstimator

        encoder(BaseEstimator, family=True)(_estimator)


def _pydantic(value: Any, walk: Walk) -> bytes:
    # which fields were set and which are defaults is no part of the value
    parts = vars(value), value.__pydantic_extra__, value.__pydantic_private__
    return node(b"pydantic:", (class_token(type(value), walk), in_order(b"parts:", parts, walk)))


def _estimator(value: Any, walk: Walk) -> bytes:
    # a newer version of the library is no other estimator
    state = {
        name: part for name, part in value.__getstate__().items() if name != "_sklearn_version"
    }
    return node(b"estimator:", (class_token(type(value), walk), named(b"fields:", state, walk)))
