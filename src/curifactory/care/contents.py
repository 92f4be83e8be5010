"""The files in a cache folder, before anything is known about them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from curifactory.store.staging import STAGING_PREFIX

_HASH_IN_NAME = re.compile("_[0-9a-f]{32}_")


@dataclass(slots=True)
class Contents:
    """Paths relative to the cache folder, sorted.

    Parameters
    ----------
    files : list of str
        Visible files; what lies in an artifact's own folder is among them.
    aside : list of str
        Hidden files and folders of ours, in which something is or was being written.
    unreadable : dict of str to str
        Folders that could not be looked into, with the reason.
    """

    files: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def contents_of(folder: str, apart: Collection[str] = ()) -> Contents:
    """List a cache folder; links that the user made in it are followed, each folder once.

    Parameters
    ----------
    folder : str
        The cache folder.
    apart : collection of str
        Files and folders below it that are for other things, such as full stores.
    """
    contents = Contents()
    passed_by = {os.path.realpath(path) for path in apart} - {os.path.realpath(folder)}

    def note(error: OSError) -> None:
        path = os.path.relpath(str(error.filename), folder)
        contents.unreadable[path] = error.strerror or str(error)

    for root, folders, names in os.walk(folder, onerror=note, followlinks=True):
        real = os.path.realpath(root)
        if real in passed_by:
            folders.clear()
            continue
        passed_by.add(real)
        for name in (*folders, *names):
            path = os.path.relpath(os.path.join(root, name), folder)
            if name.startswith(STAGING_PREFIX):
                contents.aside.append(path)
            elif name in names and not name.startswith(".") and _in(real, name) not in passed_by:
                contents.files.append(path)
        folders[:] = [name for name in folders if not name.startswith(".")]
    contents.files.sort()
    contents.aside.sort()
    return contents


def is_named_as_ours(path: str) -> bool:
    """Whether a part of a path carries the hash of a parameter set, as our own file names do."""
    return any(map(_HASH_IN_NAME.search, path.split(os.sep)))


def is_inside(folder: str, path: str) -> bool:
    """Whether a file lies in a folder, and not behind a link that leads out of it."""
    parent = os.path.realpath(os.path.dirname(os.path.join(folder, path)))
    real = os.path.realpath(folder)
    return parent == real or parent.startswith(os.path.join(real, ""))


def _in(folder: str, name: str) -> str:
    return os.path.join(folder, name)
