"""Locks between processes and threads: they save work, and correctness never hangs on them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import ModuleType
from weakref import WeakValueDictionary

from curifactory.store.files import read_with_state
from curifactory.store.lock_holders import read_holder, sign

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # no flock on this platform: every lock says so
    fcntl = None

_open_descriptors: set[int] = set()
_thread_locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
_thread_locks_guard = threading.Lock()


def _close_in_child() -> None:
    # a forked child must not keep alive what its parent holds
    for descriptor in _open_descriptors:
        os.close(descriptor)
    _open_descriptors.clear()
    _thread_locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


class LockUnavailable(Exception):  # noqa: N818 - it never leaves the store's callers
    """This file system or platform gives no lock here; the text says why."""


class PathLock:
    """An exclusive lock named by a file, which exists while the lock is held.

    Parameters
    ----------
    path : str
        The lock file; its folder is made when it is missing.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._mark = b""
        with _thread_locks_guard:
            self._thread_lock = _thread_locks.setdefault(os.path.abspath(path), threading.Lock())

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    @property
    def is_alone(self) -> bool:
        """Whether the lock is held and nobody else believes to hold it, too.

        On some shared folders every taker is told that it has the lock.
        """
        if self._descriptor is None:
            return False
        try:
            state, content = read_with_state(self.path)
            return content == self._mark and os.path.samestat(os.fstat(self._descriptor), state)
        except OSError:
            return False

    def acquire(self, on_wait: Callable[[str], None] | None = None, block: bool = True) -> bool:
        """Take the lock; wait for it if need be.

        Parameters
        ----------
        on_wait : callable, optional
            Called once with the holder's host and process if somebody else holds the lock.
        block : bool
            Whether to wait.

        Returns
        -------
        bool
            Whether the lock is held now.

        Raises
        ------
        LockUnavailable
            If there is no such lock to be had at all.
        """
        if not self._thread_lock.acquire(blocking=False):
            if not block:
                return False
            if on_wait is not None:
                on_wait("another thread of this process")
            self._thread_lock.acquire()
        try:
            self._descriptor = self._lock_file(on_wait, block)
        finally:
            if self._descriptor is None:
                self._thread_lock.release()
        return self.held

    def release(self) -> bool:
        """Give the lock back, and remove its file if nobody else believes to hold it, too.

        Returns
        -------
        bool
            Whether nobody else did.
        """
        if self._descriptor is None:
            return True
        is_alone = self.is_alone
        descriptor, self._descriptor = self._descriptor, None
        try:
            if is_alone:
                # while still locked: whoever waits sees that the file is gone and starts over
                _unlink_quietly(self.path)
        finally:
            _close(descriptor)
            self._thread_lock.release()
        return is_alone

    def _lock_file(self, on_wait: Callable[[str], None] | None, block: bool) -> int | None:
        if fcntl is None:
            raise LockUnavailable("this platform has no flock")
        while True:
            try:
                descriptor = self._open()
            except OSError as error:
                raise LockUnavailable(f"{self.path}: {error.strerror or error}") from None
            try:
                if not _flock(descriptor, block=False):
                    if not block:
                        _close(descriptor)
                        return None
                    if on_wait is not None:
                        on_wait(read_holder(self.path) or "another process")
                        on_wait = None
                    _flock(descriptor, block=True)
                if _same_file(descriptor, self.path):
                    self._mark = sign(descriptor)
                    return descriptor
            except OSError as error:
                _close(descriptor)
                raise LockUnavailable(f"{self.path}: {error.strerror or error}") from None
            except BaseException:
                _close(descriptor)
                raise
            _close(descriptor)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self.path, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            descriptor = os.open(self.path, flags, 0o666)
        _open_descriptors.add(descriptor)
        return descriptor


def _flock(descriptor: int, block: bool) -> bool:
    assert fcntl is not None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _same_file(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _close(descriptor: int) -> None:
    _open_descriptors.discard(descriptor)
    try:
        os.close(descriptor)
    except OSError:
        pass  # it is closed all the same, and nothing hangs on what is in a lock file


def _unlink_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


class LockSet:
    """Several locks, always taken in the same order so that two takers never wait in a ring."""

    def __init__(self, paths: list[str]) -> None:
        self._locks = [PathLock(path) for path in sorted(set(paths))]

    def acquire(self, on_wait: Callable[[str], None] | None = None) -> None:
        """Take all locks.

        Raises
        ------
        LockUnavailable
            If one of them cannot be had; none is held then.
        """
        try:
            for lock in self._locks:
                lock.acquire(on_wait)
        except BaseException:
            self.release()
            raise

    @property
    def are_alone(self) -> bool:
        """Whether all are held, and nobody else believes to hold one of them, too."""
        return all(lock.is_alone for lock in self._locks)

    def release(self) -> bool:
        """Give all locks back; whether nobody else believed to hold one of them, too."""
        # each of them, whatever the others say
        alone = [lock.release() for lock in reversed(self._locks)]
        return all(alone)
