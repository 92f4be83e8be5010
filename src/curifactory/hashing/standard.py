"""Encoders for parts of the standard library that not everybody imports."""

from __future__ import annotations

from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing.containers import in_order
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import leaf, node, text


def add_encoders() -> None:
    """Make the encoders known; called when a value of one of these modules is first seen."""
    import array
    import decimal
    import fractions
    import logging
    import random
    import uuid
    import zoneinfo

    encoder(array.array)(_array)
    encoder(decimal.Decimal)(_decimal)
    encoder(fractions.Fraction)(_fraction)
    leaf_encoder(logging.Logger, family=True)(_logger)
    encoder(random.Random)(_random)
    leaf_encoder(uuid.UUID)(_uuid)
    leaf_encoder(zoneinfo.ZoneInfo)(_zone)


def _array(value: Any, walk: Walk) -> bytes:
    parts = text(value.typecode), walk.token(value.itemsize), leaf(b"bytes:", value.tobytes())
    return node(b"array:", parts)


def _decimal(value: Any, walk: Walk) -> bytes:
    # 1.0 and 1.00 say how exact they are
    return in_order(b"Decimal:", value.as_tuple(), walk)


def _fraction(value: Any, walk: Walk) -> bytes:
    return in_order(b"Fraction:", (value.numerator, value.denominator), walk)


def _logger(value: Any) -> bytes:
    return node(b"Logger:", (text(value.name),))


def _random(value: Any, walk: Walk) -> bytes:
    return node(b"Random:", (walk.token(value.getstate()),))


def _uuid(value: Any) -> bytes:
    return leaf(b"UUID:", value.bytes)


def _zone(value: Any) -> bytes:
    if value.key is None:
        raise UnhashableValueError("a time zone that was read from a file has no name")
    return node(b"ZoneInfo:", (text(value.key),))
