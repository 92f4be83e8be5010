"""From what code imports to the distributions that have to be installed for it.

`importlib.metadata` knows all this too, and takes longer to import than all else here takes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache


def packages_of(names: set[str]) -> dict[str, str]:
    """Give name and version of the distributions that top-level modules come from.

    Parameters
    ----------
    names : set of str
        Top-level modules, such as ``sklearn``. Python's own are left out.

    Returns
    -------
    dict of str to str
        Such as ``{"scikit-learn": "1.5.0"}``. A module that no installed distribution has keeps
        its own name, with its ``__version__`` or ``"unknown"``.
    """
    outside = [name for name in sorted(names) if name not in sys.stdlib_module_names]
    return dict(_distribution(name) for name in outside)


@lru_cache(maxsize=1024)
def _distribution(name: str) -> tuple[str, str]:
    installed = [place for folder in sys.path for place in _installed(folder or os.curdir)]
    for place in _likely(name, installed):
        metadata = _read(place, "METADATA") or _read(place, "PKG-INFO")
        said = dict(re.findall(r"^(Name|Version): *(.+?)\s*$", metadata, re.M))
        if len(said) == 2:
            return said["Name"], said["Version"]
    version = getattr(sys.modules.get(name), "__version__", None)
    return name, version if isinstance(version, str) else "unknown"


def _likely(name: str, installed: list[str]) -> Iterator[str]:
    """Give the distributions that a module may come from, those that are quickly found first."""
    wanted = name.lower().replace("-", "_")
    for place in installed:
        if re.split(r"-\d|\.egg", os.path.basename(place).lower())[0].replace("-", "_") == wanted:
            yield place
    for place in installed:
        if name in _read(place, "top_level.txt").split():
            yield place
    for place in installed:
        if re.search(rf"^{re.escape(name)}(/|\.py,)", _read(place, "RECORD"), re.M):
            yield place


@lru_cache(maxsize=256)
def _installed(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, one) for one in names if one.endswith((".dist-info", ".egg-info"))]


def _read(place: str, name: str) -> str:
    try:
        with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
