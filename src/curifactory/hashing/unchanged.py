"""What an object's fields held once, to tell at little cost that they hold it still."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter, is_
from typing import Any

from curifactory.fixed import is_fixed

_Objects = tuple[object, ...]


def fixed_fields(owner: Any, names: tuple[str, ...]) -> _Objects | None:
    """Give what some fields hold; ``None`` if one of it could change and stay the same object."""
    try:
        held = _getter(names)(owner)
        return held if all(map(is_fixed, held)) else None
    except (AttributeError, RecursionError):
        return None


def hold_still(owner: Any, names: tuple[str, ...], before: _Objects) -> bool:
    """Tell whether the fields hold the very objects that `fixed_fields` gave."""
    try:
        return all(map(is_, _getter(names)(owner), before))
    except AttributeError:
        return False


@cache
def _getter(names: tuple[str, ...]) -> Callable[[Any], _Objects]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda owner: tuple(getattr(owner, name) for name in names)
