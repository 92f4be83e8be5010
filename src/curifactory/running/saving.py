"""Saving what a stage function returned, and the commit that makes it count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curifactory.caching.cacheable import Cacheable, can_unpickle, is_staged, round_trip
from curifactory.caching.rendered import render_reportable, save_rendered
from curifactory.errors import ArtifactSaveError, CurifactoryError, InexactArtifactError
from curifactory.events import Events, Saved
from curifactory.planning.inputs import InputFacts
from curifactory.planning.recipe import Randomness
from curifactory.running.describe import describe_artifact
from curifactory.running.step import Step
from curifactory.running.step_lock import StepLock
from curifactory.store.commit import Commit
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import SlotUse
from curifactory.store.writing import StepWriting


class Saving:
    """The outputs of one stage call: each with its cacher, then one commit of all.

    Parameters
    ----------
    step : Step
        The call.
    writing : StepWriting
        Where its outputs go.
    lock : StepLock
        Held while they are saved.
    events : Events
        Told what is saved, and what cannot be held exactly.
    new_folder : callable
        Makes a temporary folder.
    seal : bool
        Whether what is unpickled later is sealed, to be known again as written here.

    Attributes
    ----------
    reports : list
        What the function reports.
    reports_folder : str or None
        Where that is kept, for a stage without cached outputs.
    tracked : list of str
        Paths that the function asked for and that a full store gets a copy of.
    """

    def __init__(
        self,
        step: Step,
        writing: StepWriting,
        lock: StepLock,
        events: Events,
        new_folder: Callable[[], str],
        seal: bool,
    ) -> None:
        self.reports: list[Any] = []
        self.reports_folder: str | None = None
        self.tracked: list[str] = []
        self._step = step
        self._writing = writing
        self._lock = lock
        self._events = events
        self._new_folder = new_folder
        self._seal = seal
        self._templates = {
            output.name: output.cacher
            for output in step.request.definition.outputs
            if output.cacher is not None
        }
        self._for_stage: dict[str, Cacheable] = {}
        self._saved: dict[str, Cacheable] = {}
        self._saved_in_place = False

    def bind_for_stage(self) -> list[Cacheable]:
        """The cachers of the outputs, for the stage function: what it asks them for is final."""
        for name, template in self._templates.items():
            self._for_stage[name] = self._bound(template, name, self._writing.use_in_stage(name))
        return list(self._for_stage.values())

    def _bound(
        self, cacher: Cacheable, name: str, use: SlotUse, writes_aside: bool = False
    ) -> Cacheable:
        request = self._step.request
        return cacher.bound(use, name, request.definition.name, request.record, writes_aside)

    def give_path(self, path: str, track: bool) -> None:
        """The function asked for a path: what it writes there belongs to the step."""
        if self._templates:
            self._writing.give_extra(path, track)
        if track:
            self.tracked.append(path)

    def save(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Save each output; gives what consumers are handed.

        Raises
        ------
        ArtifactSaveError
            If a built-in cacher or the disk refused.
        Exception
            Whatever a cacher of the user raised.
        """
        kept = self._save_all(values)
        if self._is_disturbed():
            # everything is written aside this time
            kept = self._save_all(values)
        return kept

    def _save_all(self, values: tuple[Any, ...]) -> dict[str, Any]:
        kept = {}
        for output, value in zip(self._step.request.definition.outputs, values, strict=True):
            handed = value
            if output.cacher is not None:
                handed = self._save_one(output.name, value)
            # what the stage wrote itself is looked at anew by whoever is handed its path
            if not output.lazy and not (output.cacher and output.cacher.stage_writes):
                kept[output.name] = handed
        if self.reports:
            self._save_reports()
        return kept

    def _is_disturbed(self) -> bool:
        """Whether somebody else may have written over what was saved in place.

        First the files are described: what happens to them afterwards is noticed by who reads them.
        """
        if not self._saved_in_place:
            return False
        try:
            self._writing.describe_files()
        except OSError:
            pass  # if nobody else was there, the commit will say so
        if self._lock.is_alone:
            return False
        self._events.notice(
            f"Another process writes the artifacts of {self._step.name}, too, although this one "
            "has the lock: locks do not exclude in this folder. Set `locking` to false there."
        )
        return True

    def _save_one(self, name: str, value: Any) -> Any:
        # what the stage set on its own counts
        cacher = self._for_stage.get(name, self._templates[name])
        # without a lock that excludes, two writers in place could mix their files
        staged = is_staged(cacher) or not (cacher.stage_writes or self._lock.is_alone)
        if not (staged or cacher.stage_writes):
            self._saved_in_place = True
        try:
            use = self._writing.use_for_save(name, staged, cacher.stage_writes)
            self._saved[name] = bound = self._bound(cacher, name, use, staged)
            bound.save(value)
            loaded = round_trip(bound, value)
            if loaded.difference is not None and bound.strict:
                raise InexactArtifactError(
                    f"{type(cacher).__name__} cannot hold output '{name}' of {self._step.name} "
                    f"exactly: {loaded.difference}. It was asked to be strict about that."
                )
            if self._seal and can_unpickle(cacher):
                self._writing.seal(name)
            self._writing.add_references(name, bound.references())
        except BaseException as error:
            self._writing.abandon()
            if not _is_refusal(error, cacher):
                path = self._step.slots[name].path()
                error.add_note(
                    f"while output '{name}' was saved to {path}: nothing of this stage call counts "
                    "as saved"
                )
                raise
            raise ArtifactSaveError(
                f"{type(cacher).__name__} could not save output '{name}' of {self._step.name} to "
                f"{self._step.slots[name].path()}: {type(error).__name__}: {error}. "
                "Nothing of this stage call counts as saved."
            ) from error
        if loaded.difference is not None:
            self._events.notice(
                f"{type(cacher).__name__} cannot hold output '{name}' of stage "
                f"'{self._step.request.definition.name}' exactly: {loaded.difference}. "
                "What it would load is what is handed on.",
                key=f"inexact {self._step.request.definition.identity} {name}",
            )
        return loaded.value

    def _save_reports(self) -> None:
        if REPORTABLES in self._step.slots:
            folder = self._writing.use_for_save(REPORTABLES, staged=True).folder()
        else:
            folder = self.reports_folder = self._new_folder()
        save_rendered([render_reportable(item, folder) for item in self.reports], folder)

    def commit(
        self, undeclared: Mapping[str, InputFacts], seed: int | None, executed: float, saved: float
    ) -> None:
        """Make what was saved count.

        Parameters
        ----------
        undeclared : dict of str to InputFacts
            What the function read from states without declaring it.
        seed : int or None
            What the global random generators were seeded with for the call, if they were.
        executed, saved : float
            How long calling the function and saving took, in seconds.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        if not self._templates:
            return
        timing = {"executed_seconds": round(executed, 6), "saved_seconds": round(saved, 6)}
        self._step.timing, self._step.undeclared = (executed, saved), undeclared
        random: Randomness | None = "unseeded" if self._step.unseeded else None
        recipe = self._step.recipe.to_json(undeclared, random)
        digest = None if undeclared else self._step.recipe.digest()
        facts = self._step.request.record.describe(self._step.request.definition.name)

        def describe(name: str, _: Commit) -> dict[str, Any]:
            cacher, template = self._saved.get(name), self._templates.get(name)
            document = describe_artifact(
                name, cacher, facts, recipe, seed, digest, timing, template
            )
            if cacher is not None:
                cacher.metadata = document
            return document

        try:
            self._step.commits = self._writing.commit(describe)
        except OSError as error:
            self._writing.abandon()
            raise ArtifactSaveError(
                f"The artifacts of {self._step.name} could not be written: {error}. "
                "Nothing of this stage call counts as saved."
            ) from error
        for name, commit in self._step.commits.items():
            if name != REPORTABLES:
                path = self._step.slots[name].path()
                self._events.emit(Saved(self._step.name, name, path, commit.size))


def _is_refusal(error: BaseException, cacher: Cacheable) -> bool:
    """Whether a save failed for disk or format, and not through an error in the user's code."""
    if isinstance(error, CurifactoryError | AssertionError):
        return False
    is_ours = type(cacher).__module__.startswith("curifactory.")
    return isinstance(error, OSError) or (is_ours and isinstance(error, Exception))
