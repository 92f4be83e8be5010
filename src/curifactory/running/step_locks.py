"""The locks of a session's steps: taken and given back, and whether they keep others out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from curifactory.events import Events, Waiting
from curifactory.running.places import Places
from curifactory.running.step import Step
from curifactory.running.step_lock import StepLock


class LockSettings(Protocol):
    """What taking locks asks of the manager."""

    @property
    def cache_path(self) -> str: ...
    @property
    def manager_cache_path(self) -> str: ...
    @property
    def locking(self) -> bool: ...


class StepLocks:
    """Takes the locks of the steps of one session.

    Parameters
    ----------
    settings : LockSettings
        The manager.
    places : Places
        Where artifacts are written: what a dry run writes needs no lock.
    events : Events
        Told who is waited for, and where there are no locks.
    """

    def __init__(self, settings: LockSettings, places: Places, events: Events) -> None:
        self._settings = settings
        self._places = places
        self._events = events
        self._had_company = False

    @property
    def exclude(self) -> bool:
        """Whether nobody writes what this process has the lock of, as far as is known."""
        return self._settings.locking and not self._had_company

    @contextmanager
    def held(self, step: Step) -> Iterator[StepLock]:
        """Hold the lock of a step, or none where there is none to be had."""
        lock = StepLock(
            list(step.request.slots.values()),
            self._settings.cache_path,
            self._settings.manager_cache_path,
            enabled=self._settings.locking and not self._places.are_elsewhere,
            on_wait=lambda holder: self._events.emit(Waiting(step.name, holder)),
            on_unavailable=self._note_no_locks,
        )
        lock.acquire()
        try:
            yield lock
        finally:
            lock.release()
            self._had_company |= not lock.excludes

    def _note_no_locks(self, why: str) -> None:
        self._events.notice(
            f"There are no locks here ({why}). If several processes run the same experiment, some "
            "work may be done twice.",
            key="no locks",
        )
