"""The arguments of a cacher that count for what is in its file: compared, recorded, taken over."""

from __future__ import annotations

from typing import Any

from curifactory.caching.cacheable import Cacheable, cacher_type
from curifactory.caching.plain import is_plain
from curifactory.errors import UnhashableValueError

# what these say is where a file lies
_PLACE_ATTRIBUTES = frozenset(vars(Cacheable()))


def describe_cacher(cacher: Cacheable) -> str:
    """A cacher's class, and its arguments where they count for what is in the file."""
    arguments = counted_arguments(cacher)
    if not arguments:
        return cacher_type(cacher)
    from curifactory.hashing import digest  # many cachers have no arguments

    try:
        return f"{cacher_type(cacher)} {digest(arguments)[:12]}"
    except UnhashableValueError:
        return cacher_type(cacher)


def counted_arguments(cacher: Cacheable) -> dict[str, Any]:
    """The arguments that count for what is in the file."""
    left_out = _PLACE_ATTRIBUTES.union(cacher.handing_over)
    return {name: value for name, value in vars(cacher).items() if name not in left_out}


def recorded_arguments(cacher: Cacheable) -> dict[str, Any]:
    """The arguments that do not say where a file lies, as far as metadata can hold them exactly."""
    return {
        name: value
        for name, value in vars(cacher).items()
        if name not in _PLACE_ATTRIBUTES and _can_be_held(value)
    }


def _can_be_held(value: Any) -> bool:
    try:
        return is_plain(value)
    except RecursionError:
        return False
