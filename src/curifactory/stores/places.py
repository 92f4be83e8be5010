"""Where the files of a run belong in its full store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

from curifactory.stores.layout import ARTIFACTS, ELSEWHERE, PROJECT


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that a run worked in.

    Parameters
    ----------
    cache : str
        Its cache folder, which is ``artifacts/`` in the store.
    root : str
        The project's folder, which is ``project/``. What lies outside of both has its whole path
        below ``elsewhere/``.
    """

    cache: str
    root: str

    def in_store(self, path: str) -> str:
        """Where a file or folder belongs in the store, relative to it."""
        folder, name = os.path.split(os.path.abspath(path))
        return os.path.join(_folder_in_store(folder, self.cache, self.root), name)


@lru_cache(maxsize=1024)
def _folder_in_store(folder: str, cache: str, root: str) -> str:
    inside = below(os.path.realpath(folder), os.path.realpath(cache or "."))
    if inside is not None:
        return os.path.normpath(os.path.join(ARTIFACTS, inside))
    # as it is spelled: a link in the project stands for what it leads to
    inside = below(folder, os.path.abspath(root))
    if inside is not None:
        return os.path.normpath(os.path.join(PROJECT, inside))
    return os.path.join(ELSEWHERE, without_root(folder))


def without_root(path: str) -> str:
    """A whole path as one that can be appended to a folder."""
    return os.path.abspath(path).lstrip(os.sep).replace(":", "")


def below(path: str, folder: str) -> str | None:
    """`path` relative to `folder`, or ``None`` if it does not lie there."""
    relative = os.path.relpath(path, folder)
    return None if relative.split(os.sep)[0] == os.pardir else relative
