"""What notes a run for the history while it goes on."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from curifactory.running.step import Step
from curifactory.runs.artifact_rows import row_at, row_from_step
from curifactory.runs.entry import ArtifactKey, ArtifactRow, RunEntry, RunFile
from curifactory.runs.environment import environment_facts
from curifactory.runs.history import History
from curifactory.runs.identity import RunIdentity
from curifactory.runs.journal import Journal
from curifactory.runs.patch import PatchTaker, read_patch
from curifactory.runs.places import Place, absolute, stored_folder
from curifactory.runs.process import this_process
from curifactory.runs.run_files import to_json
from curifactory.store.commit import Commit
from curifactory.store.digest import digest_bytes
from curifactory.store.slot import Slot

_MOST_TRACEBACK = 20_000
_MOST_MESSAGE = 500
# a small repository answers while the run is entered; the answer of a large one is taken at its end
_PATIENCE_AT_BEGIN = 0.01


class Recorder:
    """Follows one run from its begin to its end.

    Parameters
    ----------
    history : History
        Where the run is entered.
    root : str
        The project root, whose uncommitted changes are kept.
    cache_path : str
        The run's cache folder.
    """

    def __init__(self, history: History, root: str, cache_path: str) -> None:
        self._history, self._root = history, root
        self._place = Place(cache_path, stored_folder(cache_path, history.folder, root))
        self._patch: PatchTaker | None = None
        # by folder, stem and generation: texts that are there anyway
        self._made: dict[tuple[str, str, str], ArtifactRow] = {}
        # what the history knows needs no row
        self._used: dict[tuple[str, str, str], tuple[Step, str, Slot, Commit | None]] = {}
        self._error: str | None = None
        self._traceback: str | None = None

    def next_number(self, experiment: str) -> int:
        """The number that the next run would get; nothing is written."""
        return self._history.next_number(experiment)

    def begin(
        self,
        experiment: str,
        identity: Callable[[int], RunIdentity],
        notes: str | None,
        status: str,
    ) -> RunIdentity:
        """Enter the run; its identity has the number that it got.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        self._began = time.perf_counter()
        if identity(0).code.dirty:
            self._patch = PatchTaker(self._root, self._history.folder)
        facts = environment_facts()
        digest = digest_bytes(to_json(facts).encode(), "blake2b").partition(":")[2]

        def describe(number: int) -> RunEntry:
            return _entry(identity(number), notes, status, digest)

        entry = self._history.begin(experiment, describe, self._place.folder, (digest, facts))
        self._entry = replace(entry, patch=self._patch_name(_PATIENCE_AT_BEGIN))
        self._history.note_begun(RunFile(self._entry, self._place.folder))
        return identity(entry.number)

    def take(self, step: Step) -> None:
        """Note the artifacts of a step that was carried out."""
        for name, slot in step.request.slots.items():
            commit = step.commits.get(name)
            # what a dry run moved elsewhere is no artifact, nor is what is not there
            if step.slots[name] != slot or (commit is None and not slot.given_by_user):
                continue
            key = (slot.folder, slot.stem, commit.generation if commit else "")
            if step.executed:
                # a commit of equal content stays the one that it was
                is_new = commit is not None and commit.time >= self._entry.started
                made_by = self._entry.reference if is_new else None
                self._made.setdefault(key, self._row(step, name, slot, commit, made_by))
            elif key not in self._made:
                self._used.setdefault(key, (step, name, slot, commit))

    def note_failure(self, error: BaseException) -> None:
        """Note what ended the run."""
        message = f"{type(error).__name__}: {error}".strip().splitlines()
        self._error = message[0][:_MOST_MESSAGE]
        text = "".join(traceback.format_exception(error))
        if len(text) > _MOST_TRACEBACK:
            half = _MOST_TRACEBACK // 2
            text = f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"
        self._traceback = text

    @property
    def error(self) -> str | None:
        """What ended the run, in one line."""
        return self._error

    def patch(self) -> bytes | None:
        """The uncommitted changes that the run was made with; ``None`` if there were none."""
        name = self._patch_name()
        return None if name is None else read_patch(name, self._history.folder)

    def end(
        self,
        status: str,
        info: Mapping[str, Any],
        sets: Iterable[tuple[str, str, str]],
        parameter_sets: Mapping[str, Any],
        journal: Journal,
    ) -> None:
        """Enter the end of the run, and all that it made and used.

        Parameters
        ----------
        status : str
            How it ended.
        info : dict
            The run as ``store.json`` shows it.
        sets : iterable of (hash, name, file)
            Its parameter sets.
        parameter_sets : dict
            The parameters of each, by hash.
        journal : Journal
            What was done with its steps.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        entry = self._ended(status, info, journal)
        made, (used, reused) = self._known_better(self._made.values()), self._used_now()
        folder = self._place.folder
        run = RunFile(entry, folder, tuple(sets), parameter_sets, made, used, reused)
        try:
            self._history.end(run)
        finally:
            self._history.write_views()

    def _ended(self, status: str, info: Mapping[str, Any], journal: Journal) -> RunEntry:
        steps, spent = journal.counts(), journal.seconds()
        seconds = round(time.perf_counter() - self._began, 6)
        shown = {"branch": self._entry.branch, "seconds": seconds, "error": self._error}
        return replace(
            self._entry,
            status=status,
            ended=time.time(),
            seconds=seconds,
            patch=self._patch_name(),
            notes=info.get("notes"),
            error=self._error,
            traceback=self._traceback,
            steps_run=steps["RUN"],
            steps_loaded=steps["LOAD"],
            steps_skipped=steps["SKIP"],
            seconds_run=spent["RUN"],
            seconds_loaded=spent["LOAD"],
            seconds_skipped=spent["SKIP"],
            info=to_json({**info, **shown}),
        )

    def _patch_name(self, patience: float | None = None) -> str | None:
        if self._patch is None:
            return None
        return self._patch.name() if patience is None else self._patch.name(patience)

    def _used_now(self) -> tuple[tuple[ArtifactRow, ...], tuple[ArtifactKey, ...]]:
        """The artifacts that were there: those that are news to the history, and the others."""
        keys = [
            ArtifactKey(folder, below[0], generation)
            for (_, _, generation), (_, _, slot, _) in self._used.items()
            for folder, below in (self._place.paths(slot.metadata_path),)
        ]
        known = self._history.known(keys)
        news = [
            self._asked(self._row(*used, made_by=None))
            for used, is_known in zip(self._used.values(), known, strict=True)
            if not is_known
        ]
        return tuple(news), tuple(itertools.compress(keys, known))

    def _known_better(self, rows: Iterable[ArtifactRow]) -> tuple[ArtifactRow, ...]:
        """The same; of what nobody entered yet, its metadata tells who made it."""
        all_rows = list(rows)
        from_others = [row for row in all_rows if row.made_by is None]
        known = self._history.known([row.key for row in from_others])
        better = {
            id(row): self._asked(row)
            for row, is_known in zip(from_others, known, strict=True)
            if not is_known
        }
        return tuple(better.get(id(row), row) for row in all_rows)

    def _row(
        self, step: Step, name: str, slot: Slot, commit: Commit | None, made_by: str | None
    ) -> ArtifactRow:
        experiment = self._entry.experiment
        return row_from_step(step, name, slot, commit, self._place, experiment, made_by)

    def _asked(self, row: ArtifactRow) -> ArtifactRow:
        path = absolute(row.metadata_path, row.folder, self._history.folder)
        found = row_at(path, self._place)
        return found if found is not None and found.generation == row.generation else row


def _entry(identity: RunIdentity, notes: str | None, status: str, environment: str) -> RunEntry:
    process, facts = this_process(), identity.facts(notes)
    return RunEntry(
        reference=identity.reference,
        experiment=identity.experiment,
        number=identity.number,
        status=status,
        started=identity.started.timestamp(),
        host=process.host,
        user=facts["user"],
        pid=process.pid,
        process=process.mark,
        command_line=identity.command_line,
        commit_hash=identity.code.commit,
        branch=identity.code.branch,
        dirty=identity.code.dirty,
        environment=environment,
        notes=notes,
        info=to_json({**facts, "status": status}),
    )
