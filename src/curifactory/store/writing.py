"""Writing the outputs of one step: aside or in place, then one commit, metadata last."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from curifactory.store.commit import Commit, FileEntry, content_digest, file_entry, files_below
from curifactory.store.look import look
from curifactory.store.metadata import SCHEMA, render
from curifactory.store.slot import Slot, SlotUse
from curifactory.store.staging import Staging


@dataclass
class _Output:
    """One output of the step while it is written."""

    name: str
    slot: Slot
    # paths given out while the stage's function ran, which writes to them itself
    given: SlotUse
    saved: SlotUse | None = None
    staged: bool = False
    references: list[str] = field(default_factory=list)


class StepWriting:
    """The outputs of one stage call on their way to disk.

    Parameters
    ----------
    slots : dict of str to Slot
        Where each cached output of the step belongs. One that is never saved is left out of the
        commit, and what an earlier call saved for it is removed.
    staging : Staging
        Where files are written aside.
    keep_old : callable
        Asked with a generation whether somebody still reads it; its files are then set aside.
    on_kept : callable
        Told ``(generation, metadata path, folder)`` of files that were set aside.
    fsync : bool
        Whether everything is forced to disk, in the order that a power loss cannot undo.
    """

    def __init__(
        self,
        slots: dict[str, Slot],
        staging: Staging,
        keep_old: Callable[[str], bool],
        on_kept: Callable[[str, str, str], None],
        fsync: bool = False,
    ) -> None:
        self._outputs = {
            name: _Output(name, slot, SlotUse(slot, self._make_room))
            for name, slot in slots.items()
        }
        self._extra: list[str] = []
        self._staging = staging
        self._keep_old = keep_old
        self._on_kept = on_kept
        self._fsync = fsync
        self._invalidated = False
        self._finished = False
        self._old_files: dict[str, set[str]] = {}

    def use_in_stage(self, output: str) -> SlotUse:
        """The final slot of an output, for a stage function that asks for its path."""
        return self._outputs[output].given

    def give_extra(self, path: str) -> None:
        """A running stage asked for a path of its own: what it writes there is of this step."""
        self._make_room(path)
        self._extra.append(path)

    def use_for_save(self, output: str, staged: bool) -> SlotUse:
        """Where the cacher of an output is to save now.

        Raises
        ------
        OSError
            If there is no room aside.
        """
        item = self._outputs[output]
        item.staged = staged
        if staged:
            item.saved = SlotUse(item.slot.moved(self._staging.folder(item.slot.folder)))
        else:
            self.invalidate()
            self._clear(item)
            item.saved = SlotUse(item.slot)
        return item.saved

    def add_references(self, output: str, paths: list[str]) -> None:
        """Note files that an output only points at."""
        self._outputs[output].references += paths

    def invalidate(self) -> None:
        """Withdraw the old commit of every output: from here on nothing counts as saved."""
        if self._invalidated:
            return
        self._invalidated = True
        for item in self._outputs.values():
            found = look(item.slot)
            if found.commit is not None:
                if self._keep_old(found.commit.generation):
                    self._set_aside(item.slot, found.commit)
                else:
                    self._old_files[item.name] = {
                        os.path.join(item.slot.folder, entry.path) for entry in found.commit.files
                    }
            if item.slot.given_by_user:
                # without it, our half-written file would pass for the user's own
                self._write_metadata(item.slot, {"schema": SCHEMA, "commit": None})
            else:
                _remove(item.slot.metadata_path)

    def commit(self, describe: Callable[[str, Commit], dict[str, Any]]) -> dict[str, Commit]:
        """Make everything that was written since the start one commit.

        Parameters
        ----------
        describe : callable
            Gives the metadata document of ``(output, commit)``, without the commit itself.

        Returns
        -------
        dict of str to Commit
            The commit of each output.

        Raises
        ------
        OSError
            If a file cannot be written or renamed; nothing counts as saved then.
        """
        saved = {name: item for name, item in self._outputs.items() if item.saved is not None}
        entries = {name: self._entries(item) for name, item in saved.items()}
        contents = {
            name: content_digest(entries[name], item.slot.stem) for name, item in saved.items()
        }
        generation = secrets.token_hex(16)
        now = time.time()
        self.invalidate()
        commits = {}
        for name, item in self._outputs.items():
            self._move_into_place(item)
            self._remove_old_files(item, entries.get(name, []))
        for name, item in saved.items():
            commits[name] = self._commit_record(item, generation, now, contents, entries[name])
        if self._fsync:
            self._force_to_disk(entries)
        for name, item in saved.items():
            document = describe(name, commits[name])
            document["commit"] = commits[name].to_json()
            self._write_metadata(item.slot, document)
        return commits

    def finish(self) -> None:
        """The step is over: paths asked for from now on change nothing."""
        self._finished = True

    def abandon(self) -> None:
        """Remove what was written aside; what was written in place has no commit."""
        for item in self._outputs.values():
            if item.staged and item.saved is not None:
                for path in (*item.saved.files.values(), *item.saved.folders.values()):
                    _remove(path)

    def _make_room(self, path: str) -> None:
        if self._finished:
            return
        self.invalidate()
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)

    def _clear(self, item: _Output) -> None:
        """Remove what an earlier, unfinished save left at the paths of this output."""
        os.makedirs(item.slot.folder or ".", exist_ok=True)
        given = {*item.given.files.values(), *item.given.folders.values(), *self._extra}
        leftovers = {
            *self._old_files.pop(item.name, ()),
            item.slot.path(),
            item.slot.path(""),
        }
        for path in leftovers - given:
            # a given path may be a folder, whichever way it was asked for
            if not any(path.startswith(folder + os.sep) for folder in given):
                _remove(path)

    def _entries(self, item: _Output) -> list[FileEntry]:
        assert item.saved is not None, item.name
        base = item.saved.slot.folder
        saved = [file_entry(path, base) for path in _existing(item.saved)]
        names = {entry.path for entry in saved}
        own = [file_entry(path, item.slot.folder) for path in _existing(item.given)]
        extra = [
            file_entry(path, item.slot.folder)
            for given in (self._extra if item is self._first else ())
            for path in (files_below(given) if os.path.isdir(given) else [given])
            if os.path.isfile(path)
        ]
        taken = self._taken_paths()
        for entry in (*own, *extra):
            full = os.path.normpath(os.path.join(item.slot.folder, entry.path))
            if entry.path not in names and (entry in own or full not in taken):
                names.add(entry.path)
                saved.append(entry)
        return saved

    def _taken_paths(self) -> set[str]:
        """Final paths that belong to one output already."""
        return {
            os.path.normpath(path)
            for item in self._outputs.values()
            for use in (item.given, item.saved)
            if use is not None
            for path in (
                *(os.path.join(item.slot.folder, name) for name in use.files),
                *_existing(use),
                item.slot.metadata_path,
            )
        }

    @property
    def _first(self) -> _Output:
        return next(iter(self._outputs.values()))

    def _commit_record(
        self,
        item: _Output,
        generation: str,
        now: float,
        contents: dict[str, str],
        entries: list[FileEntry],
    ) -> Commit:
        assert item.saved is not None
        paths = {entry.path for entry in entries}
        return Commit(
            generation=generation,
            stem=item.slot.stem,
            time=now,
            content=contents[item.name],
            files=tuple(entries),
            folders=tuple(sorted({*item.saved.folders, *item.given.folders})),
            absent=tuple(
                sorted(
                    name
                    for name in {*item.saved.files, *item.given.files}
                    if name not in paths
                    and not os.path.exists(os.path.join(item.slot.folder, name))
                )
            ),
            references=tuple((path, _size(path)) for path in item.references),
            siblings=contents,
        )

    def _move_into_place(self, item: _Output) -> None:
        if not item.staged or item.saved is None:
            return
        for name, path in item.saved.folders.items():
            target = os.path.join(item.slot.folder, name)
            _remove(target)
            os.replace(path, target)
        for name, path in item.saved.files.items():
            if os.path.exists(path):
                target = os.path.join(item.slot.folder, name)
                if os.path.isdir(target) and not os.path.islink(target):
                    _remove(target)
                os.replace(path, target)

    def _remove_old_files(self, item: _Output, entries: list[FileEntry]) -> None:
        new = {os.path.join(item.slot.folder, entry.path) for entry in entries}
        for path in self._old_files.get(item.name, set()) - new:
            _remove(path)

    def _set_aside(self, slot: Slot, commit: Commit) -> None:
        """Keep the files of a commit that somebody still reads, out of the new one's way."""
        folder = os.path.join(self._staging.folder(slot.folder), "kept-" + commit.generation)
        for entry in commit.files:
            target = os.path.join(folder, entry.path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(os.path.join(slot.folder, entry.path), target)
        for name in commit.folders:
            _remove(os.path.join(slot.folder, name))
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        os.makedirs(folder, exist_ok=True)
        os.replace(slot.metadata_path, os.path.join(folder, os.path.basename(slot.metadata_path)))
        self._on_kept(commit.generation, slot.metadata_path, folder)

    def _write_metadata(self, slot: Slot, document: dict[str, Any]) -> None:
        aside = os.path.join(
            self._staging.folder(slot.folder), os.path.basename(slot.metadata_path)
        )
        with open(aside, "wb") as file:
            file.write(render(document))
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, slot.metadata_path)
        if self._fsync:
            _fsync_path(slot.folder or ".")

    def _force_to_disk(self, entries: dict[str, list[FileEntry]]) -> None:
        folders = set()
        for name, listed in entries.items():
            item = self._outputs[name]
            for entry in listed:
                path = os.path.join(item.slot.folder, entry.path)
                _fsync_path(path)
                folders.add(os.path.dirname(path) or ".")
            folders.add(item.slot.folder or ".")
        for folder in sorted(folders, reverse=True):
            _fsync_path(folder)


def _existing(use: SlotUse) -> list[str]:
    """The files that are there at the paths that a use gave out."""
    paths = [path for path in use.files.values() if os.path.isfile(path)]
    for path in use.files.values():
        if os.path.isdir(path):
            paths += files_below(path)
    for folder in use.folders.values():
        paths += files_below(folder)
    return list(dict.fromkeys(paths))


def _size(path: str) -> int:
    # of a folder that is pointed at, only its existence counts
    return os.path.getsize(path) if os.path.isfile(path) else -1


def _remove(path: str) -> None:
    """Remove a file, link or folder, if there is one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        if not os.path.isdir(path):
            raise
        shutil.rmtree(path)


def _fsync_path(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
