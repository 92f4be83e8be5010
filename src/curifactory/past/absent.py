"""What is said of a path at which there is no artifact, and which file may have been meant."""

from __future__ import annotations

import bisect
import os

from curifactory.settings import nearest
from curifactory.store.reserved import METADATA_SUFFIX

_NEIGHBOURS = 50


def no_artifact_at(path: str) -> str:
    """Why there is no artifact at a path, and which file may have been meant."""
    if os.path.isdir(path):
        return f"{path} is a folder and no artifact: name a file in it."
    if os.path.lexists(path):
        return f"{path} has no metadata beside it: it is no artifact."
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        return f"There is no file {path}: there is no folder {folder}."
    return f"There is no file {path}.{_nearest_file(path)} `curifactory artifacts` lists artifacts."


def _nearest_file(path: str) -> str:
    folder, name = os.path.split(path)
    there = set(os.listdir(folder or "."))
    names = sorted(one for one in there if os.path.splitext(one)[0] + METADATA_SUFFIX in there)
    # a folder may have 100,000 files: compared as a whole are those that begin alike
    at = bisect.bisect(names, name)
    return nearest(name, names[max(at - _NEIGHBOURS, 0) : at + _NEIGHBOURS])
