"""How the history names places, so that a project can be moved with it."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass


def stored_folder(folder: str, history: str, root: str) -> str:
    """A folder as the history has it: relative to the history if both lie in the project.

    Parameters
    ----------
    folder : str
        The folder, such as the cache folder.
    history : str
        The folder of the history.
    root : str
        The project root.
    """
    folder, history = os.path.abspath(folder or "."), os.path.abspath(history or ".")
    root = os.path.abspath(root or ".")
    if not (_is_below(folder, root) and _is_below(history, root)):
        return folder
    return os.path.relpath(folder, history).replace(os.sep, "/")


def stored_path(path: str, cache_path: str) -> str | None:
    """A path relative to the cache folder; ``None`` if it lies elsewhere."""
    name = path.removeprefix(_with_separator(cache_path)) if cache_path else path
    if name != path and os.sep not in name and name not in ("", ".", ".."):
        # right in it, as most are
        return name
    path, cache_path = os.path.abspath(path), os.path.abspath(cache_path or ".")
    if not _is_below(path, cache_path):
        return None
    return os.path.relpath(path, cache_path).replace(os.sep, "/")


@functools.lru_cache(maxsize=16)
def _with_separator(folder: str) -> str:
    return os.path.join(folder, "")


def absolute(path: str, folder: str, history: str) -> str:
    """Where a path of the history is now.

    Parameters
    ----------
    path, folder : str
        The path and the folder of its place, as the history has them.
    history : str
        The folder of the history.
    """
    # an absolute path, or folder, stays what it is
    return os.path.normpath(os.path.join(os.path.abspath(history or "."), folder, path))


@dataclass(frozen=True, slots=True)
class Place:
    """The cache folder of a run: where it is, and how the history names it."""

    cache_path: str
    folder: str

    def paths(self, *paths: str) -> tuple[str, list[str]]:
        """How the history names these: a folder, and the paths below it."""
        below = [stored_path(path, self.cache_path) for path in paths]
        inside = [path for path in below if path is not None]
        if len(inside) == len(below):
            return self.folder, inside
        return "", [os.path.abspath(path) for path in paths]


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
