"""Parameters, moments and sizes as people type them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from curifactory.errors import ConfigurationError

Moment = str | datetime | timedelta | float
"""What a moment may be given as."""

Size = str | int
"""What a size may be given as."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_BYTES = {unit: 1000**power for power, unit in enumerate(("", "k", "m", "g", "t"))}
_BYTES |= {f"{unit}i": 1024**power for power, unit in enumerate(("", "k", "m", "g", "t")) if unit}


def parsed_parameters(given: Iterable[str]) -> dict[str, Any]:
    """Parameters as they are typed, ``lr=0.1``: a value is JSON, or else text.

    Raises
    ------
    ConfigurationError
        If one of them has no ``=``.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigurationError(f"'{text}' is no parameter: write it as name=value.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def moment(given: Moment) -> float:
    """A moment in seconds since the epoch.

    Parameters
    ----------
    given : str, datetime, timedelta or float
        An age such as ``"7d"`` (``s m h d w``), a date or time such as ``"2026-11-01"``, or
        seconds since the epoch. Without a time zone it is the local time.

    Raises
    ------
    ConfigurationError
        If it is none of these.
    """
    if isinstance(given, (int, float)):
        return float(given)
    if isinstance(given, timedelta):
        return (datetime.now() - given).timestamp()
    if isinstance(given, datetime):
        return given.timestamp()
    age = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", given)
    try:
        if age:
            return moment(timedelta(**{_UNITS[age[2]]: float(age[1])}))
        return datetime.fromisoformat(given.strip()).timestamp()
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"'{given}' is no time: give an age such as 7d or 12h, or a date such as 2026-11-01."
        ) from None


def size_in_bytes(given: Size) -> int:
    """A size in bytes.

    Parameters
    ----------
    given : str or int
        Bytes, or a text such as ``"50GB"`` (powers of 1000) or ``"1.5 GiB"`` (of 1024).

    Raises
    ------
    ConfigurationError
        If it is neither.
    """
    if isinstance(given, int):
        return given
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", given.lower())
    if not found or found[2] not in _BYTES:
        raise ConfigurationError(f"'{given}' is no size: give one such as 50GB, 1.5 GiB or 4096.")
    return int(float(found[1]) * _BYTES[found[2]])
