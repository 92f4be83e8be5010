"""What a manager tells of the run that it manages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from curifactory.runs.identity import RunIdentity


class RunNames:
    """Name, number, time and code version of the run.

    Attributes
    ----------
    run : RunIdentity
        All of it.
    notes : str or None
        Kept with the run.
    """

    run: RunIdentity
    notes: str | None
    status: str
    cache_path: str

    def __repr__(self) -> str:
        return f"<ArtifactManager {self.run.reference}: {self.status}, cache {self.cache_path}>"

    @property
    def experiment_name(self) -> str:
        """Name of the experiment."""
        return self.run.experiment

    @property
    def experiment_run_number(self) -> int:
        """The run's number among those of the experiment, from 1."""
        return self.run.number

    @property
    def run_timestamp(self) -> datetime:
        """When the run began."""
        return self.run.started

    @property
    def git_commit_hash(self) -> str | None:
        """The commit of the project's code; ``None`` outside of a git repository."""
        return self.run.code.commit

    def run_facts(self) -> dict[str, Any]:
        """What metadata says about the run."""
        return self.run.facts(self.notes)

    def get_str_timestamp(self) -> str:
        """When the run began, as it stands in the reference."""
        return self.run.timestamp

    def get_reference_name(self) -> str:
        """``<experiment>_<run number>_<timestamp>``."""
        return self.run.reference
