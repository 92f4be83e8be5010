"""The preloaded library that makes one file operation fail; compiled where a compiler is."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def build(folder: Path) -> Path:
    """Compile the library into a folder."""
    library = folder / "shim.so"
    found = compiler()
    assert found is not None
    command = [found, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


class Shim:
    """The library in this process, which was started with it preloaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        for name in ("fault_count", "fault_refused"):
            getattr(self._library, name).restype = ctypes.c_long

    def arm(self, folder: str, at: int, action: str, log: str = "") -> None:
        """From now on count operations below `folder`; the `at`-th one fails as `action` says.

        Parameters
        ----------
        at : int
            Number of the operation, from 1; 0 only counts.
        action : str
            ``kill``, ``torn``, ``enospc`` or ``eio``.
        log : str
            File for what a power loss may undo.
        """
        self._library.fault_arm(folder.encode(), ctypes.c_long(at), action.encode(), log.encode())

    def counts(self) -> dict[str, int]:
        """How many operations there were since, and how many of them were refused."""
        return {
            "operations": int(self._library.fault_count()),
            "refused": int(self._library.fault_refused()),
        }
