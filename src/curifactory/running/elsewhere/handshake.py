"""A file by which workers see that they share the cache folder."""

from __future__ import annotations

import os
import secrets

from curifactory.errors import ArtifactSaveError
from curifactory.store.reserved import STAGING_PREFIX


class Handshake:
    """A hidden file in the cache folder, while a run has workers.

    Parameters
    ----------
    cache_path : str
        The cache folder.
    """

    def __init__(self, cache_path: str) -> None:
        self._folder = os.path.abspath(cache_path)
        self._path: str | None = None

    def offer(self) -> str:
        """Write the file if it is not there yet, and give its path.

        Raises
        ------
        ArtifactSaveError
            If it cannot be written.
        """
        if self._path is None:
            path = os.path.join(self._folder, f"{STAGING_PREFIX}handshake-{secrets.token_hex(8)}")
            try:
                with open(path, "w", encoding="utf-8") as file:
                    file.write("workers look for this file\n")
            except OSError as error:
                raise ArtifactSaveError(f"{path} could not be written: {error}") from error
            self._path = path
        return self._path

    def withdraw(self) -> None:
        """Remove the file."""
        if self._path is not None and os.path.exists(self._path):
            os.unlink(self._path)
        self._path = None
