"""The folders of a manager."""

from __future__ import annotations

import os

from curifactory.errors import ArtifactSaveError
from curifactory.settings import Settings

_KEPT = (
    "manager_cache_path",
    "cache_path",
    "runs_path",
    "logs_path",
    "notebooks_path",
    "reports_path",
)


class Folders:
    """Where a manager keeps what; ``Settings`` says what each folder is for.

    Parameters
    ----------
    settings : Settings
    root : str
        The project's folder.
    """

    def __init__(self, settings: Settings, root: str) -> None:
        self.root = root
        self.manager_cache_path = settings.manager_cache_path
        self.cache_path = settings.cache_path
        self.runs_path = settings.runs_path
        self.logs_path = settings.logs_path
        self.notebooks_path = settings.notebooks_path
        self.reports_path = settings.reports_path
        self.report_css_path = settings.report_css_path

    def make_folders(self) -> None:
        """Make those that are not there.

        Raises
        ------
        ArtifactSaveError
            If one cannot be made.
        """
        for key in _KEPT:
            path = getattr(self, key)
            try:
                os.makedirs(path, exist_ok=True)
            except OSError as error:
                raise ArtifactSaveError(
                    f"The folder {path} ({key}) cannot be made: {error.strerror}. Set another one "
                    "in the configuration, or use a dry run."
                ) from error
