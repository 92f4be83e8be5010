"""Comparing a full store with its manifest, file by file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from curifactory.errors import DamagedStoreError
from curifactory.store.files import files_below
from curifactory.stores.contents import StoredFile, sha256_of
from curifactory.stores.layout import INCOMPLETE_MARK, MANIFEST
from curifactory.stores.manifest import Manifest, read_manifest

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a full store since it was kept.

    Parameters
    ----------
    folder : str
        The store.
    manifest : Manifest
        What belongs to it.
    damage : dict of str to str
        What is wrong with each file that is missing or was changed.
    strangers : tuple of str
        Files that do not belong to it.
    incomplete : str or None
        What the mark says, if the run did not end well.
    """

    folder: str
    manifest: Manifest
    damage: dict[str, str]
    strangers: tuple[str, ...]
    incomplete: str | None

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole run, as it was kept."""
        return not self.damage and self.incomplete is None

    @property
    def size(self) -> int:
        """Bytes of all files that belong to it."""
        return sum(file.size for file in self.manifest.files)

    def refuse_damage(self) -> None:
        """Raise if a file is missing or was changed.

        Raises
        ------
        DamagedStoreError
        """
        if self.damage:
            named = [f"{path} {what}" for path, what in self.damage.items()]
            more = len(named) - _MOST_NAMED
            few = "; ".join(named[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
            raise DamagedStoreError(f"The full store {self.folder} is damaged: {few}.")


def verify_store(folder: str, on_file: Callable[[StoredFile], None] | None = None) -> Verified:
    """Compare every file of a full store with the manifest; executes nothing of it.

    Parameters
    ----------
    folder : str
        The store.
    on_file : callable, optional
        Told each file once it was compared.

    Raises
    ------
    DamagedStoreError
        If it has no manifest, or one that cannot be read.
    """
    manifest = read_manifest(folder)
    damage = {}
    for file in manifest.files:
        problem = _problem(os.path.join(folder, file.path), file)
        if problem is not None:
            damage[file.path] = problem
        if on_file is not None:
            on_file(file)
    listed = {file.path for file in manifest.files} | {MANIFEST, INCOMPLETE_MARK}
    found = (os.path.relpath(path, folder).replace(os.sep, "/") for path in files_below(folder))
    strangers = tuple(path for path in found if path not in listed)
    return Verified(folder, manifest, damage, strangers, _mark(folder))


def _problem(path: str, file: StoredFile) -> str | None:
    try:
        size = os.stat(path).st_size
        if size != file.size:
            return f"has {size} bytes, not {file.size}"
        return None if sha256_of(path) == file.sha256 else "has other bytes than were kept"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"


def _mark(folder: str) -> str | None:
    try:
        with open(os.path.join(folder, INCOMPLETE_MARK), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None
