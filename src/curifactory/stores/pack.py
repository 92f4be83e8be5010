"""From a full store to one zip file: the same store always gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator

from curifactory.errors import (
    ArtifactSaveError,
    ConfigurationError,
    CurifactoryError,
    DamagedStoreError,
)
from curifactory.store.digest import CHUNK_BYTES
from curifactory.store.files import remove
from curifactory.stores.layout import INCOMPLETE_MARK, MANIFEST
from curifactory.stores.manifest import read_manifest
from curifactory.stores.wheel import EARLIEST


def pack(folder: str, target: str) -> int:
    """Write a full store into a new zip file.

    Every file is compared with the manifest while it is written. Order, times and permissions in
    the zip file say nothing about this machine.

    Parameters
    ----------
    folder : str
        The store.
    target : str
        The zip file.

    Returns
    -------
    int
        Bytes of the zip file.

    Raises
    ------
    ConfigurationError
        If there is something of that name already.
    DamagedStoreError
        If a file is missing or was changed, or the store has no manifest.
    ArtifactSaveError
        If the zip file cannot be written.
    """
    if os.path.lexists(target):
        raise ConfigurationError(f"{target} is there already; name a file that is not.")
    top = os.path.basename(os.path.abspath(folder))
    expected = {file.path: file.sha256 for file in read_manifest(folder).files}
    aside = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        with zipfile.ZipFile(aside, "x", zipfile.ZIP_DEFLATED) as zip_file:
            for path in sorted([*expected, MANIFEST, *_mark(folder), *_empty_folders(folder)]):
                _add(zip_file, os.path.join(folder, path), f"{top}/{path}", expected.get(path))
        _give_name(aside, target)
        return os.stat(target).st_size
    except CurifactoryError:
        raise
    except OSError as error:
        raise ArtifactSaveError(f"{target} cannot be written: {error}") from error
    finally:
        remove(aside)


def _mark(folder: str) -> list[str]:
    return [INCOMPLETE_MARK] if os.path.exists(os.path.join(folder, INCOMPLETE_MARK)) else []


def _empty_folders(folder: str) -> Iterator[str]:
    """Folders with nothing in them, which an artifact may consist of."""
    for base, folders, names in os.walk(folder):
        if not folders and not names:
            yield os.path.relpath(base, folder).replace(os.sep, "/") + "/"


def _add(zip_file: zipfile.ZipFile, path: str, name: str, sha256: str | None) -> None:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    if name.endswith("/"):
        entry.external_attr = 0o40755 << 16 | 0x10
        zip_file.writestr(entry, b"")
        return
    entry.external_attr = 0o100644 << 16
    digest = hashlib.sha256()
    try:
        reading = open(path, "rb")  # noqa: SIM115 - not to be opened is damage, unlike a full disk
    except OSError as error:
        raise DamagedStoreError(
            f"{path} cannot be read ({error.strerror or error}); nothing was exported. "
            "`curifactory verify` names all that is wrong with a store."
        ) from None
    with reading, zip_file.open(entry, "w", force_zip64=os.path.getsize(path) >> 31 > 0) as writing:
        while chunk := reading.read(CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    if sha256 is not None and digest.hexdigest() != sha256:
        raise DamagedStoreError(f"{path} has other bytes than were kept; nothing was exported.")


def _give_name(aside: str, target: str) -> None:
    """Rename, but onto nothing that somebody else made meanwhile."""
    try:
        os.link(aside, target)
    except FileExistsError:
        raise ConfigurationError(f"{target} is there already; name a file that is not.") from None
    except OSError:
        os.rename(aside, target)  # a file system without links
