"""Where a session reads and writes: the cache folder, or a temporary one in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Protocol

from curifactory.request import Request
from curifactory.running.scratch import Scratch, is_further_rank
from curifactory.store.commit import Commit
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import Slot


class DryFlags(Protocol):
    """Whether anything may be written into the cache folder."""

    dry: bool
    dry_cache: bool


class Places:
    """Turns the slots of a request into those that this session reads and writes.

    Parameters
    ----------
    flags : DryFlags
        Asked anew each time.
    scratch : Scratch
        The folder that stands in for the cache where nothing may be written.
    """

    def __init__(self, flags: DryFlags, scratch: Scratch) -> None:
        self._flags = flags
        self._is_further_rank = is_further_rank()
        self._scratch = scratch

    @property
    def are_elsewhere(self) -> bool:
        """Dry runs, and ranks other than the first, write to a temporary folder."""
        return self._flags.dry or self._flags.dry_cache or self._is_further_rank

    def slot_to_write(self, slot: Slot) -> Slot:
        """Where an artifact is written."""
        return self._scratch.counterpart_slot(slot) if self.are_elsewhere else slot

    def slots_to_read(self, request: Request) -> dict[str, Slot]:
        """Where the artifacts of a step are read: what this session made itself comes first."""
        slots = request.slots
        if not self.are_elsewhere:
            return slots
        moved = {name: self._scratch.counterpart_slot(slot) for name, slot in slots.items()}
        made_here = any(os.path.exists(slot.metadata_path) for slot in moved.values())
        return moved if made_here else slots

    def reportables_slot(self, request: Request, slots: dict[str, Slot]) -> Slot | None:
        """Where what a stage reported is read, beside these slots of its."""
        slot = request.reportables_slot
        if slot is None or slots is request.slots:
            return slot
        return self._scratch.counterpart_slot(slot)

    def slots_of(
        self, request: Request, slots: dict[str, Slot], commits: Mapping[str, Commit]
    ) -> dict[str, Slot]:
        """The slots of all commits of a step; that of what it reported only if it did."""
        slot = self.reportables_slot(request, slots) if REPORTABLES in commits else None
        return slots if slot is None else {**slots, REPORTABLES: slot}

    def path_to_give(self, path: str) -> str:
        """Where a file of the cache folder is in this session: whoever gets it may write there."""
        if not self.are_elsewhere:
            return path
        moved = self._scratch.counterpart(path)
        os.makedirs(os.path.dirname(moved), exist_ok=True)
        if os.path.exists(path) and not os.path.exists(moved):
            _copy(path, moved)
        return moved


def _copy(path: str, target: str) -> None:
    if os.path.isdir(path):
        shutil.copytree(path, target)
    else:
        shutil.copy2(path, target)
