"""Digests of files and bytes, self-describing: ``xxh3:…`` says how it was made."""

from __future__ import annotations

import os
from typing import Protocol

CHUNK_BYTES = 1 << 20
METHOD = "xxh3"
"""How digests are made unless another method is asked for."""


class Hasher(Protocol):
    """What makes a digest, piece by piece."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


def hasher(method: str) -> Hasher:
    """A new hasher.

    Raises
    ------
    ValueError
        If the method is not known.
    """
    if method == "xxh3":
        import xxhash

        return xxhash.xxh3_128()
    import hashlib  # with all of OpenSSL: most digests go without it

    if method == "blake2b":
        return hashlib.blake2b(digest_size=16)
    if method == "sha256":
        return hashlib.sha256()
    raise ValueError(f"unknown digest method {method!r}")


def digest_bytes(data: bytes, method: str = METHOD) -> str:
    """The digest of `data`, such as ``"xxh3:99aa06d3014798d86001c324468d497f"``."""
    made = hasher(method)
    made.update(data)
    return f"{method}:{made.hexdigest()}"


def digest_file(path: str, method: str = METHOD) -> str:
    """The digest of a file's bytes, read in chunks of 1 MiB.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    made = hasher(method)
    with open(path, "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size <= CHUNK_BYTES:
            made.update(file.read())
        else:
            buffer = memoryview(bytearray(CHUNK_BYTES))
            while size := file.readinto(buffer):
                made.update(buffer[:size])
    return f"{method}:{made.hexdigest()}"


def method_of(digest: str) -> str:
    """The method that a digest says it was made with."""
    return digest.partition(":")[0]


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
    found = digest_file(path, method_of(digest))
    if found == digest:
        _known[state] = digest
    return found == digest


def remember(path: str, digest: str) -> None:
    """Note that the file, as it is now, was just written or read with this digest."""
    _known[file_state(path)] = digest


def known(path: str) -> str | None:
    """The digest of a file, if it was written or read by this process and is as it was then.

    Raises
    ------
    OSError
        If there is no such file.
    """
    return _known.get(file_state(path))


def move(source: str, target: str) -> None:
    """Rename a file to `target`, in the place of what is there; its digest stays known.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    before = file_state(source)
    os.replace(source, target)
    digest = _known.pop(before, None)
    if digest is not None:
        after = file_state(target)
        # a rename changes the time of change; all else must be the same, or it is another's file
        if after[:4] == before[:4]:
            _known[after] = digest
