"""Notes on an exception of the user's code: in which stage it was raised, and who called that."""

from __future__ import annotations

import os
import sys

from curifactory.request import Request

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def note_stage(error: BaseException, request: Request) -> None:
    """Note the stage and the record."""
    error.add_note(
        f"in stage '{request.definition.name}' ({request.definition.place}) "
        f"of record '{request.record.get_reference_name()}'"
    )


def note_call(error: BaseException) -> None:
    """Note the place outside of curifactory from where the stage was called."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is not None:
        error.add_note(f"called at {frame.f_code.co_filename}:{frame.f_lineno}")
