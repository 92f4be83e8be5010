"""The run history: what is written when a run begins and ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from curifactory.errors import ArtifactSaveError, HistoryError
from curifactory.runs.database import Work
from curifactory.runs.entering import (
    enter_all,
    enter_environment,
    enter_run,
    next_number,
    with_facts,
)
from curifactory.runs.entering_artifacts import are_known
from curifactory.runs.entry import ArtifactKey, RunEntry, RunFile
from curifactory.runs.opening import open_database
from curifactory.runs.process import is_gone
from curifactory.runs.replaced import settle_what_is_there
from curifactory.runs.restoring import expect_all_runs
from curifactory.runs.run_files import RunFiles
from curifactory.runs.views import write_views
from curifactory.store.metadata import BrokenMetadata

Environment = tuple[str, dict[str, Any]]


class History:
    """The runs of one project.

    Parameters
    ----------
    folder : str
        Where the database, its views and the runs' files lie (``manager_cache_path``).
    on_damaged : callable
        Told when something could not be read or written, and what became of it; `tell` later on.
    """

    def __init__(self, folder: str, on_damaged: Callable[[str], None]) -> None:
        self.folder = folder
        self.files = RunFiles(folder)
        self.tell = on_damaged
        self.database = open_database(folder, on_damaged)

    def next_number(self, experiment: str) -> int:
        """The number that the next run of this experiment gets; nothing is written."""

        def look(connection: sqlite3.Connection) -> int:
            return next_number(connection, experiment)

        return self.database.read_only(look, otherwise=1)

    def begin(
        self,
        experiment: str,
        describe: Callable[[int], RunEntry],
        folder: str = "",
        environment: Environment | None = None,
    ) -> RunEntry:
        """Enter a run, with a number that no other run of the experiment has.

        Runs whose process is gone are entered as dead.

        Parameters
        ----------
        experiment : str
            Name of the experiment.
        describe : callable
            Gives the run's row for its number.
        folder : str
            Its cache folder, as the history has it.
        environment : tuple of str and dict, optional
            What it takes place in, and the digest of that; kept once per content.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """

        is_first_try = True

        def enter(connection: sqlite3.Connection) -> RunEntry:
            nonlocal is_first_try
            if is_first_try:
                # what the files cannot restore must not keep runs from beginning
                is_first_try = False
                expect_all_runs(connection, self.files)
            self._bury(connection)
            if environment is not None:
                enter_environment(connection, *environment)
            entry = describe(next_number(connection, experiment))
            enter_run(connection, entry, folder)
            return entry

        if environment is not None:
            self._keep_environment(*environment)
        try:
            return self.database.write(enter)
        except HistoryError as error:
            self.tell(f"{error} This run is noted in {self.files.folder} only.")
            return self._begin_in_files(experiment, describe, folder)

    def note_begun(self, run: RunFile) -> None:
        """Write the file of a run that was entered."""
        try:
            self.files.write(run)
        except OSError as error:
            self.tell(f"{self._unwritten(error)} It is tried once more when the run ends.")

    def end(self, run: RunFile) -> None:
        """Write all that is known of a run that is over, in one transaction.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        refused = None
        try:
            self.files.write(run)
        except OSError as error:
            refused = error

        def enter(connection: sqlite3.Connection) -> None:
            settle_what_is_there(connection, enter_all(connection, run, self.folder), self.folder)

        self._write(enter)
        if refused is not None:
            raise ArtifactSaveError(
                f"{self._unwritten(refused)} The run is in the history, which could not be "
                "restored without it."
            ) from refused

    def known(self, keys: Sequence[ArtifactKey]) -> list[bool]:
        """Whether each of these artifacts is in the history already."""
        unknown = [False] * len(keys)
        if not keys:
            return unknown
        return self.database.read_only(lambda found: are_known(found, keys), unknown)

    def write_views(self) -> None:
        """Write ``store.json`` and ``params_registry.json``.

        Raises
        ------
        ArtifactSaveError
            If they cannot be written.
        """
        self._write(lambda connection: write_views(connection, self.folder, self.tell))

    def _write(self, work: Work[None]) -> None:
        try:
            self.database.write(work)
        except HistoryError:
            pass  # said when the run began

    def _keep_environment(self, digest: str, facts: dict[str, Any]) -> None:
        try:
            self.files.keep_environment(digest, facts)
        except OSError as error:
            self.tell(
                f"What this run takes place in cannot be kept in {self.files.folder} ({error}). "
                "It is in the history; the next run keeps it."
            )

    def _unwritten(self, error: OSError) -> str:
        return f"The file of this run in {self.files.folder} cannot be written ({error})."

    def _begin_in_files(
        self, experiment: str, describe: Callable[[int], RunEntry], folder: str
    ) -> RunEntry:
        number = self.next_number(experiment)
        while not self.files.claim(RunFile(describe(number), folder)):
            number += 1
        return describe(number)

    def _bury(self, connection: sqlite3.Connection) -> None:
        """Enter as dead those whose process ended before they did."""
        going_on = connection.execute(
            "SELECT id, reference, host, pid, process, info FROM runs "
            "WHERE status IN ('running', 'LIVE') AND ended IS NULL"
        ).fetchall()
        for run, reference, host, pid, process, info in going_on:
            if is_gone(host, pid, process):
                connection.execute(
                    "UPDATE runs SET status = 'dead', patch = coalesce(patch, ?), info = ? "
                    "WHERE id = ?",
                    (self._patch_of(reference), with_facts(info, status="dead"), run),
                )

    def _patch_of(self, reference: str) -> str | None:
        try:
            left = self.files.read(reference)
        except BrokenMetadata:
            return None
        return left.entry.patch if isinstance(left, RunFile) else None
