"""What went wrong elsewhere, as exceptions here."""

from __future__ import annotations

from collections.abc import Iterable

from curifactory.errors import RemoteStageError, WorkerDiedError
from curifactory.events import StepName
from curifactory.running.elsewhere.answer import Raised
from curifactory.running.elsewhere.pickling import loads


class RemoteTracebackError(Exception):
    """The traceback of an exception in a worker, shown as its cause."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def __str__(self) -> str:
        return f"in a worker:\n{self._text}"


def raised_here(raised: Raised) -> BaseException:
    """The exception of a step that raised elsewhere: of the same type, if it can travel."""
    error: BaseException | None = None
    if raised.error is not None:
        try:
            error = loads(raised.error)
        except Exception:
            error = None
    if error is None:
        error = RemoteStageError(f"{raised.kind}: {raised.message}")
        for note in raised.notes:
            error.add_note(note)
    error.__cause__ = RemoteTracebackError(raised.traceback)
    return error


def died(step: StepName, how: str) -> WorkerDiedError:
    """The failure of a step whose workers died."""
    return WorkerDiedError(
        f"The worker that carried out {step} died, and so did another one: {how}. All that was "
        "saved before stays. If it needs more memory than there is, use fewer workers at a time "
        "(--parallel), or give the stage resources."
    )


def note_others(error: BaseException, others: Iterable[tuple[StepName, BaseException]]) -> None:
    """Add to the error that ends a run what else failed."""
    for step, other in others:
        cause = other.__cause__
        text = (
            str(cause)
            if isinstance(cause, RemoteTracebackError)
            else f"{type(other).__name__}: {other}"
        )
        error.add_note(f"\nalso failed: {step} {text.rstrip()}")
