"""Doing the run of a full store again: from its artifacts, or anew to compare."""

from curifactory.replay.compared import Compared, Recomputed
from curifactory.replay.recompute import recompute
from curifactory.replay.replay import Replayed, replay
from curifactory.replay.store import OpenStore, open_store

__all__ = [
    "Compared",
    "OpenStore",
    "Recomputed",
    "Replayed",
    "open_store",
    "recompute",
    "replay",
]
