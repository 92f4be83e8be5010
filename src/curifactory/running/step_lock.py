"""The lock of one step: on the final path of each of its artifacts, outside the cache folder."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable

from curifactory.store.locks import LockSet, LockUnavailable
from curifactory.store.slot import Slot


class StepLock:
    """Keeps other processes from making the same artifacts at the same time.

    It only saves work: where it cannot be had, the step goes on without it.

    Parameters
    ----------
    slots : list of Slot
        The artifacts.
    cache_path, fallback_folder : str
        Locks of artifacts in the cache folder lie beside it, all others in the second folder.
    enabled : bool
        Whether to lock at all.
    on_wait : callable
        Told who holds the lock, if somebody does.
    on_unavailable : callable
        Told why there is no lock, if there is none.

    Attributes
    ----------
    works : bool
        Whether there is a lock to be had.
    excludes : bool
        Whether it kept others out whenever it was asked for, as far as is known.
    """

    def __init__(
        self,
        slots: list[Slot],
        cache_path: str,
        fallback_folder: str,
        enabled: bool,
        on_wait: Callable[[str], None],
        on_unavailable: Callable[[str], None],
    ) -> None:
        paths = [lock_path(slot, cache_path, fallback_folder) for slot in slots] if enabled else []
        self._locks = LockSet(paths)
        self._on_wait = on_wait
        self._on_unavailable = on_unavailable
        self.works = bool(paths)
        self.excludes = True
        self.held = False

    def acquire(self) -> None:
        """Take the lock, or note that there is none."""
        if self.held or not self.works:
            return
        try:
            self._locks.acquire(self._on_wait)
        except LockUnavailable as error:
            self.works = self.excludes = False
            self._on_unavailable(str(error))
        else:
            self.held = True

    @property
    def is_alone(self) -> bool:
        """Whether the lock is held, and nobody else was given it, too."""
        return self.held and self._locks.are_alone

    def release(self) -> None:
        """Give the lock back."""
        if self.held:
            self.held = False
            self.excludes &= self._locks.release()


def lock_path(slot: Slot, cache_path: str, fallback_folder: str) -> str:
    """Where the lock file of a slot lies: equal for every spelling of its path."""
    are_absolute = os.path.isabs(slot.folder) and os.path.isabs(cache_path)
    working_folder = "" if are_absolute else os.getcwd()
    folder, below = _lock_place(slot.folder, cache_path, fallback_folder, working_folder)
    name = hashlib.blake2b(os.fsencode(below + slot.stem), digest_size=16).hexdigest()
    return os.path.join(folder, f"{name}.lock")


# following links takes longer than all else here, and a run has few folders
@functools.lru_cache(maxsize=256)
def _lock_place(
    folder: str, cache_path: str, fallback_folder: str, working_folder: str
) -> tuple[str, str]:
    """Where the locks of artifacts in a folder lie, and what their names there begin with."""
    cache = os.path.realpath(os.path.join(working_folder, cache_path))
    real = os.path.realpath(os.path.join(working_folder, folder))
    if real == cache:
        return lock_folder(cache), ""
    if real.startswith(cache + os.sep):
        return lock_folder(cache), os.path.join(os.path.relpath(real, cache), "")
    return os.path.join(fallback_folder, ".locks"), os.path.join(real, "")


def lock_folder(cache_path: str) -> str:
    """Where the locks of artifacts in this cache folder lie: beside it."""
    cache = os.path.realpath(cache_path)
    return os.path.join(os.path.dirname(cache), f".{os.path.basename(cache)}-locks")
