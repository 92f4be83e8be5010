"""Small things done with files and folders."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

_MOST_AT_ONCE = 1 << 16


def read_whole(path: str) -> bytes:
    """The content of a small file; with fewer calls of the system than an open file object makes.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return _read_to_end(descriptor)
    finally:
        os.close(descriptor)


def read_with_state(path: str) -> tuple[os.stat_result, bytes]:
    """The state of a small file, and what it held from then on; see `read_whole`."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return os.fstat(descriptor), _read_to_end(descriptor)
    finally:
        os.close(descriptor)


def _read_to_end(descriptor: int) -> bytes:
    data = chunk = os.read(descriptor, _MOST_AT_ONCE)
    # a file that is shorter than asked for was read to its end
    while len(chunk) == _MOST_AT_ONCE:
        chunk = os.read(descriptor, _MOST_AT_ONCE)
        data += chunk
    return data


def write_new(path: str, data: bytes, durable: bool = False) -> None:
    """Write a small file anew; `durable`: forced to disk. See `read_whole`.

    Raises
    ------
    OSError
        If the disk refuses; what was written until then is left there.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(folder: str) -> list[str]:
    """Paths of all files below `folder`, sorted; hidden ones too."""
    found = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(root, name) for name in names]
    return sorted(found)


def files_at(path: str) -> list[str]:
    """The file that is at `path`, or all files below it if it is a folder."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return []
    return files_below(path) if stat.S_ISDIR(mode) else [path] if stat.S_ISREG(mode) else []


def remove(path: str) -> None:
    """Remove a file, link or folder, if there is one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        if not os.path.isdir(path):
            raise
        _remove_folder(path)


def _remove_folder(path: str) -> None:
    import shutil  # with all kinds of compression

    while os.path.isdir(path):
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            pass  # somebody else removes it too, where locks do not work


def clear_away(folder: str) -> None:
    """Remove a folder as far as that goes; what is left is swept later."""
    import shutil

    try:
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass  # a descriptor that a failing disk refused to close is closed a second time


def replace_folder(source: str, target: str) -> None:
    """Rename a folder to `target`, in the place of whatever is there.

    What was there is moved beside `source` and removed.
    """
    while True:
        old = f"{source}-{os.urandom(8).hex()}"
        try:
            os.rename(target, old)
        except FileNotFoundError:
            pass
        else:
            remove(old)
        try:
            os.rename(source, target)
        except OSError as error:
            # where locks do not work, somebody else may have put theirs there meanwhile
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
        else:
            return


def force_to_disk(path: str) -> None:
    """Have the system write a file's or folder's content out before this returns."""
    descriptor = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def state_of(path: str) -> str:
    """What tells a later content of a file or folder from this one without reading it.

    Sizes and times of change: whoever writes it again gets another state.
    """
    stats = [(found, os.stat(found)) for found in files_at(path)]
    return repr([(os.path.relpath(found, path), s.st_size, s.st_mtime_ns) for found, s in stats])


def write_whole(path: str, data: bytes, durable: bool = False) -> None:
    """Write a file that a reader finds either whole or not at all; `durable`: forced to disk."""
    with whole_file(path, durable) as file:
        file.write(data)


@contextmanager
def whole_file(path: str, durable: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place once all is written; see `write_whole`."""
    aside = f"{path}.{os.urandom(8).hex()}.tmp"
    try:
        with open(aside, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
        if durable:
            force_to_disk(os.path.dirname(path))
    except BaseException:
        remove(aside)
        raise
