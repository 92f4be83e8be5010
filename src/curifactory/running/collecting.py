"""Python's search for cyclic garbage: a plan stays, so going over it again and again finds nothing.

With thousands of steps that would be a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 200_000
_SELDOM = 20_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Search rarely while objects are made that stay; a search that is switched off stays so."""
    before, may_freeze = gc.get_threshold(), is_free()
    # once over what is new, and not again over what was there
    rarely = (max(before[0], _RARELY), _RARELY, _RARELY)
    if before[0]:
        gc.set_threshold(*rarely)
    try:
        yield
    finally:
        if may_freeze:
            # they are old now, without a search that only finds them all in use
            gc.freeze()
            gc.unfreeze()
        if gc.get_threshold() == rarely:
            gc.set_threshold(*before)


@contextmanager
def seldom(may_be: bool = True) -> Iterator[None]:
    """Search less often for as long as many small objects are made that are gone soon.

    Parameters
    ----------
    may_be : bool
        Whether to do it: what a search would find stays until then.
    """
    before = gc.get_threshold()
    seldom = (max(before[0], _SELDOM), *before[1:])
    if may_be and before[0]:
        gc.set_threshold(*seldom)
    try:
        yield
    finally:
        if may_be and gc.get_threshold() == seldom:
            gc.set_threshold(*before)


def is_free() -> bool:
    """Whether nobody has left anything out of searches; takes long where somebody has."""
    return gc.get_freeze_count() == 0


@contextmanager
def left_alone(may_be: bool) -> Iterator[None]:
    """Leave out of every search what is there now, as long as this lasts.

    Parameters
    ----------
    may_be : bool
        Whether to do it: what somebody else left out would be given back with ours.
    """
    if may_be:
        gc.freeze()
    try:
        yield
    finally:
        if may_be:
            gc.unfreeze()
