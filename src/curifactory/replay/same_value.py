"""Whether two values are the same but for rounding: numbers anywhere in them within a tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from curifactory.errors import UnhashableValueError
from curifactory.hashing import digest
from curifactory.replay.apart import DifferentError, Tolerance, at, require, shown
from curifactory.replay.same_table import compare_table

_SINGLE = (str, bytes, bytearray, int, range)


class Comparison:
    """Compares two values part by part.

    Numbers are compared in lists, dictionaries, arrays, data frames and the state of any object;
    everything else must be equal, types included.

    Parameters
    ----------
    tolerance : Tolerance
        How far numbers may be apart.

    Attributes
    ----------
    largest : float
        The largest relative distance of two numbers so far.
    """

    def __init__(self, tolerance: Tolerance) -> None:
        self.tolerance = tolerance
        self.largest = 0.0
        # what was compared stays alive with it, so that no id is given again
        self._seen: dict[tuple[int, int], Any] = {}

    def compare(self, first: Any, second: Any, place: str = "") -> None:
        """Compare two values.

        Raises
        ------
        DifferentError
            At the first place where they are not the same.
        """
        if first is second:
            return
        require(type(first) is type(second), place, type(first).__name__, type(second).__name__)
        if isinstance(first, float):
            self._numbers(first, second, place)
        elif isinstance(first, complex):
            self._numbers(first.real, second.real, f"{place}.real")
            self._numbers(first.imag, second.imag, f"{place}.imag")
        elif isinstance(first, _SINGLE):
            require(first == second, place, first, second)
        elif (id(first), id(second)) not in self._seen:
            self._seen[id(first), id(second)] = (first, second)
            self._parts(first, second, place)

    def _parts(self, first: Any, second: Any, place: str) -> None:
        if isinstance(first, dict):
            self._mappings(first, second, place)
        elif isinstance(first, list | tuple):
            self._sequences(first, second, place)
        elif isinstance(first, set | frozenset):
            require(first == second, place, first, second)
        elif not compare_table(self, first, second, place):
            self._states(first, second, place)

    def _numbers(self, first: float, second: float, place: str) -> None:
        if first == second or (math.isnan(first) and math.isnan(second)):
            return
        distance, scale = abs(first - second), max(abs(first), abs(second))
        # what is infinite or missing on one side only has no distance
        near = math.isfinite(distance) and distance <= self.tolerance.allowed(scale)
        require(near, place, first, second)
        self.largest = max(self.largest, distance / scale)

    def _mappings(self, first: Mapping[Any, Any], second: Mapping[Any, Any], place: str) -> None:
        for key in [*first, *second]:
            if key not in first or key not in second:
                what = "is new" if key in second else "is gone"
                raise DifferentError(f"{at(place)}the key {shown(key)} {what}")
        for key, value in first.items():
            self.compare(value, second[key], f"{place}[{key!r}]")

    def _sequences(self, first: Sequence[Any], second: Sequence[Any], place: str) -> None:
        for index, (one, other) in enumerate(zip(first, second, strict=False)):
            self.compare(one, other, f"{place}[{index}]")
        require(len(first) == len(second), f"len({place})", len(first), len(second))

    def _states(self, first: Any, second: Any, place: str) -> None:
        """Compare objects of which only pickle knows what they are made of."""
        if isinstance(first, type | FunctionType):
            require(_names(first) == _names(second), place, first, second)
            require(_digest(first) == _digest(second), place, first, second)
            return
        one, other = _reduced(first), _reduced(second)
        if one is None or other is None:
            same = _digest(first) is not None and _digest(first) == _digest(second)
            require(same or bool(first == second), place, first, second)
            return
        for part, label in enumerate(("", "", "", " (items)", " (entries)")):
            self.compare(one[part], other[part], f"{place}{label}")


def _names(value: Any) -> tuple[str, str]:
    return value.__module__, value.__qualname__


def _digest(value: Any) -> str | None:
    try:
        return digest(value)
    except UnhashableValueError:
        return None


def _reduced(value: Any) -> tuple[Any, ...] | None:
    """What pickle would write of an object: maker, arguments, state, items, entries."""
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:
        return None
    if isinstance(reduced, str):
        return (reduced, None, None, None, None)
    maker, arguments, state, items, entries = (*reduced, None, None, None)[:5]
    return maker, arguments, state, items and list(items), entries and list(entries)
