"""What tells one run from all others, and the facts that metadata repeats about it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from curifactory.runs.environment import CodeVersion
from curifactory.runs.machine import host, user

TIMESTAMP_FORMAT = "%Y-%m-%d-T%H%M%S"


@dataclass(frozen=True)
class RunIdentity:
    """One run of an experiment.

    Parameters
    ----------
    experiment : str
        Name of the experiment.
    number : int
        Its number among the runs of the experiment, from 1.
    started : datetime
        When it began, with time zone.
    command_line : str
        The command that started it.
    ask_code : callable
        Gives the version of the project's code.
    """

    experiment: str
    number: int
    started: datetime
    command_line: str
    ask_code: Callable[[], CodeVersion]

    @property
    def timestamp(self) -> str:
        """When it began, as it stands in the reference."""
        return self.started.strftime(TIMESTAMP_FORMAT)

    @property
    def reference(self) -> str:
        """``<experiment>_<number>_<timestamp>``."""
        return f"{self.experiment}_{self.number}_{self.timestamp}"

    @functools.cached_property
    def code(self) -> CodeVersion:
        """The version of the project's code; asked for once, when it is first needed."""
        return self.ask_code()

    def facts(self, notes: str | None) -> dict[str, Any]:
        """What metadata says about the run."""
        return {**self._facts, "notes": notes}

    @functools.cached_property
    def _facts(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "experiment_name": self.experiment,
            "run_number": self.number,
            "timestamp": self.started.isoformat(timespec="seconds"),
            "commit": self.code.commit,
            "dirty": self.code.dirty,
            "command_line": self.command_line,
            "host": host(),
            "user": user(),
        }
