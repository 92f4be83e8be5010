"""The file of a log: where it cannot be written the run goes on, and says so once."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable


class LogFile(logging.FileHandler):
    """Writes log records to a file, which is made with the first one.

    Parameters
    ----------
    path : str
        The file; its folder is made when it is missing.
    on_failure : callable
        Told, once, that the file cannot be written; nothing more is written to it then.
    """

    def __init__(self, path: str, on_failure: Callable[[str], None]) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self._path = path
        self._on_failure = on_failure
        self._has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if self._has_failed:
            return
        try:
            super().emit(record)
        except OSError as error:
            self._fail(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """A record that cannot be formatted is its author's; a disk that refuses ends the log."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._fail(error)
        else:
            super().handleError(record)

    def close(self) -> None:
        """Close the file."""
        try:
            super().close()
        except OSError as error:
            self._fail(error)

    def _open(self) -> io.TextIOWrapper:
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        return super()._open()

    def _fail(self, error: OSError) -> None:
        if not self._has_failed:
            self._has_failed = True
            self._on_failure(
                f"The log {self._path} cannot be written ({error.strerror or error}) and ends "
                "here. The run goes on without it."
            )
