"""What a survey of a cache folder consists of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from curifactory.store.slot import Slot

State = Literal["valid", "unverified", "damaged", "orphaned", "leftover"]
STATES: tuple[State, ...] = get_args(State)

Mark = tuple[int, int, int, int]
"""Inode, size and times of a file: another mark means that somebody wrote there."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a cache folder: an artifact, or a file that belongs to none.

    Parameters
    ----------
    state : str
        ``"valid"``: an artifact, to the byte what was saved; ``"unverified"``: nothing vouches
        for it, and it may be used; ``"damaged"``: an artifact that is not what was saved;
        ``"orphaned"``: data without metadata, or metadata without data; ``"leftover"``: what an
        interrupted save left behind.
    path : str
        Its main file, relative to the cache folder, as are all paths here.
    reason : str
        Why it is not valid, for a reader.
    files : tuple of str
        All its files that are there, its metadata last.
    size : int
        Bytes of all files.
    remove : tuple of str
        What of it a repair removes, in this order.
    slot : Slot, optional
        Where the artifact belongs, if it is one.
    marks : dict of str to Mark
        What the files to remove looked like.
    """

    state: State
    path: str
    reason: str
    files: tuple[str, ...]
    size: int
    remove: tuple[str, ...] = ()
    slot: Slot | None = None
    marks: dict[str, Mark] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The form in which it is printed for programs."""
        return {
            "state": self.state,
            "path": self.path,
            "reason": self.reason,
            "size": self.size,
            "files": list(self.files),
            "remove": list(self.remove),
        }


def make_item(
    folder: str,
    state: State,
    path: str,
    reason: str,
    files: Iterable[str],
    remove: Iterable[str] = (),
    slot: Slot | None = None,
) -> Item:
    """An item whose sizes and marks are looked up; paths that are not there are left out."""
    marks = {name: mark for name in files if (mark := mark_of(os.path.join(folder, name)))}
    removed = {name: mark for name in remove if (mark := mark_of(os.path.join(folder, name)))}
    size = sum(mark[1] for mark in marks.values())
    return Item(state, path, reason, tuple(marks), size, tuple(removed), slot, removed)


def mark_of(path: str) -> Mark | None:
    """The mark of a file or link; ``None`` if there is none."""
    try:
        stat = os.lstat(path)
    except (OSError, ValueError):
        return None
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything in a cache folder.

    Parameters
    ----------
    folder : str
        The cache folder.
    items : tuple of Item
        What lies there, sorted by state and path.
    """

    folder: str
    items: tuple[Item, ...]

    def of(self, state: State) -> list[Item]:
        """The items in one state."""
        return [item for item in self.items if item.state == state]

    @property
    def removable(self) -> list[Item]:
        """The items of which a repair removes something."""
        return [item for item in self.items if item.remove]

    def to_json(self) -> dict[str, Any]:
        """The form in which it is printed for programs."""
        totals = {
            state: {"count": len(items), "size": sum(item.size for item in items)}
            for state in STATES
            for items in [self.of(state)]
        }
        return {
            "cache": self.folder,
            "totals": totals,
            "items": [item.to_json() for item in self.items],
        }
