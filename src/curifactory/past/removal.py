"""Artifacts that a command removed: when, by whom, and how they are made again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curifactory.past.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal of an artifact.

    Attributes
    ----------
    when : datetime
        Local time.
    by : str
        The command, and who gave it where.
    """

    when: datetime
    by: str


def say_removal(artifact: Artifact) -> str | None:
    """In a sentence: when and by whom an artifact was removed, and how it is made again.

    Returns
    -------
    str or None
        ``None`` if no command removed it.
    """
    removal = artifact.removal
    if removal is None:
        return None
    command = how_to_make(artifact)
    again = f"To make it again: {command}" if command else "Its run is not in this history."
    return (
        f"{artifact.path} was removed on {removal.when:%Y-%m-%d %H:%M:%S} by {removal.by}. {again}"
    )


def how_to_make(artifact: Artifact) -> str | None:
    """The command that makes a removed artifact again; ``None`` if the history knows no run of it.

    Parameters
    ----------
    artifact : Artifact
        One that is gone.
    """
    made_by = next((run for run in artifact.runs if run.reference == artifact.made_by), None)
    facts = artifact.metadata.get("manager_run_info") or {} if made_by is None else {}
    command = facts.get("command_line") if made_by is None else made_by.command_line
    if not command:
        return None
    is_command = command.split()[0] in ("experiment", "curifactory")
    # a run makes what nobody needs only if it is told to
    is_needed_by = [one for one in artifact.used_for if not one.gone]
    if not (is_command and is_needed_by):
        return str(command)
    return f"{command} --overwrite-stage {shlex.quote(artifact.stage)}"
