"""Removing artifacts: data first, then into the history, metadata last.

Whenever that is cut off, the metadata of what is gone is still in the cache folder, where it makes
nothing count as saved, or in the history. Nothing needs room on the disk before room was made.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from itertools import islice

from curifactory.care.contents import is_inside
from curifactory.care.document import Document, paths_of, read_document
from curifactory.care.removed import Removed
from curifactory.care.steps import Step
from curifactory.running.step_lock import lock_path
from curifactory.runs.forgetting import forget
from curifactory.runs.history import History
from curifactory.runs.places import Place
from curifactory.store.lock_holders import read_holder
from curifactory.store.locks import LockUnavailable, PathLock
from curifactory.store.reserved import METADATA_SUFFIX, REPORTABLES
from curifactory.store.slot import Slot

# each has a lock file open, and one transaction of the history takes as long as forty removals
_STEPS_AT_A_TIME = 64


class _Stays(Exception):  # noqa: N818 - it never leaves this module
    """A step is not removed; the text says why."""


class Remover:
    """Removes steps from a cache folder.

    Parameters
    ----------
    place : Place
        The cache folder.
    history : History
        Where the metadata of what is removed is kept.
    reason : str
        Who removes it, with what command.
    done : Removed
        To which it is added what was removed.
    """

    def __init__(self, place: Place, history: History, reason: str, done: Removed) -> None:
        self._place, self._history, self._reason = place, history, reason
        self._folder = place.cache_path
        self._inside: dict[str, bool] = {}
        self.done = done

    def remove(self, steps: Iterable[Step]) -> None:
        """Remove all artifacts of these steps, in this order.

        Raises
        ------
        ArtifactSaveError, HistoryError
            If the history cannot be written. The metadata of what was removed last is then still
            in the cache folder, and the next removal puts that in order.
        """
        waiting = iter(steps)
        while batch := list(islice(waiting, _STEPS_AT_A_TIME)):
            self._remove_batch(batch)

    def _remove_batch(self, steps: Sequence[Step]) -> None:
        with ExitStack() as locks:
            emptied: list[Document] = []
            try:
                for step in steps:
                    try:
                        self._remove_files(step, locks, emptied)
                    except _Stays as why:
                        self.done.kept[step.artifacts[0].path] = str(why)
            finally:
                # also after Ctrl-C: what has no files any more is no artifact
                self._forget(emptied)

    def _remove_files(self, step: Step, locks: ExitStack, emptied: list[Document]) -> None:
        """Remove the data of a step; documents whose data is gone are added to `emptied`."""
        slots = [self._slot(one.metadata_path) for one in step.artifacts]
        self._lock(slots, locks)
        documents = self._documents(slots, step.generation)
        files = [self._files_of(document) for document in documents]
        for document, listed in zip(documents, files, strict=True):
            for path, size in listed.items():
                try:
                    os.unlink(path)
                except OSError as error:
                    raise _Stays(f"{path} cannot be removed ({error.strerror or error})") from None
                self.done.size += size
            self._remove_folders(document)
            emptied.append(document)

    def _slot(self, metadata_path: str) -> Slot:
        folder, name = os.path.split(os.path.join(self._folder, metadata_path))
        return Slot(folder, name.removesuffix(METADATA_SUFFIX))

    def _lock(self, slots: Sequence[Slot], locks: ExitStack) -> None:
        """Take the lock of a step, which is held until its metadata is gone; never wait for it."""
        for path in sorted({lock_path(slot, self._folder, self._folder) for slot in slots}):
            lock = PathLock(path)
            try:
                if not lock.acquire(block=False):
                    raise _Stays(f"{read_holder(path) or 'another process'} is at work on it")
            except LockUnavailable as error:
                self._note_no_locks(str(error))
                return
            locks.callback(lock.release)

    def _note_no_locks(self, why: str) -> None:
        note = f"There are no locks here ({why}): a run may have to make anew what it just made."
        if note not in self.done.notes:
            self.done.notes.append(note)

    def _documents(self, slots: Sequence[Slot], generation: str) -> list[Document]:
        """The metadata of a step, as it is now that the lock is held; with what it reported."""
        found = []
        for slot in slots:
            document = read_document(slot.metadata_path)
            if document.commit is None or document.commit.generation != generation:
                raise _Stays("it changed since it was looked at")
            found.append(document)
        found += self._reports(found)
        return found

    def _reports(self, documents: Sequence[Document]) -> list[Document]:
        """What the stage reported, unless another of its outputs stays."""
        first = documents[0]
        assert first.commit is not None
        outputs = first.commit.siblings.keys() - {REPORTABLES}
        going = {document.slot.metadata_path for document in documents}
        beside = f"{os.path.join(first.slot.folder, first.slot.stem)}_"
        found = []
        for start in sorted({beside, first.step or beside}):
            staying = {f"{start}{name}{METADATA_SUFFIX}" for name in outputs} - going
            document = read_document(f"{start}{REPORTABLES}{METADATA_SUFFIX}")
            is_theirs = (
                document.commit is not None
                and document.commit.generation == first.commit.generation
            )
            if is_theirs and not any(map(os.path.lexists, staying)):
                found.append(document)
        return found

    def _files_of(self, document: Document) -> dict[str, int]:
        """The files of an artifact that are there, with their sizes; the main one first."""
        assert document.commit is not None
        found = {}
        for path, entry in zip(paths_of(document), document.commit.files, strict=True):
            try:
                state = os.lstat(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _Stays(f"{path} cannot be read ({error.strerror or error})") from None
            if not self._is_inside(os.path.dirname(path)):
                raise _Stays(f"{path} does not lie in the cache folder")
            if stat.S_ISLNK(state.st_mode):
                raise _Stays(f"{path} is a link")
            if state.st_size != entry.size or not stat.S_ISREG(state.st_mode):
                raise _Stays(f"{path} is not what was saved: see `curifactory cache verify`")
            found[path] = state.st_size
        return found

    def _is_inside(self, folder: str) -> bool:
        if folder not in self._inside:
            self._inside[folder] = is_inside(
                self._folder, os.path.relpath(os.path.join(folder, "file"), self._folder)
            )
        return self._inside[folder]

    def _remove_folders(self, document: Document) -> None:
        """Remove the folders of an artifact that are empty now."""
        assert document.commit is not None
        for name in document.commit.folders:
            for path, _, _ in os.walk(os.path.join(document.slot.folder, name), topdown=False):
                with suppress(OSError):
                    os.rmdir(path)

    def _forget(self, emptied: Sequence[Document]) -> None:
        """Move the metadata of what has no files any more into the history."""
        if not emptied:
            return
        removed = [
            (document.slot.metadata_path, document.content or {})
            for document in emptied
            if _is_artifact(document)
        ]
        forget(self._history.database, self._history.files, self._place, removed, self._reason)
        # what was reported first: by itself nothing would lead to it
        for document in sorted(emptied, key=_is_artifact):
            path = document.slot.metadata_path
            try:
                os.unlink(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                self.done.kept[path] = f"it cannot be removed ({error.strerror or error})"
                continue
            if _is_artifact(document):
                self.done.artifacts.append(os.path.relpath(path, self._folder))


def _is_artifact(document: Document) -> bool:
    """Whether it is one, and not what its stage reported."""
    return (document.content or {}).get("cacher_type") is not None
