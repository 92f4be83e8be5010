"""The facts of a run that its full store tells about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from curifactory.stores.held import Held, NotHeld


@dataclass(frozen=True)
class StoredRun:
    """A run at its end.

    Parameters
    ----------
    info : dict
        What ``run_info.json`` has.
    started, ended : datetime
        When it began, and when this was written.
    error : str or None
        What ended it, if that was an error.
    workflow : str or None
        The experiment's module in the store; of a live run the script, if it was one.
    parameter_sets : list of dict
        As in ``parameters.json``.
    artifacts : tuple of Held
        What the store has.
    not_held : tuple of NotHeld
        Outputs that it has not.
    missing : tuple of str
        What else is not in it.
    python : str
        The version of Python.
    curifactory : str
        The version of the wheel in the store.
    """

    info: dict[str, Any]
    started: datetime
    ended: datetime
    error: str | None
    workflow: str | None
    parameter_sets: list[dict[str, Any]]
    artifacts: tuple[Held, ...]
    not_held: tuple[NotHeld, ...]
    missing: tuple[str, ...]
    python: str
    curifactory: str

    @property
    def reference(self) -> str:
        """The run's reference."""
        return str(self.info["reference"])

    @property
    def experiment(self) -> str:
        """Name of the experiment."""
        return str(self.info["experiment_name"])

    @property
    def can_replay(self) -> bool:
        """Whether a command can do it again: the run of a script or notebook no command can."""
        return self.info.get("call") is not None
