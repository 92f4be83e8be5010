"""Saying here what happened in a worker: events, prints, logs and warnings."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable

from curifactory.events import Event, Events, from_worker
from curifactory.running.elsewhere.answer import Said


def replay(happened: Iterable[Event | Said], worker: str, events: Events) -> None:
    """Say it in the order in which it happened.

    Parameters
    ----------
    happened : iterable of (Event or Said)
        What happened.
    worker : str
        Where.
    events : Events
        Told the events.
    """
    with from_worker(worker):
        for one in happened:
            if isinstance(one, Said):
                _say(one, worker)
            else:
                events.emit(one)


def _say(said: Said, worker: str) -> None:
    # what is said between stages, by code that unpickles something, is of no record
    record_name = said.record or worker
    match said.kind:
        case "stdout" | "stderr":
            stream = sys.stdout if said.kind == "stdout" else sys.stderr
            for line in str(said.what).split("\n"):
                stream.write(f"[{record_name}] {line}\n")
            stream.flush()
        case "log":
            record = logging.makeLogRecord(said.what)
            record.msg = f"[{record_name}, {worker}] {record.msg}"
            logging.getLogger(record.name).handle(record)
        case "warning":
            text, category, filename, line = said.what
            warnings.warn_explicit(f"[{record_name}] {text}", _known(category), filename, line)


def _known(category: Iterable[tuple[str, str]]) -> type[Warning]:
    """The nearest category of warnings that is known in this process."""
    for module, name in category:
        held = vars(sys.modules[module]).get(name) if module in sys.modules else None
        if isinstance(held, type) and issubclass(held, Warning):
            return held
    return UserWarning
