"""FileReferenceCacher: an artifact that is a list of files which lie elsewhere."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Any

from curifactory.caching.json_cacher import JsonCacher
from curifactory.errors import ArtifactSaveError, UnusableArtifactError
from curifactory.store.relocation import relocated_if_there
from curifactory.store.slot import Readable


class FileReferenceCacher(JsonCacher):
    """Stores one path, or a list of paths, as ``.json``; the files stay where they are.

    The artifact counts only as long as every file or folder that it points at is there. Paths
    are kept as they were given, so a relative one means the working folder.
    """

    def check(self) -> bool:
        """Whether the list is there, and all that it points at."""
        try:
            return super().check() and all(map(os.path.exists, self.references()))
        except UnusableArtifactError:
            return False

    def references(self) -> list[str]:
        """The paths in the saved list.

        Raises
        ------
        FileNotFoundError
            If no list was saved.
        UnusableArtifactError
            If the file holds something else.
        """
        paths = self.load()
        return [paths] if isinstance(paths, str) else paths

    def _write(self, obj: Any, path: str) -> None:
        super()._write(_checked(obj, self._what()), path)

    def _read_open(self, file: Readable) -> str | list[str]:
        paths = super()._read_open(file)
        if isinstance(paths, str):
            return relocated_if_there(paths)
        if isinstance(paths, list) and all(isinstance(item, str) for item in paths):
            return list(map(relocated_if_there, paths))
        raise ValueError("it holds something else than a path or a list of paths")


def _checked(obj: Any, what: str) -> Any:
    paths = obj if isinstance(obj, list | tuple) else [obj]
    for path in paths:
        if not isinstance(path, str | PurePath):
            raise ArtifactSaveError(
                f"FileReferenceCacher stores a path or a list of paths, but {what} has a "
                f"{type(path).__name__} in it: {path!r:.80}"
            )
    return obj
