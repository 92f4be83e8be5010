"""Paths that were written out for another place: where they lie while a full store is replayed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_relocate: Callable[[str], str] | None = None


@contextmanager
def relocating(relocate: Callable[[str], str]) -> Iterator[None]:
    """Let paths that users wrote out mean what `relocate` gives for them, as long as this lasts."""
    global _relocate
    before, _relocate = _relocate, relocate
    try:
        yield
    finally:
        _relocate = before


def relocated(path: str) -> str:
    """Where a path that a user wrote out lies now."""
    return path if _relocate is None else _relocate(path)


def relocated_if_there(path: str) -> str:
    """The same for a path that is only read: where nothing was moved to, it stays what it is."""
    if _relocate is None:
        return path
    moved = _relocate(path)
    return moved if os.path.exists(moved) else path
