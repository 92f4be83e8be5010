"""Hidden folders in which files are written aside before they are renamed into place."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import time

from curifactory.store.files import clear_away
from curifactory.store.host import has_no_process, host
from curifactory.store.lock_holders import read_holder
from curifactory.store.locks import LockUnavailable, PathLock
from curifactory.store.reserved import STAGING_PREFIX

OWNER_FILE = "owner.lock"
_ABANDONED_AFTER_SECONDS = 24 * 3600
_YOUNG_SECONDS = 60


class Staging:
    """The staging folders of one session, one in each target folder that it writes to.

    A folder's owner holds a lock in it as long as it lives, so that the next start can
    tell a leftover from work that is going on.
    """

    def __init__(self) -> None:
        self._owned: dict[str, tuple[str, PathLock | None]] = {}
        self._swept: set[str] = set()

    def folder(self, target: str) -> str:
        """The hidden folder for what will be renamed into `target`; made when needed.

        Raises
        ------
        OSError
            If it cannot be made.
        """
        if target not in self._owned or not os.path.isdir(self._owned[target][0]):
            os.makedirs(target or ".", exist_ok=True)
            if target not in self._swept:
                self._swept.add(target)
                sweep(target)
            self._owned[target] = _make(target)
        return self._owned[target][0]

    def close(self) -> None:
        """Remove all folders and what is left in them."""
        for folder, lock in self._owned.values():
            clear_away(folder)
            if lock is not None:
                lock.release()
        self._owned.clear()


def _make(target: str) -> tuple[str, PathLock | None]:
    while True:
        name = f"{STAGING_PREFIX}{_host_mark()}-{os.getpid()}-{secrets.token_hex(4)}"
        folder = os.path.join(target, name)
        os.mkdir(folder)
        lock = PathLock(os.path.join(folder, OWNER_FILE))
        try:
            lock.acquire()
        except LockUnavailable:
            if os.path.isdir(folder):
                return folder, None
            continue
        # a sweep may have come between mkdir and lock; then the folder is a new, empty one or gone
        if os.path.exists(lock.path):
            return folder, lock
        lock.release()


def sweep(target: str) -> None:
    """Remove what nobody writes to any more: staging folders in `target`, and inline saves."""
    for path in glob.glob(os.path.join(glob.escape(target), STAGING_PREFIX + "*")):
        if os.path.isfile(path):
            _remove_if_old(path)
        elif is_abandoned(path):
            clear_away(path)


def _remove_if_old(path: str) -> None:
    try:
        if time.time() - os.stat(path).st_mtime > _ABANDONED_AFTER_SECONDS:
            os.unlink(path)
    except OSError:
        pass


def is_abandoned(folder: str) -> bool:
    """Whether nobody writes to a staging folder any more, as far as can be told from here."""
    try:
        untouched = time.time() - os.stat(folder).st_mtime
    except OSError:
        return False
    if untouched > _ABANDONED_AFTER_SECONDS:
        return True
    lock = PathLock(os.path.join(folder, OWNER_FILE))
    owner = read_holder(lock.path)
    if owner is None:
        # made this very moment, or its owner died between mkdir and lock
        return untouched > _YOUNG_SECONDS or _maker_is_gone(folder)
    if not owner.startswith(host()):
        # locks of another machine may be invisible here
        return False
    try:
        free = lock.acquire(block=False) and lock.is_alone
    except LockUnavailable:
        return False
    lock.release()
    return free


def _host_mark() -> str:
    return hashlib.blake2b(host().encode(), digest_size=4).hexdigest()


def _maker_is_gone(folder: str) -> bool:
    """Whether the process that made the folder was one of this machine, and is no more."""
    name = os.path.basename(folder).removeprefix(STAGING_PREFIX)
    machine, _, rest = name.partition("-")
    return machine == _host_mark() and has_no_process(rest.partition("-")[0])
