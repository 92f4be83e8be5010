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


class Capturing:
    """Tells everything that is printed, logged or warned while stages run, each with its record.

    Parameters
    ----------
    tell : callable
        Told.

    Attributes
    ----------
    record : str
        Name of the record for which a stage runs.
    """

    def __init__(self, tell: Callable[[Said], None]) -> None:
        self.record = ""
        self._tell = tell
        self._handler = _Handler(self.say)
        self._out, self._err = _Stream("stdout", self.say), _Stream("stderr", self.say)

    def say(self, kind: str, what: Any) -> None:
        """Tell something of the record."""
        self._tell(Said(kind, self.record, what))

    @contextmanager
    def of(self, record: str) -> Iterator[None]:
        """Capture what a stage says that runs for a record."""
        self.record = record
        # handlers that a forked process inherited would say it a second time
        inherited = _take_handlers_away()
        logging.getLogger().addHandler(self._handler)
        try:
            with (
                contextlib.redirect_stdout(self._out),
                contextlib.redirect_stderr(self._err),
                warnings.catch_warnings(),
            ):
                # what is shown is decided where `run` is
                warnings.simplefilter("always")
                warnings.showwarning = self._show_warning
                yield
        finally:
            self._out.end_line()
            self._err.end_line()
            logging.getLogger().removeHandler(self._handler)
            for logger, handlers in inherited:
                logger.handlers[:] = handlers

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        *_: Any,
        **__: Any,
    ) -> None:
        self.say("warning", (str(message), _named(category), filename, lineno))


def _take_handlers_away() -> list[tuple[logging.Logger, list[logging.Handler]]]:
    taken = []
    for logger in (logging.getLogger(), logging.getLogger("curifactory")):
        taken.append((logger, list(logger.handlers)))
        logger.handlers.clear()
    return taken


class _Stream(io.TextIOBase):
    """Says each line that is written."""

    def __init__(self, kind: str, say: Callable[[str, Any], None]) -> None:
        self._kind, self._say = kind, say
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            self._say(self._kind, "\n".join(lines))
        return len(text)

    def end_line(self) -> None:
        """Say what was written since the last line ended."""
        if self._begun:
            self._say(self._kind, self._begun)
            self._begun = ""


class _Handler(logging.handlers.QueueHandler):
    """Says each log record as plain data."""

    def __init__(self, say: Callable[[str, Any], None]) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._say = say

    def enqueue(self, record: logging.LogRecord) -> None:
        known = {
            name: value
            for name, value in vars(record).items()
            if isinstance(value, str | int | float | type(None))
        }
        self._say("log", known)


def _named(category: type[Warning]) -> tuple[tuple[str, str], ...]:
    """A category of warnings and what it is derived from, by module and name: any may be unknown
    where ``run`` is."""
    return tuple((one.__module__, one.__qualname__) for one in category.__mro__)
