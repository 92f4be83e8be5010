"""Reading references: from memory or cache, and what to do when neither has the value."""

from __future__ import annotations

import os
import pickle
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, TypeVar

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import UnusableArtifactError
from curifactory.events import Events, Loaded
from curifactory.planning.decide import Reason
from curifactory.request import Request
from curifactory.running.passes import PlanEnded, StartAgain
from curifactory.running.reading import (
    Trust,
    bind_for_reading,
    load_verified,
    look_again,
    written_anew,
)
from curifactory.running.step import UNSET, Reference, Step
from curifactory.store.commit import Commit
from curifactory.store.look import verify_file
from curifactory.store.slot import Slot

Mode = Literal["live", "plan", "run"]
WantedKey = tuple[tuple[str, str], str, str]
# one for all steps: there may be many
_NONE: frozenset[str] = frozenset()
T = TypeVar("T")


_MOST_NEW_STARTS = 5
_STARTED_AGAIN = f"The run started again for it {_MOST_NEW_STARTS} times."


class SessionReader:
    """Loads what references of one session stand for.

    Parameters
    ----------
    events : Events
        Told what is loaded, and what proves unusable.
    locked : callable
        Holds the lock of a step, which whoever writes its artifacts holds too.
    trust : callable
        Says what must be sure of a file before it is read.
    locks_exclude : callable
        Says whether nobody writes to the files of an artifact whose metadata stays as it is.

    Attributes
    ----------
    mode : str
        What a value that cannot be had means: in the plan pass the end of the plan, in the run
        pass a new start, live an error.
    unusable : dict of str to str
        Metadata paths of artifacts that proved unusable, with the reason.
    wanted : Counter
        Outputs that were read although the plan had them skipped.
    """

    def __init__(
        self,
        events: Events,
        locked: Callable[[Step], AbstractContextManager[Any]],
        trust: Callable[[], Trust],
        locks_exclude: Callable[[], bool],
    ) -> None:
        self.mode: Mode = "live"
        self.unusable: dict[str, str] = {}
        self.wanted: Counter[WantedKey] = Counter()
        self._events = events
        self._locked = locked
        self._trust = trust
        self._locks_exclude = locks_exclude

    def read(self, reference: Reference) -> Any:
        """The value of a stage output.

        Raises
        ------
        UnusableArtifactError
            Live, if it cannot be had.
        PlanEnded, StartAgain
            In a plan pass or run pass, if it cannot be had.
        """
        if reference.value is not UNSET:
            return reference.value
        step, name = reference.step, reference.output.name
        if name in step.travelled:
            reference.value = pickle.loads(step.travelled[name])
            return reference.value
        if self.mode == "plan":
            step.wanted |= {name}
        if step.stale is not None or name in step.facts.uncached:
            raise self._unreadable(reference, str(step.stale or "it has no cacher"))
        try:
            value = self._patiently(self._load, reference)
        except UnusableArtifactError as error:
            raise self._found_unusable(reference, error) from error
        if not reference.is_lazy:
            reference.value = value
        return value

    def verify(self, reference: Reference) -> None:
        """Check the bytes of an artifact that will be loaded later, if ever.

        Raises
        ------
        UnusableArtifactError
            If they are not those that were saved.
        """
        step, name = reference.step, reference.output.name
        self.note_unusable(step, frozenset({name}))
        problem = self.unusable.get(step.slots[name].metadata_path)
        if problem is not None:
            raise UnusableArtifactError(problem)

    def check_files(self, reference: Reference) -> None:
        """Check that files whose paths are handed on are those of the artifact.

        Raises
        ------
        UnusableArtifactError, StartAgain
            Live or in a run pass, if they are not.
        """

        def check(reference: Reference) -> None:
            step, name = reference.step, reference.output.name
            slot, commit = step.slots[name], step.commits[name]
            look_again(slot, commit)
            self.verify_files(slot, commit)

        try:
            self._patiently(check, reference)
        except UnusableArtifactError as error:
            raise self._found_unusable(reference, error) from error

    def is_intact(self, reference: Reference) -> bool:
        """Whether files whose paths were handed on are still those of the artifact.

        Who withdrew the artifact before it was made here may write to them still, if locks do not
        exclude. If they do, only the stage that got them may have changed them.
        """
        step, name = reference.step, reference.output.name
        try:
            if not self._locks_exclude():
                self.verify_files(step.slots[name], step.commits[name])
        except UnusableArtifactError:
            return False
        return True

    def was_replaced(self, reference: Reference) -> BaseException:
        """What to raise when files were written anew while user code was reading them."""
        slot = reference.step.slots[reference.output.name]
        return self._unreadable(reference, written_anew(slot))

    def note_unusable(self, step: Step, outputs: frozenset[str]) -> None:
        """Check the bytes of some outputs of a step, and remember what is unusable."""
        for name in outputs & step.commits.keys():
            try:
                self.verify_files(step.slots[name], step.commits[name])
            except UnusableArtifactError as error:
                self.unusable[step.slots[name].metadata_path] = str(error)
                self._events.notice(f"{error} It counts as missing.")

    def verify_files(self, slot: Slot, commit: Commit) -> None:
        """Check the bytes of all files of an artifact, as far as they are to be verified.

        Raises
        ------
        UnusableArtifactError
            If they are not those of the commit.
        """
        for entry in commit.files:
            path = os.path.join(slot.folder, entry.path)
            verify_file(slot, commit, path, digests=self._trust().verify == "full")

    def cacher(self, reference: Reference) -> Cacheable:
        """A cacher for the artifact, whose paths are verified as it gives them out."""
        step, name = reference.step, reference.output.name
        return bind_for_reading(
            reference.output,
            step.slots[name],
            step.commits.get(name),
            step.name.stage,
            step.request.record,
            self._trust(),
        )

    def start_again(
        self, reason: Reason, paths: Mapping[str, str], outputs: Sequence[WantedKey]
    ) -> BaseException:
        """What to raise when a worker found unusable what it was to read.

        Parameters
        ----------
        reason : Reason
        paths : dict of str to str
            Metadata paths of what is unusable, with the reason.
        outputs : sequence
            What is needed after all.
        """
        self.unusable.update(paths)
        self.wanted.update(outputs)
        if any(self.wanted[key] > _MOST_NEW_STARTS for key in outputs):
            return UnusableArtifactError(f"{reason}. {_STARTED_AGAIN}")
        return StartAgain(reason)

    def wanted_of(self, request: Request) -> frozenset[str]:
        """Outputs of a step that somebody read in an earlier pass."""
        if not self.wanted:
            return _NONE
        outputs = (output.name for output in request.definition.outputs)
        return frozenset(name for name in outputs if _key(request, name) in self.wanted)

    def _patiently(self, read: Callable[[Reference], T], reference: Reference) -> T:
        """Read; if that fails, wait for whoever may be writing there, and read once more."""
        try:
            return read(reference)
        except UnusableArtifactError:
            with self._locked(reference.step):
                pass
            return read(reference)

    def _load(self, reference: Reference) -> Any:
        step, name = reference.step, reference.output.name
        began = time.perf_counter()
        slot = step.slots[name]
        value = load_verified(self.cacher(reference), slot, step.commits.get(name))
        self._events.emit(Loaded(step.name, name, slot.path(), time.perf_counter() - began))
        return value

    def _found_unusable(self, reference: Reference, error: UnusableArtifactError) -> BaseException:
        """Remember it, tell it; gives what to raise."""
        slot = reference.step.slots[reference.output.name]
        self.unusable[slot.metadata_path] = str(error)
        self._events.notice(f"{error} It counts as missing.")
        return self._unreadable(reference, str(error))

    def _unreadable(self, reference: Reference, why: str) -> BaseException:
        """What to raise when a value cannot be had."""
        name, step, why = reference.output.name, reference.step, why.rstrip(".")
        key = _key(step.request, name)
        if self.mode == "plan":
            return PlanEnded(f"'{name}' of {step.name} is needed by `run` itself ({why})")
        # more than once only where other processes keep replacing what is read
        if self.mode == "run" and self.wanted[key] < _MOST_NEW_STARTS:
            self.wanted[key] += 1
            return StartAgain(
                Reason("asked", f"'{name}' of {step.name} is needed after all: {why}")
            )
        remedy = _STARTED_AGAIN
        if self.mode != "run":
            stage = step.request.definition.name
            remedy = f"Call stage '{stage}' on that record again to make it anew."
        return UnusableArtifactError(f"'{name}' of {step.name} cannot be read: {why}. {remedy}")


def _key(request: Request, output: str) -> WantedKey:
    return (request.definition.identity, request.record_hash, output)
