"""The temporary folder of a session, and what goes there in place of the cache folder."""

from __future__ import annotations

import os
import tempfile
import weakref

from curifactory.store.files import clear_away
from curifactory.store.slot import Slot


class Scratch:
    """A temporary folder, made when it is first needed and gone with its owner."""

    def __init__(self) -> None:
        self._folder: str | None = None

    def folder(self) -> str:
        """The folder."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="curifactory-")
            weakref.finalize(self, clear_away, self._folder)
        return self._folder

    def new_folder(self) -> str:
        """A new folder in it."""
        return tempfile.mkdtemp(dir=self.folder())

    def counterpart(self, path: str) -> str:
        """The path in here that stands for `path`."""
        return os.path.join(self.folder(), os.path.abspath(path).lstrip(os.sep).replace(":", ""))

    def counterpart_slot(self, slot: Slot) -> Slot:
        """The slot in here that stands for `slot`."""
        return slot.moved(self.counterpart(slot.folder or "."))


def is_further_rank() -> bool:
    """Whether this is a further process of a ``torchrun``-like start: it must not write."""
    return any(
        os.environ.get(name, "0").strip() not in ("", "0")
        for name in ("RANK", "LOCAL_RANK", "NODE_RANK")
    )
