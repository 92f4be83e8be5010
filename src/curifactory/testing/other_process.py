"""Saving the values of a contract in another process."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import subprocess
import sys
from types import ModuleType
from typing import Any

_CHILD = "import sys; from curifactory.testing import other_process as o; o.save_all(*sys.argv[1:])"


def save_in_other_process(contract: type, folder: str) -> None:
    """Save each of a contract's values at ``contract.at(folder, "thing<index>")``."""
    arguments = [contract.__module__, inspect.getfile(contract), contract.__qualname__, folder]
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr


def save_all(module: str, file: str, name: str, folder: str) -> None:
    """What the other process does."""
    found: Any = _imported(module, file)
    for part in name.split("."):
        found = getattr(found, part)
    contract = found()
    for index, value in enumerate(contract.values):
        cacher = contract.at(folder, f"thing{index}")
        cacher.save(contract.returned(value, cacher))


def _imported(module: str, file: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        # pytest may have imported the file from a folder that is on no path
        spec = importlib.util.spec_from_file_location(module, file)
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return found
