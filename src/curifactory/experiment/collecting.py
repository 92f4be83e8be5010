"""Python's search for cyclic garbage: a plan stays, so going over it again and again finds nothing.

With thousands of steps that would be a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 200_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Search rarely while objects are made that stay; a search that is switched off stays so."""
    before, is_free = gc.get_threshold(), gc.get_freeze_count() == 0
    # once over what is new, and not again over what was there
    rarely = (max(before[0], _RARELY), _RARELY, _RARELY)
    if before[0]:
        gc.set_threshold(*rarely)
    try:
        yield
    finally:
        if is_free:
            # they are old now, without a search that only finds them all in use
            gc.freeze()
            gc.unfreeze()
        if gc.get_threshold() == rarely:
            gc.set_threshold(*before)


@contextmanager
def left_alone() -> Iterator[None]:
    """Leave out of every search what is there now, as long as this lasts."""
    # what somebody else froze would be given back with ours
    is_free = gc.get_freeze_count() == 0
    if is_free:
        gc.freeze()
    try:
        yield
    finally:
        if is_free:
            gc.unfreeze()
