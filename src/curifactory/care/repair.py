"""Removing from a cache folder what is no artifact."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import escape, glob

from curifactory.care.contents import contents_of, is_inside, is_named_as_ours
from curifactory.care.item import Item, Survey, mark_of
from curifactory.errors import ArtifactError
from curifactory.running.step_lock import lock_folder, lock_path
from curifactory.store.lock_holders import read_holder
from curifactory.store.locks import LockUnavailable, PathLock
from curifactory.store.staging import OWNER_FILE, is_abandoned
from curifactory.stores.layout import store_around

_OWN_LOCK = "repair.lock"


@dataclass(slots=True)
class Repaired:
    """What a repair did.

    Parameters
    ----------
    removed : list of str
        Paths relative to the cache folder.
    kept : dict of str to str
        Items of which something was to be removed and is still there, by path, with the reason.
    """

    removed: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def has_gone(self, item: Item) -> bool:
        """Whether all was removed of an item that is no artifact."""
        return bool(item.remove) and set(item.remove) <= set(self.removed)


def repair(found: Survey) -> Repaired:
    """Remove what a survey found to be no artifact.

    Nothing is removed that changed since the survey, or while a run is going on in the folder.

    Parameters
    ----------
    found : Survey
        Made just before.

    Raises
    ------
    ArtifactError
        If a run is going on there, or locks cannot tell whether one is; or if it is a full store.
    """
    store = store_around(found.folder)
    if store is not None:
        raise ArtifactError(
            f"{store} is a full store, which stays as it is; nothing was removed. "
            f"`curifactory verify` says what became of it."
        )
    done = Repaired()
    with _alone_in(found.folder):
        for item in found.removable:
            try:
                problem = _remove(found.folder, item, done)
            except OSError as error:
                problem = f"it cannot be removed ({error.strerror or error})"
            if problem is not None:
                done.kept[item.path] = problem
    return done


@contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Hold a lock against other repairs while no run is going on.

    Raises
    ------
    ArtifactError
        If there is one, or that cannot be known.
    """
    own = PathLock(os.path.join(lock_folder(folder), _OWN_LOCK))
    try:
        alone = own.acquire(block=False)
        holder = _holder_in(folder) if alone else "another repair"
    except LockUnavailable as error:
        own.release()
        raise ArtifactError(
            f"Nothing was removed from {folder}: there are no locks here ({error}), so whether a "
            "run is going on cannot be known. Remove the files by hand when none is."
        ) from None
    try:
        if holder is not None:
            raise ArtifactError(
                f"Nothing was removed from {folder}: {holder} is at work there. Repair it when "
                "that is over."
            )
        yield
    finally:
        own.release()


def _holder_in(folder: str) -> str | None:
    """Who holds a lock of an artifact, or a staging folder, if somebody does."""
    for path in sorted(glob(os.path.join(escape(lock_folder(folder)), "*.lock"))):
        lock = PathLock(path)
        if os.path.basename(path) != _OWN_LOCK and not lock.acquire(block=False):
            return read_holder(path) or "another process"
        lock.release()
    for name in contents_of(folder).aside:
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not is_abandoned(path):
            owner = read_holder(os.path.join(path, OWNER_FILE)) or "another process"
            return f"{owner} ({path})"
    return None


def _remove(folder: str, item: Item, done: Repaired) -> str | None:
    """Remove what is to go of one item; gives the reason if it stays."""
    if item.slot is None:
        return _remove_unlocked(folder, item, done)
    lock = PathLock(lock_path(item.slot, folder, folder))
    try:
        if not lock.acquire(block=False):
            return f"{read_holder(lock.path) or 'another process'} is at work on it"
    except LockUnavailable as error:
        return f"it cannot be locked ({error})"
    try:
        return _remove_unlocked(folder, item, done)
    finally:
        lock.release()


def _remove_unlocked(folder: str, item: Item, done: Repaired) -> str | None:
    paths = {name: os.path.join(folder, name) for name in item.remove}
    for name, path in paths.items():
        if not is_inside(folder, name):
            return "it does not lie in the cache folder"
        if os.path.isdir(path) and not os.path.islink(path):
            if not is_abandoned(path):
                return "somebody writes there"
        elif mark_of(path) != item.marks[name]:
            return "it changed since it was looked at"
    for name, path in paths.items():
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        done.removed.append(name)
        _remove_emptied(folder, os.path.dirname(name), item)
    return None


def _remove_emptied(folder: str, name: str, item: Item) -> None:
    """Remove an artifact's folder that nothing is left in, and those inside of it."""
    own = item.slot.path("") if item.slot is not None else None
    path = os.path.join(folder, name)
    while name and (is_named_as_ours(name) or (own is not None and path.startswith(own))):
        try:
            os.rmdir(path)
        except OSError:
            return
        name, path = os.path.dirname(name), os.path.dirname(path)
