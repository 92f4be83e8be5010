"""Writing the outputs of one step: aside or in place, then one commit, metadata last."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from typing import Any

from curifactory.store.carrying import carry
from curifactory.store.commit import Commit, FileEntry, content_digest, file_entry
from curifactory.store.files import files_at, force_to_disk, remove, state_of, write_new
from curifactory.store.look import Found, look
from curifactory.store.metadata import SCHEMA, BrokenMetadata, render
from curifactory.store.output_writing import OutputWriting
from curifactory.store.slot import Slot, SlotUse
from curifactory.store.staging import Staging


class StepWriting:
    """The outputs of one stage call on their way to disk.

    Parameters
    ----------
    slots : dict of str to Slot
        Where each cached output of the step belongs. One that is never saved is left out of the
        commit, and what an earlier call saved for it is removed.
    staging : Staging
        Where files are written aside.
    is_read : callable
        Asked with a generation whether somebody still reads it; its files are then set aside.
    on_set_aside : callable
        Told ``(generation, metadata path, folder)`` of files that were set aside.
    fsync : bool
        Whether everything is forced to disk, in the order that a power loss cannot undo.
    """

    def __init__(
        self,
        slots: dict[str, Slot],
        staging: Staging,
        is_read: Callable[[str], bool],
        on_set_aside: Callable[[str, str, str], None],
        fsync: bool = False,
    ) -> None:
        self._outputs = {
            name: OutputWriting(name, slot, self._make_room) for name, slot in slots.items()
        }
        self._extra_paths: list[str] = []
        self._staging = staging
        self._is_read = is_read
        self._on_set_aside = on_set_aside
        self._fsync = fsync
        self._described: dict[str, list[FileEntry]] | None = None
        self._withdrawn = False
        self._finished = False

    def use_in_stage(self, output: str) -> SlotUse:
        """The final slot of an output, for a stage function that asks for its path."""
        return self._outputs[output].given

    def give_extra(self, path: str, track: bool = True) -> None:
        """A running stage asked for a path of its own: what it writes there is of this step.

        What is not tracked is in no commit, since a full store has to do without it.
        """
        self._make_room(path)
        if track:
            self._extra_paths.append(path)

    def use_for_save(self, output: str, staged: bool, stage_writes: bool = False) -> SlotUse:
        """Where the cacher of an output is to save now: aside, or in place.

        Parameters
        ----------
        staged : bool
            Whether it writes aside.
        stage_writes : bool
            Whether the stage has written the artifact already.

        Raises
        ------
        OSError
            If there is no room.
        """
        item, self._described = self._outputs[output], None
        if staged:
            return item.save_aside(self._staging.folder(item.slot.folder))
        self.withdraw()
        return item.leave_to_stage() if stage_writes else item.save_in_place(self._extra_paths)

    def add_references(self, output: str, paths: list[str]) -> None:
        """Note files that an output only points at."""
        self._outputs[output].references += paths

    def seal(self, output: str) -> None:
        """Let the files of an output be known again as written by this installation."""
        self._outputs[output].sealed = True

    def withdraw(self, contents: dict[str, str] | None = None) -> None:
        """Withdraw the old commit of every output: from here on nothing counts as saved.

        Parameters
        ----------
        contents : dict of str to str, optional
            What takes its place, if that is known: whoever reads an equal content need not be
            left the old files.
        """
        if self._withdrawn:
            return
        self._withdrawn = True
        for item in self._outputs.values():
            found = look(item.slot)
            old = found.commit or _former_commit(found, item.slot)
            is_equal = old is not None and (contents or {}).get(item.name) == old.content
            # paths that were handed on cannot follow files that are moved
            can_follow = old is not None and not old.references
            if (
                found.usable
                and old is not None
                and can_follow
                and not is_equal
                and self._is_read(old.generation)
            ):
                self._set_aside(item.slot, old)
            elif old is not None:
                item.old_files = {os.path.join(item.slot.folder, e.path) for e in old.files}
            if item.slot.given_by_user:
                # without it, our half-written file would pass for the user's own
                self._write_metadata(item.slot, {"schema": SCHEMA, "commit": None})
            elif not found.is_empty:
                remove(item.slot.metadata_path)

    def describe_files(self) -> dict[str, list[FileEntry]]:
        """Every file that was written, by output, as it is now; once for each save.

        Raises
        ------
        OSError
            If a file is not there any more, or cannot be read.
        """
        if self._described is None:
            saved = {name: item for name, item in self._outputs.items() if item.saved is not None}
            entries = {name: item.entries() for name, item in saved.items()}
            self._add_extra(saved, entries)
            self._described = entries
        return self._described

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
        entries = self.describe_files()
        saved = {name: self._outputs[name] for name in entries}
        contents = self._contents(saved, entries)
        self.withdraw(contents)
        for name, item in self._outputs.items():
            item.move_into_place()
            item.remove_old_files(entries.get(name, ()))
            if name not in saved:
                remove(item.slot.metadata_path)
        generation, now = secrets.token_hex(16), time.time()
        commits = {
            name: item.record(generation, now, contents, entries[name])
            for name, item in saved.items()
        }
        if self._fsync:
            self._force_to_disk(entries)
        for name, item in saved.items():
            document = describe(name, commits[name])
            document["commit"] = commits[name].to_json()
            self._write_metadata(item.slot, document)
        return commits

    def _contents(
        self, saved: dict[str, OutputWriting], entries: dict[str, list[FileEntry]]
    ) -> dict[str, str]:
        """The content of each output; a file that it only points at counts where it was written."""
        known: dict[str, str] = {}
        if any(item.references for item in saved.values()):
            known = {
                os.path.abspath(os.path.join(item.slot.folder, entry.path)): entry.digest
                for name, item in saved.items()
                for entry in entries[name]
            }
        return {
            name: content_digest(
                entries[name],
                item.slot.stem,
                [known.get(os.path.abspath(path)) or state_of(path) for path in item.references],
            )
            for name, item in saved.items()
        }

    def finish(self) -> None:
        """The step is over: paths asked for from now on change nothing."""
        self._finished = True

    def abandon(self) -> None:
        """Remove what was written aside; what was written in place has no commit."""
        for item in self._outputs.values():
            item.abandon()

    def _make_room(self, path: str) -> None:
        if not self._finished:
            self.withdraw()
            for item in self._outputs.values():
                item.clear_for_stage(path)
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)

    def _add_extra(
        self, saved: dict[str, OutputWriting], entries: dict[str, list[FileEntry]]
    ) -> None:
        """Files at paths that the stage asked for go with the output that points at them.

        What none points at goes with the first output.
        """
        if not (saved and self._extra_paths):
            return
        taken = {
            os.path.normpath(path)
            for name, item in saved.items()
            for path in (
                item.slot.metadata_path,
                *(os.path.join(item.slot.folder, entry.path) for entry in entries[name]),
            )
        }
        owners = {
            os.path.abspath(path): name
            for name, item in reversed(saved.items())
            for path in item.references
        }
        first = next(iter(saved))
        for given in dict.fromkeys(self._extra_paths):
            for path in files_at(given):
                if os.path.normpath(path) not in taken:
                    owner = owners.get(os.path.abspath(path)) or owners.get(os.path.abspath(given))
                    name = owner or first
                    entries[name].append(file_entry(path, saved[name].slot.folder))

    def _set_aside(self, slot: Slot, commit: Commit) -> None:
        """Keep the files of a commit that somebody still reads, out of the new one's way."""
        folder = os.path.join(self._staging.folder(slot.folder), "kept-" + commit.generation)
        try:
            carry(slot, commit, folder, os.replace)
        except FileNotFoundError:
            # where locks do not work, somebody else withdrew it first: its readers find out
            remove(folder)
        else:
            self._on_set_aside(commit.generation, slot.metadata_path, folder)
        for name in commit.folders:
            remove(os.path.join(slot.folder, name))

    def _write_metadata(self, slot: Slot, document: dict[str, Any]) -> None:
        staging = self._staging.folder(slot.folder)
        aside = os.path.join(staging, os.path.basename(slot.metadata_path))
        write_new(aside, render(document), self._fsync)
        os.replace(aside, slot.metadata_path)
        if self._fsync:
            force_to_disk(slot.folder)

    def _force_to_disk(self, entries: dict[str, list[FileEntry]]) -> None:
        folders = {item.slot.folder for item in self._outputs.values()}
        for name, listed in entries.items():
            for entry in listed:
                path = os.path.join(self._outputs[name].slot.folder, entry.path)
                force_to_disk(path)
                folders.add(os.path.dirname(path))
        for folder in sorted(folders, reverse=True):
            force_to_disk(folder)


def _former_commit(found: Found, slot: Slot) -> Commit | None:
    """The commit of a damaged artifact: what lies at its paths must not be in the way."""
    try:
        commit = Commit.from_json(None if found.document is None else found.document.get("commit"))
    except BrokenMetadata:
        return None
    return commit if commit.stem == slot.stem else None
