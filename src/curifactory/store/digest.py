"""Digests of files and bytes, self-describing: ``xxh3:…`` says how it was made."""

from __future__ import annotations

import hashlib
import os
from typing import Protocol

CHUNK_BYTES = 1 << 20


class _Hasher(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


def _hasher(method: str) -> _Hasher:
    if method == "xxh3":
        import xxhash

        return xxhash.xxh3_128()
    if method == "blake2b":
        return hashlib.blake2b(digest_size=16)
    if method == "sha256":
        return hashlib.sha256()
    raise ValueError(f"unknown digest method {method!r}")


def digest_bytes(data: bytes, method: str = "xxh3") -> str:
    """The digest of `data`, such as ``"xxh3:99aa06d3014798d86001c324468d497f"``."""
    hasher = _hasher(method)
    hasher.update(data)
    return f"{method}:{hasher.hexdigest()}"


def digest_file(path: str, method: str = "xxh3") -> str:
    """The digest of a file's bytes, read in chunks of 1 MiB.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    hasher = _hasher(method)
    with open(path, "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size <= CHUNK_BYTES:
            hasher.update(file.read())
        else:
            buffer = memoryview(bytearray(CHUNK_BYTES))
            while size := file.readinto(buffer):
                hasher.update(buffer[:size])
    return f"{method}:{hasher.hexdigest()}"


FileState = tuple[int, int, int, int, int]


def file_state(path: str) -> FileState:
    """What tells one state of a file from another: device, inode, size and both times.

    Raises
    ------
    OSError
        If there is no such file.
    """
    stat = os.stat(path)
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


_known: dict[FileState, str] = {}


def matches(path: str, digest: str) -> bool:
    """Whether the file has this digest; each state of a file is read once per process.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    state = file_state(path)
    if _known.get(state) == digest:
        return True
    found = digest_file(path, digest.partition(":")[0])
    if found == digest:
        _known[state] = digest
    return found == digest


def remember(path: str, digest: str) -> None:
    """Note that the file, as it is now, was just written or read with this digest."""
    _known[file_state(path)] = digest
