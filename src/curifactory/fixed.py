"""Values that cannot change while they are the same object, so that a digest of one stays right."""

from __future__ import annotations

import datetime
from pathlib import PosixPath, PurePosixPath

_FIXED = frozenset(
    (
        *(type(None), bool, int, float, complex, str, bytes),
        *(datetime.date, datetime.timedelta, PosixPath, PurePosixPath),
    )
)


def is_fixed(value: object) -> bool:
    """Tell whether a value is plain and immutable, with all that is in it."""
    cls = type(value)
    return cls in _FIXED or (cls is tuple and all(map(is_fixed, value)))  # type: ignore[call-overload]
