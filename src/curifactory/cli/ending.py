"""How a command ends: exit statuses, and what is said about an error."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

import curifactory
from curifactory.errors import (
    ArtifactNotFoundError,
    ConfigurationError,
    CurifactoryError,
    ExperimentNotFoundError,
    InvalidNameError,
    ParameterFileNotFoundError,
    ParameterSetError,
    RunNotFoundError,
    StoreNotFoundError,
)

if TYPE_CHECKING:
    import traceback

FAILED, WRONG_USE, WORK_TO_DO, INTERRUPTED, TERMINATED = 1, 2, 3, 130, 143

VERBOSE = "curifactory.verbose"
"""Key in ``ctx.meta``: whether the user wants to see everything."""

_WRONG_USE = (
    ArtifactNotFoundError,
    ConfigurationError,
    ExperimentNotFoundError,
    InvalidNameError,
    ParameterFileNotFoundError,
    ParameterSetError,
    RunNotFoundError,
    StoreNotFoundError,
)
_MACHINERY = tuple(
    os.path.join(os.path.dirname(os.path.abspath(module.__file__ or "")), "")
    for module in (curifactory, click, importlib)
)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: end as after Ctrl-C."""


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise `Terminated`; a second one ends the process at once.

    If what runs inside catches the interrupt and ends well, `Terminated` is raised after it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = threading.Event()

    def terminate(*_: object) -> None:
        came.set()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    previous = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
        if came.is_set():
            raise Terminated
    finally:
        signal.signal(signal.SIGTERM, previous)


def ending_status(error: BaseException, verbose: bool = False) -> int:
    """Say on stderr what went wrong, and return the exit status for it.

    Parameters
    ----------
    error : BaseException
    verbose : bool
        Show whole tracebacks, those of our own errors included.

    Raises
    ------
    BaseException
        ``error`` itself, if it asks for an exit status of its own or nobody reads our output.
    """
    # sys.exit() in an experiment is an end before the end: its status 0 would be a lie
    if isinstance(error, SystemExit) and error.code:
        raise error
    if isinstance(error, BrokenPipeError) and not _users_frames(error):
        raise error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        terminated = isinstance(error, Terminated)
        click.echo("Terminated." if terminated else "Interrupted.", err=True)
        return TERMINATED if terminated else INTERRUPTED
    if _says_enough(error) and not verbose:
        click.echo("\n".join([f"Error: {error}", *getattr(error, "__notes__", ())]), err=True)
    else:
        click.echo(_traceback(error, whole=verbose), err=True, nl=False)
    return WRONG_USE if isinstance(error, _WRONG_USE) else FAILED


def _says_enough(error: BaseException) -> bool:
    """Tell whether the message is for users: it is ours, or the system's and no user code's."""
    if isinstance(error, OSError) and not _users_frames(error):
        return True
    return isinstance(error, CurifactoryError)


def _traceback(error: BaseException, whole: bool) -> str:
    """Format a traceback; unless it shall be whole, without the frames of our machinery."""
    import traceback

    described = traceback.TracebackException.from_exception(error)
    # a syntax error names file and line itself: no frame is in the file that has it
    if not whole and (_users_frames(error) or isinstance(error, SyntaxError)):
        _trim(described)
    return "".join(described.format())


def _users_frames(error: BaseException) -> list[traceback.FrameSummary]:
    import traceback

    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame)]


def _is_users(frame: traceback.FrameSummary) -> bool:
    return not frame.filename.startswith((*_MACHINERY, "<frozen "))


def _trim(described: traceback.TracebackException) -> None:
    described.stack[:] = [frame for frame in described.stack if _is_users(frame)]
    for inner in (described.__cause__, described.__context__, *(described.exceptions or ())):
        if inner is not None:
            _trim(inner)
