"""The files of a full store while it is filled: each with its size and digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from curifactory.store.digest import CHUNK_BYTES, hasher
from curifactory.store.files import files_at, remove, write_whole


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a full store: path with ``/``, size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


class Contents:
    """Takes files into the folder of a full store.

    Parameters
    ----------
    folder : str
        The store.

    Attributes
    ----------
    problems : list of str
        What could not be taken in, or was not what it should be.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._files: dict[str, StoredFile] = {}

    def __iter__(self) -> Iterator[StoredFile]:
        return iter(sorted(self._files.values(), key=lambda file: file.path))

    def __contains__(self, relative: str) -> bool:
        return _spelled(relative) in self._files

    def path(self, relative: str) -> str:
        """Where a file of the store lies."""
        return os.path.join(self.folder, relative)

    def copy(self, source: str, relative: str, digest: str | None = None) -> bool:
        """Copy one file.

        Parameters
        ----------
        source : str
            The file.
        relative : str
            Its path in the store.
        digest : str, optional
            What its bytes must have; other bytes are not kept.

        Returns
        -------
        bool
            Whether it is in the store now; if not, `problems` says why.
        """
        target = self.path(relative)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            remove(target)  # what a pass before this one copied may be write-protected
            stored, found = _copy(source, target, (digest or "").partition(":")[0])
        except OSError as error:
            remove(target)
            self.problems.append(f"{source} could not be copied: {error}")
            return False
        if digest is not None and found != digest:
            remove(target)
            self.problems.append(f"{source} is not what the run used: its bytes have changed")
            return False
        self._files[_spelled(relative)] = StoredFile(_spelled(relative), *stored)
        return True

    def copy_all(self, source: str, relative: str, besides: Collection[str] = ()) -> None:
        """Copy a file, or a folder with all that is in it.

        Parameters
        ----------
        besides : collection of str
            Paths in the store that are there already.
        """
        if os.path.isdir(source):
            os.makedirs(self.path(relative), exist_ok=True)
        for path in files_at(source):
            inside = os.path.relpath(path, source)
            target = relative if path == source else os.path.join(relative, inside)
            if target not in besides:
                self.copy(path, target)
        for link in _linked_folders(source):
            self.problems.append(f"{link} is a link to a folder, whose files are not held")

    def write(self, relative: str, data: bytes) -> None:
        """Write one file.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        os.makedirs(os.path.dirname(self.path(relative)), exist_ok=True)
        write_whole(self.path(relative), data)
        spelled, sha256 = _spelled(relative), hashlib.sha256(data).hexdigest()
        self._files[spelled] = StoredFile(spelled, len(data), sha256)

    def discard(self, relative: str) -> None:
        """Take a file out again."""
        if self._files.pop(_spelled(relative), None) is not None:
            remove(self.path(relative))


def sha256_of(path: str) -> str:
    """The SHA-256 of a file's bytes, in hex.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: str, target: str, method: str) -> tuple[tuple[int, str], str | None]:
    """Copy in one go with size, SHA-256 and a digest of our own."""
    sha256, own, size = hashlib.sha256(), hasher(method) if method else None, 0
    with open(source, "rb") as reading, open(target, "wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            sha256.update(chunk)
            if own is not None:
                own.update(chunk)
            writing.write(chunk)
            size += len(chunk)
    shutil.copystat(source, target)
    return (size, sha256.hexdigest()), f"{method}:{own.hexdigest()}" if own is not None else None


def _linked_folders(folder: str) -> Iterator[str]:
    for base, folders, _ in os.walk(folder):
        yield from (path for name in folders if os.path.islink(path := os.path.join(base, name)))


def _spelled(relative: str) -> str:
    return os.path.normpath(relative).replace(os.sep, "/")
