"""A run from its start to its end, whatever that is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from curifactory.events import RunEnded, RunStarted
from curifactory.experiment.unwritten import Unwritten
from curifactory.finding import ParameterSelection
from curifactory.manager import ArtifactManager


@contextmanager
def whole_run(
    manager: ArtifactManager,
    selection: ParameterSelection,
    report: bool,
    log_errors: bool,
    unwritten: Unwritten,
) -> Iterator[None]:
    """Tell that a run starts; at its end, write report, history and full store, and tell that.

    Parameters
    ----------
    report : bool
        Write a report.
    log_errors : bool
        Write the traceback of a failure into the log.
    unwritten : Unwritten
        Notes what cannot be written.
    """
    began, status = time.perf_counter(), "complete"
    reference = manager.get_reference_name()
    manager.events.emit(RunStarted(reference, manager.experiment_name, len(selection.sets)))
    for warning in selection.warnings:
        manager.events.notice(warning)
    try:
        yield
    except KeyboardInterrupt as error:
        status = "interrupted"
        if manager.session.elsewhere is not None:
            manager.session.elsewhere.stop()
        manager.note_failure(error)
        raise
    except BaseException as error:
        status = "error"
        manager.note_failure(error)
        if log_errors:
            manager.log_error()
        raise
    finally:
        manager.status = status
        page = None
        if report:
            with unwritten.noted("report"):
                page = manager.generate_report()
        with unwritten.noted("end of the run"):
            manager.finish(status)
        if status == "complete" and manager.full_store_problems:
            unwritten.add(_told(manager.get_run_output_path(), manager.full_store_problems))
        places = {"cache": manager.cache_path, "report": page, "log": manager.log_path}
        if manager.store_full:
            places["full store"] = manager.get_run_output_path()
        there = {name: path for name, path in places.items() if path and os.path.exists(path)}
        seconds = time.perf_counter() - began
        manager.events.emit(RunEnded(reference, status, seconds, there))
        manager.close()


def _told(store: str, problems: list[str]) -> str:
    more = f" (and {len(problems) - 1} more: see INCOMPLETE in there)" if len(problems) > 1 else ""
    return f"The full store {store} is incomplete: {problems[0]}{more}."
