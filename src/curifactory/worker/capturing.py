"""Keeping what a stage prints, logs and warns, to be said where ``run`` is."""

from __future__ import annotations

import contextlib
import io
import logging
import logging.handlers
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from curifactory.running.elsewhere.answer import Said

_LOGGERS = _ROOT, _OURS = logging.getLogger(), logging.getLogger("curifactory")
_ALL = [("always", None, Warning, None, 0)]


class Capturing:
    """Tells everything that is printed, logged or warned while stages run, each with its record.

    Parameters
    ----------
    tell : callable
        Told.

    Attributes
    ----------
    record : str
        Name of the record for which a stage runs; empty between stages.
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
    def switched_on(self) -> Iterator[None]:
        """Capture what is said in this process; afterwards all is as it was."""
        # handlers that a forked process inherited would say it a second time
        handlers = [(logger, list(logger.handlers)) for logger in _LOGGERS]
        try:
            with (
                contextlib.redirect_stdout(self._out),
                contextlib.redirect_stderr(self._err),
                warnings.catch_warnings(),
            ):
                self._listen()
                yield
        finally:
            for logger, held in handlers:
                logger.handlers[:] = held

    @contextmanager
    def of(self, record: str) -> Iterator[None]:
        """What is said while this lasts is of a stage that runs for a record."""
        self.record = record
        try:
            yield
        finally:
            self._out.end_line()
            self._err.end_line()
            self.record = ""
            # a stage that set something else has set it for itself
            self._listen()

    def _listen(self) -> None:
        sys.stdout, sys.stderr = self._out, self._err
        _ROOT.handlers[:] = [self._handler]
        _OURS.handlers.clear()
        # what is shown is decided where `run` is
        warnings.showwarning = self._show_warning
        if warnings.filters != _ALL:
            warnings.resetwarnings()
            warnings.simplefilter("always")

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
