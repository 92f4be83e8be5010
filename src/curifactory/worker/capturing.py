"""Keeping what a stage prints, logs and warns, to be said where ``run`` is."""

from __future__ import annotations

import contextlib
import io
import logging
import logging.handlers
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from curifactory.running.elsewhere.answer import Said


@contextmanager
def captured(record: str, tell: Callable[[Said], None]) -> Iterator[None]:
    """Tell everything that is printed, logged or warned while this lasts.

    Parameters
    ----------
    record : str
        Name of the record for which a stage runs.
    tell : callable
        Told.
    """
    # handlers that a forked process inherited would say it a second time
    inherited = _take_handlers_away()
    handler = _Handler(record, tell)
    logging.getLogger().addHandler(handler)
    out, err = _Stream("stdout", record, tell), _Stream("stderr", record, tell)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            # what is shown is decided where `run` is
            warnings.simplefilter("always")
            warnings.showwarning = _shower(record, tell)
            yield
    finally:
        out.close()
        err.close()
        logging.getLogger().removeHandler(handler)
        for logger, handlers in inherited:
            logger.handlers[:] = handlers


def _take_handlers_away() -> list[tuple[logging.Logger, list[logging.Handler]]]:
    taken = []
    for logger in (logging.getLogger(), logging.getLogger("curifactory")):
        taken.append((logger, list(logger.handlers)))
        logger.handlers.clear()
    return taken


class _Stream(io.TextIOBase):
    """Tells each line that is written, and what is left at the end."""

    def __init__(self, kind: str, record: str, tell: Callable[[Said], None]) -> None:
        self._kind, self._record, self._tell = kind, record, tell
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            self._tell(Said(self._kind, self._record, "\n".join(lines)))
        return len(text)

    def close(self) -> None:
        if self._begun:
            self._tell(Said(self._kind, self._record, self._begun))
            self._begun = ""


class _Handler(logging.handlers.QueueHandler):
    """Tells each log record as plain data."""

    def __init__(self, record: str, tell: Callable[[Said], None]) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._record, self._tell = record, tell

    def enqueue(self, record: logging.LogRecord) -> None:
        known = {
            name: value
            for name, value in vars(record).items()
            if isinstance(value, str | int | float | type(None))
        }
        self._tell(Said("log", self._record, known))


def _shower(record: str, tell: Callable[[Said], None]) -> Callable[..., None]:
    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        *_: Any,
        **__: Any,
    ) -> None:
        tell(Said("warning", record, (str(message), category, filename, lineno)))

    return show
