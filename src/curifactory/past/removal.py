"""Artifacts that a command removed: when, by whom, and how they are made again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal of an artifact.

    Attributes
    ----------
    when : datetime
        Local time.
    by : str
        The command, and who gave it where.
    again : str or None
        The command that makes it again, if the run is known that made it.
    """

    when: datetime
    by: str
    again: str | None

    def __str__(self) -> str:
        again = f"To make it again: {self.again}" if self.again else "Nobody knows its run here."
        return f"removed on {self.when:%Y-%m-%d %H:%M:%S} by {self.by}. {again}"


def how_to_make(command_line: str | None, stage: str, is_needed: bool) -> str | None:
    """The command that makes an artifact again.

    Parameters
    ----------
    command_line : str or None
        That of the run that made it.
    stage : str
        The stage that made it.
    is_needed : bool
        Whether a run would make it without being told to, as it does if nothing that was made
        from it is there.
    """
    if not command_line:
        return None
    is_command = command_line.split()[0] in ("experiment", "curifactory")
    if is_needed or not is_command:
        return command_line
    return f"{command_line} --overwrite-stage {shlex.quote(stage)}"
