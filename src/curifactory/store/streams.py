"""Files whose digest is made while they are written or read, so that each byte is touched once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from curifactory.errors import UnusableArtifactError
from curifactory.store.digest import (
    CHUNK_BYTES,
    METHOD,
    digest_bytes,
    file_state,
    hasher,
    method_of,
    remember,
)
from curifactory.store.files import read_whole, write_new

_SMALL_BYTES = 1 << 16


class DigestingWriter(io.RawIOBase):
    """A binary file to be written from start to end, for libraries too.

    Parameters
    ----------
    file : binary file
        Where the bytes go.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hasher = hasher(METHOD)
        self._size = 0

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def tell(self) -> int:
        """How many bytes were written so far."""
        return self._size

    def write(self, data: Any) -> int:
        """Write all of `data`, which has the bytes in its memory; gives its size in bytes."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), CHUNK_BYTES):
            # in pieces, so that a piece is still in the processor's cache for the second use
            piece = view[start : start + CHUNK_BYTES]
            self._file.write(piece)
            self._hasher.update(piece)
        self._size += len(view)
        return len(view)

    @property
    def digest(self) -> str:
        """The digest of what was written so far."""
        return f"{METHOD}:{self._hasher.hexdigest()}"


class DigestingReader:
    """A binary file to be read from start to end.

    Parameters
    ----------
    file : binary file
        Where the bytes come from.
    method : str
        How the digest is made.
    """

    def __init__(self, file: BinaryIO, method: str = METHOD) -> None:
        self._file = file
        self._method = method
        self._hasher = hasher(method)

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or all that are left."""
        data = self._file.read(size)
        self._hasher.update(data)
        return data

    def readinto(self, memory: memoryview) -> int:
        """Read as many bytes as there is room for, or are left; gives their number."""
        size = self._file.readinto(memory)  # type: ignore[attr-defined]
        self._hasher.update(memory[:size])
        return int(size)

    def finish(self) -> str:
        """Read what is left; gives the digest of the whole file."""
        while self.read(CHUNK_BYTES):
            pass
        return f"{self._method}:{self._hasher.hexdigest()}"


@contextmanager
def digested_writing(path: str) -> Iterator[DigestingWriter]:
    """Write a file whose digest is known afterwards without reading it.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    with open(path, "wb") as file:
        writer = DigestingWriter(file)
        yield writer
    remember(path, writer.digest)


def write_digested(path: str, data: bytes) -> None:
    """Write a small file whose digest is known afterwards; errors as `digested_writing`."""
    write_new(path, data)
    remember(path, digest_bytes(data))


@contextmanager
def compared_reading(path: str, digest: str) -> Iterator[DigestingReader | io.BytesIO]:
    """Read a file and compare, at the end, what was read with its digest.

    Whatever was made of the bytes counts only when this has ended without an error.

    Raises
    ------
    UnusableArtifactError
        If the bytes are others; also in the place of what a reader made of them raised.
    OSError
        If the file cannot be read.
    """
    before = file_state(path)
    if before[2] <= _SMALL_BYTES:
        # fewer calls of the system, and there may be thousands
        data = read_whole(path)
        if digest_bytes(data, method_of(digest)) != digest:
            raise not_as_saved(path)
        if file_state(path) == before:
            remember(path, digest)
        yield io.BytesIO(data)
        return
    with open(path, "rb") as file:
        reader = DigestingReader(file, method_of(digest))
        try:
            yield reader
        except Exception as error:
            # nonsense in, nonsense out: the bytes are the cause
            if reader.finish() != digest:
                raise not_as_saved(path) from error
            raise
        if reader.finish() != digest:
            raise not_as_saved(path)
    if file_state(path) == before:
        remember(path, digest)


def not_as_saved(path: str) -> UnusableArtifactError:
    """The error for a file with other bytes than its artifact's commit says."""
    return UnusableArtifactError(f"The bytes of {path} are not those that were saved.")
