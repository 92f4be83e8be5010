"""Which folder is the project of a function."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from types import FunctionType

_MARKS = ("curifactory_config.json", "pyproject.toml")
_LEVELS = 3


def project_of(value: FunctionType | type) -> str:
    """Give the folder that a module is imported from, or a marked one up to three above it."""
    module = sys.modules.get(value.__module__)
    file = getattr(module, "__file__", None)
    folder = os.path.dirname(os.path.abspath(file)) if file else os.getcwd()
    name = value.__module__ if file else ""
    depth = name.count(".") + (1 if file and os.path.basename(file) == "__init__.py" else 0)
    for _ in range(depth):
        folder = os.path.dirname(folder)
    return _marked(folder)


@lru_cache(maxsize=1024)
def _marked(folder: str) -> str:
    above = folder
    for _ in range(_LEVELS + 1):
        if any(os.path.exists(os.path.join(above, mark)) for mark in _MARKS):
            return above
        above = os.path.dirname(above)
    return folder
