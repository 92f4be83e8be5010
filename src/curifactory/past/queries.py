"""Which runs and artifacts are asked for, and the SQL conditions for that."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curifactory.past.given import Moment, Size, moment, size_in_bytes
from curifactory.past.parameter_search import Condition, parameter_condition
from curifactory.past.references import resolve_reference


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs are asked for; what is left out may be anything.

    Parameters
    ----------
    experiment : str, optional
        Name of the experiment.
    since : str, datetime, timedelta or float, optional
        Begun since then: an age such as ``"7d"``, or a moment.
    params : dict, optional
        With a parameter set that has these values.
    commit : str, optional
        Of this commit; the start of it is enough.
    """

    experiment: str | None = None
    since: Moment | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    commit: str | None = None

    def condition(self) -> Condition:
        """The condition on rows of ``runs``."""
        found = _Conditions()
        if self.experiment is not None:
            found.add("experiment = ?", self.experiment)
        if self.since is not None:
            found.add("started >= ?", moment(self.since))
        if self.commit:
            found.add("substr(commit_hash, 1, length(?)) = ?", self.commit, self.commit)
        if self.params:
            same, values = parameter_condition(self.params, "hash")
            found.add(f"runs.id IN (SELECT run FROM run_sets WHERE {same})", *values)
        return found.condition()


@dataclass(frozen=True, slots=True)
class ArtifactQuery:
    """Which artifacts are asked for; what is left out may be anything.

    Parameters
    ----------
    experiment, stage, name : str, optional
        Experiment and stage that made it, and which output of the stage it is.
    params : dict, optional
        Of a parameter set that has these values.
    run : str, optional
        Made or used by this run: a reference, the start of one, or ``"latest"``.
    since, until : str, datetime, timedelta or float, optional
        Made since then, or before then.
    at_least, at_most : str or int, optional
        Of at least, or at most, this size, such as ``"50MB"``.
    gone : bool, optional
        Whether it was replaced or removed since; ``None`` for either.
    """

    experiment: str | None = None
    stage: str | None = None
    name: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    at_least: Size | None = None
    at_most: Size | None = None
    gone: bool | None = False

    def condition(self, connection: sqlite3.Connection) -> Condition:
        """The condition on rows of ``artifacts``.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        """
        found = _Conditions()
        for column in ("experiment", "stage", "name"):
            if (value := getattr(self, column)) is not None:
                found.add(f"artifacts.{column} = ?", value)
        if self.params:
            same, values = parameter_condition(self.params, "artifacts.hash")
            found.add(same, *values)
        if self.run is not None:
            run, _ = resolve_reference(connection, self.run)
            found.add("artifacts.id IN (SELECT artifact FROM uses WHERE run = ?)", run)
        for test, given in (("generated >= ?", self.since), ("generated < ?", self.until)):
            if given is not None:
                found.add(test, moment(given))
        for test, size in (("size >= ?", self.at_least), ("size <= ?", self.at_most)):
            if size is not None:
                found.add(test, size_in_bytes(size))
        if self.gone is not None:
            found.add("gone IS NOT NULL" if self.gone else "gone IS NULL")
        return found.condition()


class _Conditions:
    """Conditions that must all hold."""

    def __init__(self) -> None:
        self._tests: list[str] = []
        self._values: list[Any] = []

    def add(self, test: str, *values: Any) -> None:
        self._tests.append(test)
        self._values += values

    def condition(self) -> Condition:
        return " AND ".join(self._tests) or "1", self._values
