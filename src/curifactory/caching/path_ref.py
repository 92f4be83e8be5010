"""PathRef: an artifact that is its own path; the stage writes the file or folder there."""

from __future__ import annotations

import os
from typing import Any

from curifactory.caching.cacheable import AsLoaded, Cacheable


class PathRef(Cacheable):
    """The artifact is a path, at which the stage itself writes a file or a folder.

    The stage asks for it with ``record.stage_cachers[0].get_path()``, writes there, and returns
    it. Nothing is copied: consumers get the path.
    """

    staged = False
    stage_writes = True
    may_unpickle = False

    def check(self) -> bool:
        """Whether something is at the path."""
        return os.path.exists(self.get_path())

    def save(self, obj: Any) -> None:
        """Check that the stage returned the path at which it was to write.

        Raises
        ------
        AssertionError
            If it returned anything else.
        """
        path = self.get_path()
        if not isinstance(obj, str | os.PathLike) or os.fspath(obj) != path:
            stage = f"Stage '{self.stage}'" if self.stage else "The caller"
            raise AssertionError(
                f"{stage} gave {obj!r:.200} for '{self.name or path}', whose cacher is a PathRef "
                f"and stands for exactly {path!r}. Write to the path that "
                "record.stage_cachers[...].get_path() gives, and return that path."
            )

    def load(self) -> str:
        """The path.

        Raises
        ------
        FileNotFoundError
            If nothing is there.
        """
        path = self.get_path()
        os.stat(path)
        return path

    def as_loaded(self, obj: Any) -> AsLoaded:
        """The path as a text."""
        kind = type(obj).__name__
        return AsLoaded(self.get_path(), None if kind == "str" else f"{kind} becomes str")
