"""One output of a step on its way to disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from curifactory.errors import ArtifactSaveError
from curifactory.store.commit import NO_SEALS, Commit, FileEntry, file_entry
from curifactory.store.digest import move
from curifactory.store.files import files_at, remove, replace_folder
from curifactory.store.seal import seal_of
from curifactory.store.slot import Slot, SlotUse


class OutputWriting:
    """Where one output is written, and which files it consists of.

    Parameters
    ----------
    name : str
        Name of the output.
    slot : Slot
        Where it belongs.
    make_room : callable
        Called with each final path that the running stage asks for.

    Attributes
    ----------
    given : SlotUse
        Final paths, for a stage function that writes to them itself.
    saved : SlotUse or None
        Paths that the cacher saves to, once it does.
    old_files : set of str
        Files of the withdrawn commit that lie there still.
    references : list of str
        Files that the artifact only points at.
    sealed : bool
        Whether its files are sealed, to be known again as written here.
    """

    def __init__(self, name: str, slot: Slot, make_room: Callable[[str], None]) -> None:
        self.name = name
        self.slot = slot
        self.given = SlotUse(slot, make_room)
        self.saved: SlotUse | None = None
        self.old_files: set[str] = set()
        self.references: list[str] = []
        self.sealed = False

    def save_aside(self, folder: str) -> SlotUse:
        """Let the cacher save to a folder aside."""
        self.saved = SlotUse(self.slot.moved(folder))
        return self.saved

    def leave_to_stage(self) -> SlotUse:
        """The running stage has written the artifact already, wherever it took the path from."""
        self.saved = SlotUse(self.slot)
        return self.saved

    def save_in_place(self, keep: Iterable[str]) -> SlotUse:
        """Let the cacher save in place, where nothing of an earlier save is left.

        Parameters
        ----------
        keep : iterable of str
            Paths that the running stage writes to itself.
        """
        os.makedirs(self.slot.folder or ".", exist_ok=True)
        kept = {*self.given.files.values(), *self.given.folders.values(), *keep}
        for path in {*self.old_files, self.slot.path(), self.slot.path("")} - kept:
            if not any(path.startswith(folder + os.sep) for folder in kept):
                remove(path)
        self.old_files = set()
        self.saved = SlotUse(self.slot)
        return self.saved

    def clear_for_stage(self, path: str) -> None:
        """The running stage will write to `path`: what the withdrawn commit had there goes."""
        for old in [p for p in self.old_files if p == path or p.startswith(path + os.sep)]:
            remove(old)
            self.old_files.discard(old)

    def entries(self) -> list[FileEntry]:
        """Every file that was written for this output, described; aside ones first."""
        assert self.saved is not None, self.name
        found: dict[str, FileEntry] = {}
        for use in (self.saved, self.given):
            for given in (*use.files.values(), *use.folders.values()):
                for path in files_at(given):
                    entry = file_entry(path, use.slot.folder, use.slot.folder != self.slot.folder)
                    found.setdefault(entry.path, entry)
        if not found:
            self._check_place()
        return list(found.values())

    def _check_place(self) -> None:
        """Refuse what was saved elsewhere than where paths were given out."""
        assert self.saved is not None, self.name
        asked = [*self.saved.files.values(), *self.given.files.values()]
        is_elsewhere = self.saved.folders or self.given.folders or self.references
        if asked and not is_elsewhere and not any(os.path.exists(path) for path in asked):
            names = ", ".join(sorted({os.path.basename(path) for path in asked}))
            raise ArtifactSaveError(
                f"output '{self.name}' was saved, but not to a path that was given out ({names}); "
                "a cacher writes exactly where get_path() says. Some libraries add an extension "
                "of their own to a path: give the cacher that extension"
            )

    def move_into_place(self) -> None:
        """Rename what was written aside."""
        if self.saved is None or self.saved.slot.folder == self.slot.folder:
            return
        for name, path in self.saved.folders.items():
            target = os.path.join(self.slot.folder, name)
            replace_folder(path, target)
        for name, path in self.saved.files.items():
            target = os.path.join(self.slot.folder, name)
            if os.path.exists(path):
                try:
                    move(path, target)
                except OSError:
                    if not os.path.isdir(target):
                        raise
                    remove(target)
                    move(path, target)

    def remove_old_files(self, entries: Iterable[FileEntry]) -> None:
        """Remove what the withdrawn commit had and the new one has not."""
        for path in self.old_files - {os.path.join(self.slot.folder, e.path) for e in entries}:
            remove(path)

    def abandon(self) -> None:
        """Remove what was written aside."""
        if self.saved is not None and self.saved.slot.folder != self.slot.folder:
            for path in (*self.saved.files.values(), *self.saved.folders.values()):
                remove(path)

    def record(
        self, generation: str, time: float, contents: dict[str, str], entries: list[FileEntry]
    ) -> Commit:
        """The commit record, once all files are in place."""
        assert self.saved is not None, self.name
        listed = {entry.path for entry in entries}
        files = {*self.saved.files, *self.given.files}
        folders = {
            *self.saved.folders,
            *self.given.folders,
            *(name for name in files - listed if os.path.isdir(self.slot.beside(name))),
        }
        absent = {
            name
            for name in files - listed
            if not os.path.exists(os.path.join(self.slot.folder, name))
        }
        return Commit(
            generation=generation,
            stem=self.slot.stem,
            time=time,
            content=contents[self.name],
            files=tuple(entries),
            folders=tuple(sorted(folders)),
            absent=tuple(sorted(absent)),
            references=tuple((path, _size(path)) for path in self.references),
            siblings=contents,
            seals=self._seals(listed) if self.sealed else NO_SEALS,
        )

    def _seals(self, paths: Iterable[str]) -> dict[str, str]:
        return {path: seal_of(os.path.join(self.slot.folder, path)) for path in sorted(paths)}


def _size(path: str) -> int:
    # of a folder that is pointed at, only its existence counts
    return os.path.getsize(path) if os.path.isfile(path) else -1
