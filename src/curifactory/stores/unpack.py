"""From a zip file to a full store, whoever sent it.

Nothing is believed: only files that the manifest in it names are written, each inside of the new
folder, no more bytes than it says, and what comes out must have the digest that it says.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass

from curifactory.amounts import format_size
from curifactory.errors import (
    ArtifactSaveError,
    ConfigurationError,
    CurifactoryError,
    DamagedStoreError,
)
from curifactory.store.digest import CHUNK_BYTES
from curifactory.store.files import clear_away
from curifactory.stores.contents import StoredFile
from curifactory.stores.layout import ARTIFACTS, INCOMPLETE_MARK, MANIFEST
from curifactory.stores.manifest import Manifest, inside, parse_manifest

_MOST_TIMES_LARGER = 100
_ALWAYS_ALLOWED = 1 << 30
_LARGEST_DOCUMENT = 1 << 30


@dataclass(frozen=True)
class Unpacked:
    """What became of a zip file.

    Parameters
    ----------
    folder : str
        The store.
    left_out : tuple of str
        Entries that do not belong to it.
    """

    folder: str
    left_out: tuple[str, ...]


def unpack(path: str, into: str = ".", max_bytes: int | None = None) -> Unpacked:
    """Unpack the zip file of a full store into a new folder, named as in the zip file.

    Parameters
    ----------
    path : str
        The zip file.
    into : str
        The folder that gets the store.
    max_bytes : int, optional
        How large it may be; by default 1 GiB more than a hundred times the zip file.

    Raises
    ------
    ConfigurationError
        If there is such a folder already, or no such zip file.
    DamagedStoreError
        If it is no zip file of a full store, a file in it is missing or was changed, or it would
        write elsewhere or more than is allowed. Nothing is left of it then.
    ArtifactSaveError
        If it cannot be written.
    """
    try:
        with zipfile.ZipFile(path) as zip_file:
            return _Unpacking(zip_file, path, max_bytes).into(into)
    except CurifactoryError:
        raise
    except FileNotFoundError as error:
        raise ConfigurationError(f"There is no file {error.filename}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DamagedStoreError(f"{path} is no zip file that can be read: {error}") from None
    except OSError as error:
        raise ArtifactSaveError(f"{path} cannot be unpacked: {error}") from error


class _Unpacking:
    """One zip file that is looked through, and then unpacked."""

    def __init__(self, zip_file: zipfile.ZipFile, path: str, max_bytes: int | None) -> None:
        self._zip = zip_file
        self._path = path
        size = os.path.getsize(path)
        self._max_bytes = max_bytes or _MOST_TIMES_LARGER * size + _ALWAYS_ALLOWED
        self._entries = self._checked_entries()
        if sum(entry.compress_size for entry in self._entries.values()) > size:
            raise self._refusal("its entries overlap")
        self._top, self._manifest = self._read_manifest()

    def into(self, parent: str) -> Unpacked:
        """Unpack everything aside, then give it its name."""
        name = self._top.rstrip("/") or os.path.splitext(os.path.basename(self._path))[0]
        target = os.path.join(parent, name)
        if os.path.lexists(target):
            raise ConfigurationError(f"{target} is there already; name another folder.")
        self._check_room(parent)
        os.makedirs(parent, exist_ok=True)
        aside = tempfile.mkdtemp(prefix=".curifactory-import-", dir=parent)
        try:
            for file in self._manifest.files:
                self._unpack(file, aside)
            with open(os.path.join(aside, MANIFEST), "wb") as opened:
                opened.write(self._read(MANIFEST))
            if self._top + INCOMPLETE_MARK in self._entries:
                with open(os.path.join(aside, INCOMPLETE_MARK), "wb") as opened:
                    opened.write(self._read(INCOMPLETE_MARK))
            for folder in self._folders():
                os.makedirs(os.path.join(aside, folder), exist_ok=True)
            os.chmod(aside, 0o777 & ~_umask())
            os.rename(aside, target)
        finally:
            clear_away(aside)
        return Unpacked(target, tuple(self._left_out()))

    def _checked_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            name = entry.filename
            try:
                inside(name.removesuffix("/"))
            except ValueError:
                raise self._refusal(f"its entry {name!r} leads out of its folder") from None
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise self._refusal(f"its entry {name!r} is a link or a device")
            if name in entries:
                raise self._refusal(f"it has two entries {name!r}")
            entries[name] = entry
        return entries

    def _read_manifest(self) -> tuple[str, Manifest]:
        """The folder that the store has in the zip file, and its manifest."""
        found = [name for name in self._entries if f"/{name}".endswith(f"/{MANIFEST}")]
        if not found:
            raise self._refusal(f"it has no {MANIFEST}, so it is no full store or not a whole one")
        self._top = min(found, key=lambda name: name.count("/")).removesuffix(MANIFEST)
        if self._top.count("/") > 1:
            raise self._refusal(f"its {MANIFEST} lies in folders inside of folders")
        try:
            return self._top, parse_manifest(self._read(MANIFEST))
        except ValueError as error:
            raise self._refusal(f"its {MANIFEST} cannot be read: {error}") from None

    def _check_room(self, parent: str) -> None:
        size = sum(file.size for file in self._manifest.files)
        if size > self._max_bytes:
            raise self._refusal(
                f"it would become {format_size(size)}, and {format_size(self._max_bytes)} are "
                "allowed for a zip file of this size; allow more with --max-size"
            )
        above = os.path.abspath(parent)
        while not os.path.isdir(above):
            above = os.path.dirname(above)
        free = shutil.disk_usage(above).free
        if size > free:
            raise ArtifactSaveError(
                f"{self._path} needs {format_size(size)} in {parent}, where {format_size(free)} "
                "are free."
            )

    def _unpack(self, file: StoredFile, folder: str) -> None:
        target = os.path.join(folder, file.path)
        entry = self._entries.get(self._top + file.path)
        if entry is None:
            raise self._refusal(f"{file.path} is missing in it")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        digest, left = hashlib.sha256(), file.size
        with self._zip.open(entry) as reading, open(target, "xb") as writing:
            while chunk := reading.read(CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    break
                digest.update(chunk)
                writing.write(chunk)
        if left or digest.hexdigest() != file.sha256:
            raise self._refusal(f"{file.path} in it has other bytes than were kept")

    def _read(self, name: str) -> bytes:
        """A small file, which the manifest does not tell the size of."""
        with self._zip.open(self._entries[self._top + name]) as reading:
            data = reading.read(_LARGEST_DOCUMENT + 1)
        if len(data) > _LARGEST_DOCUMENT:
            raise self._refusal(f"{name} in it is too large")
        return data

    def _folders(self) -> list[str]:
        """Folders of artifacts, which may be empty."""
        begin = f"{self._top}{ARTIFACTS}/"
        named = (name for name in self._entries if name.endswith("/") and name.startswith(begin))
        return [name.removeprefix(self._top) for name in named]

    def _left_out(self) -> list[str]:
        known = {file.path for file in self._manifest.files} | {MANIFEST, INCOMPLETE_MARK}
        files = (name for name in self._entries if not name.endswith("/"))
        return [name for name in files if name.removeprefix(self._top) not in known]

    def _refusal(self, why: str) -> DamagedStoreError:
        return DamagedStoreError(f"{self._path} is not imported: {why}.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
