"""Small things done with files and folders."""

from __future__ import annotations

import os
import shutil


def files_below(folder: str) -> list[str]:
    """Paths of all files below `folder`, sorted; hidden ones too."""
    found = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(root, name) for name in names]
    return sorted(found)


def files_at(path: str) -> list[str]:
    """The file that is at `path`, or all files below it if it is a folder."""
    return files_below(path) if os.path.isdir(path) else [path] if os.path.isfile(path) else []


def remove(path: str) -> None:
    """Remove a file, link or folder, if there is one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        if not os.path.isdir(path):
            raise
        shutil.rmtree(path)


def force_to_disk(path: str) -> None:
    """Have the system write a file's or folder's content out before this returns."""
    descriptor = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
