"""The files in a cache folder, before anything is known about them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Set
from dataclasses import dataclass, field

from curifactory.store.reserved import METADATA_SUFFIX, STAGING_PREFIX

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
        below = os.path.relpath(root, folder)
        start = "" if below == os.curdir else os.path.join(below, "")
        hidden = [name for name in (*folders, *names) if name.startswith(".")]
        contents.aside += [start + name for name in hidden if name.startswith(STAGING_PREFIX)]
        contents.files += [
            start + name
            for name in names
            if not name.startswith(".") and _in(real, name) not in passed_by
        ]
        folders[:] = [name for name in folders if not name.startswith(".")]
    contents.files.sort()
    contents.aside.sort()
    return contents


def compare_with(folder: str, apart: Collection[str], known: Set[str]) -> tuple[set[str], Set[str]]:
    """Compare what is in a cache folder with what should be; paths are relative to the folder.

    Parameters
    ----------
    folder : str
        The cache folder.
    apart : collection of str
        Folders below it that are for other things.
    known : set of str
        Paths of files, and of folders that need not be looked into: to ask each of 100,000 files
        whether it is a folder takes longer than all else here.

    Returns
    -------
    tuple of set and set
        The visible files and folders that were not known, and what was known and is not there.
    """
    passed_by = {os.path.realpath(path) for path in apart} - {os.path.realpath(folder)}
    found, new, waiting = set[str](), set[str](), [""]
    while waiting:
        below = waiting.pop()
        real = os.path.realpath(os.path.join(folder, below))
        if below and real in passed_by:
            continue
        passed_by.add(real)
        names = _names(folder, below)
        unknown = names - known
        if found:
            found |= names
        else:
            found = names  # as a rule all that there is, and large
        new |= unknown
        waiting += [name for name in unknown if _is_folder(folder, name)]
    # as a rule all is there, and need not be looked for one by one
    missing = known - found if len(found) - len(new) < len(known) else set[str]()
    return {name for name in new if not _is_hidden(name)}, missing


def _names(folder: str, below: str) -> set[str]:
    try:
        names = os.listdir(os.path.join(folder, below))
    except OSError:
        return set()  # `contents_of` tells
    return {f"{below}/{name}" for name in names} if below else set(names)


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def _is_folder(folder: str, name: str) -> bool:
    may_be = not (_is_hidden(name) or name.endswith(METADATA_SUFFIX))
    return may_be and os.path.isdir(os.path.join(folder, name))


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
