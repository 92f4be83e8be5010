"""What lies where in a full store, and how one is told from any other folder."""

from __future__ import annotations

import os

ARTIFACTS = "artifacts"
PROJECT = "project"
ELSEWHERE = "elsewhere"
CODE = "code"
REPORT = "report"
PACKAGES = "packages"
INCOMPLETE_MARK = "INCOMPLETE"
MANIFEST = "MANIFEST.json"
README = "README.md"
CRATE = "ro-crate-metadata.json"
RUN_INFO = "run_info.json"
PARAMETERS = "parameters.json"
REQUIREMENTS = "requirements.txt"
ENVIRONMENT = "environment_meta.txt"
CONDA = "environment_conda.txt"
PATCH = "uncommitted.patch"


def is_full_store(folder: str) -> bool:
    """Whether a folder is one, be it damaged."""
    return os.path.isdir(os.path.join(folder, ARTIFACTS)) and any(
        os.path.exists(os.path.join(folder, name)) for name in (RUN_INFO, MANIFEST, INCOMPLETE_MARK)
    )


def artifacts_folder(folder: str) -> str:
    """The folder of artifacts that a user means: that of a full store for the store itself."""
    return os.path.join(folder, ARTIFACTS) if is_full_store(folder) else folder


def store_around(path: str) -> str | None:
    """The full store whose artifacts a folder has, or that it lies in; ``None`` if there is none.

    Parameters
    ----------
    path : str
        Such as a cache folder; need not exist.
    """
    folder = os.path.realpath(path or ".")
    while not is_full_store(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
