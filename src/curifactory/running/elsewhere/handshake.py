"""A file by which workers see that they share the cache folder."""

from __future__ import annotations

import os

from curifactory.errors import ArtifactSaveError
from curifactory.store.staging import Staging

_NAME = "handshake"


class Handshake:
    """A file in a hidden folder in the cache folder, while a run has workers.

    Parameters
    ----------
    cache_path : str
        The cache folder.
    """

    def __init__(self, cache_path: str) -> None:
        self._cache = os.path.abspath(cache_path)
        self._staging = Staging()

    def offer(self) -> str:
        """Write the file if it is not there, and give its path.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        path = self._cache
        try:
            path = os.path.join(self._staging.folder(self._cache), _NAME)
            with open(path, "w", encoding="utf-8") as file:
                file.write("workers look for this file\n")
        except OSError as error:
            raise ArtifactSaveError(f"{path} could not be written: {error}") from error
        return path

    def withdraw(self) -> None:
        """Remove the folder."""
        self._staging.close()
