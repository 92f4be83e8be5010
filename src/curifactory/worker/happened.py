"""What happens in an order: told while it lasts if that is long, with the answer otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.events import Event
from curifactory.running.elsewhere.answer import Said
from curifactory.running.elsewhere.live import tell_live

_EVERY_SECONDS = 0.5


class Happening:
    """What has happened and was not told yet.

    Parameters
    ----------
    path : str
        The file in which this worker tells what cannot wait for the answer.
    worker : str
        Its name.
    """

    def __init__(self, path: str, worker: str) -> None:
        self._path: str | None = path
        self._worker = worker
        self._untold: list[Event | Said] = []
        self._lock = threading.Lock()

    def add(self, what: Event | Said) -> None:
        """Something happened."""
        with self._lock:
            self._untold.append(what)

    def rest(self) -> tuple[Event | Said, ...]:
        """What is left for the answer."""
        with self._lock:
            rest, self._untold = tuple(self._untold), []
        return rest

    @contextmanager
    def told_live(self) -> Iterator[None]:
        """From time to time, tell what has happened, while this lasts."""
        over = threading.Event()
        thread = threading.Thread(target=self._tell_until, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _tell_until(self, over: threading.Event) -> None:
        while self._path is not None and not over.wait(_EVERY_SECONDS):
            with self._lock:
                if not self._untold:
                    continue
                try:
                    tell_live(self._path, self._worker, self._untold)
                except OSError:
                    # a full disk, say: what was written is not a whole, and the answer has it all
                    self._path = None
                else:
                    self._untold = []
