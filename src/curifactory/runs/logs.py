"""The log of a run: a file that takes what stages log, for as long as the run lasts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from curifactory.events import (
    WORKER,
    Departed,
    Event,
    Failed,
    Finished,
    Loaded,
    Notice,
    Planned,
    RunEnded,
    RunStarted,
    Saved,
    Started,
    Waiting,
)
from curifactory.runs.log_file import LogFile

logger = logging.getLogger("curifactory")
# where nobody set logging up, nothing is printed behind the user's back
logger.addHandler(logging.NullHandler())
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class EventLog:
    """Observer that writes the events of one run to the ``curifactory`` logger.

    Parameters
    ----------
    run : object
        Tells the run apart: a log that belongs to another run leaves these records out.
    """

    def __init__(self, run: object) -> None:
        self._logger = _WithWorker(logger, {"run": run})

    def __call__(self, event: Event) -> None:
        """Log one event."""
        _log(self._logger, event)


class _WithWorker(logging.LoggerAdapter[logging.Logger]):
    """Says in which worker something happened, if it was in one."""

    def process(self, msg: str, kwargs: Any) -> tuple[str, Any]:
        worker = WORKER.get()
        return super().process(f"{msg} [{worker}]" if worker else msg, kwargs)


def _log(logger: logging.LoggerAdapter[logging.Logger], event: Event) -> None:
    match event:
        case RunStarted():
            logger.info("%s: %d parameter sets", event.reference, event.parameter_sets)
        case Planned():
            runs = sum(step.decision == "RUN" for step in event.steps)
            logger.info("plan: %d of %d steps to run", runs, len(event.steps))
            if event.ended_early:
                logger.info("more may follow: %s", event.ended_early)
        case Started():
            logger.info("%s runs: %s", event.step, event.reason)
        case Saved():
            logger.debug("%s saved %s (%d bytes)", event.step, event.path, event.size)
        case Loaded():
            logger.debug("%s loaded %s in %.3f s", event.step, event.path, event.seconds)
        case Finished(decision="RUN"):
            logger.info("%s done in %.3f s", event.step, event.seconds)
        case Finished():
            logger.debug("%s: %s, %s", event.step, event.decision, event.reason)
        case Departed():
            logger.info(
                "%s: planned %s, done %s: %s", event.step, event.planned, event.done, event.reason
            )
        case Waiting():
            logger.info("%s waits for %s", event.step, event.holder)
        case Notice():
            logger.warning("%s", event.message)
        case Failed() if isinstance(event.error, KeyboardInterrupt):
            logger.error("%s was interrupted", event.step)
        case Failed():
            logger.error("%s failed: %s: %s", event.step, type(event.error).__name__, event.error)
        case RunEnded():
            logger.info("%s: %s after %.3f s", event.reference, event.status, event.seconds)


class LiveLog:
    """What a live manager logs: everything to a file, warnings also to the terminal.

    Parameters
    ----------
    run : object
        The run; events of others are left out.
    path : str
        The file; made with its first line.
    debug : bool
        Whether debug messages are wanted.
    """

    def __init__(self, run: object, path: str, debug: bool) -> None:
        self._level_before = logger.level
        warnings = logging.StreamHandler()
        warnings.setLevel(logging.WARNING)
        self._handlers = [_file_handler(path, debug, logger.warning), warnings]
        for handler in self._handlers:
            handler.addFilter(lambda record: getattr(record, "run", run) is run)
            logger.addHandler(handler)
        logger.setLevel(_level(debug))

    def close(self) -> None:
        """Take the handlers away again."""
        for handler in self._handlers:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(self._level_before)


def _level(debug: bool) -> int:
    return logging.DEBUG if debug else logging.INFO


def _file_handler(path: str, debug: bool, on_failure: Callable[[str], None]) -> logging.Handler:
    handler = LogFile(path, on_failure)
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.setLevel(_level(debug))
    return handler


@contextmanager
def run_log(
    path: str | None,
    debug: bool,
    all_loggers: bool,
    on_failure: Callable[[str], None] = logger.warning,
) -> Iterator[None]:
    """Write to a file what is logged while this lasts, by stages too.

    Parameters
    ----------
    path : str or None
        The file; ``None`` for none.
    debug : bool
        Whether debug messages are wanted.
    all_loggers : bool
        Whether libraries' info messages are wanted, too.
    on_failure : callable
        Told if the file cannot be written; the run goes on without it.
    """
    if path is None:
        yield
        return
    root = logging.getLogger()
    levels = {target: target.level for target in (root, logger)}
    handler = _file_handler(path, debug, on_failure)
    if not all_loggers:
        handler.addFilter(_not_from_libraries)
    root.addHandler(handler)
    # a level of the user's own that lets more through stays
    root.setLevel(min(root.level or _level(debug), _level(debug)))
    logger.setLevel(_level(debug))
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        for target, level in levels.items():
            target.setLevel(level)


def _not_from_libraries(record: logging.LogRecord) -> bool:
    """Keep our own and the project's messages, and whatever is a warning."""
    return record.levelno >= logging.WARNING or "site-packages" not in record.pathname
