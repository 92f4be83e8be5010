"""What a run took place in: code version, machine, Python and packages."""

from __future__ import annotations

import functools
import getpass
import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """Which version of the project's code ran.

    Parameters
    ----------
    commit : str or None
        All 40 characters; ``None`` outside of a git repository.
    dirty : bool or None
        Whether files that git tracks were changed since.
    """

    commit: str | None
    dirty: bool | None


def code_version(root: str) -> CodeVersion:
    """Ask git about the project folder."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return CodeVersion(None, None)
    return CodeVersion(commit, bool(_git(root, "status", "--porcelain", "--untracked-files=no")))


def _git(root: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", root, *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@functools.cache
def host() -> str:
    """The name of this machine."""
    return socket.gethostname()


@functools.cache
def user() -> str:
    """The name of the user; the number where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def requirements() -> list[str]:
    """Every installed package as ``name==version``, sorted."""
    found = {
        f"{distribution.name}=={distribution.version}"
        for distribution in importlib.metadata.distributions()
        if distribution.name
    }
    return sorted(found, key=str.lower)


def environment_text() -> str:
    """Python and machine, for a reader."""
    lines = {
        "python": sys.version.replace("\n", " "),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "host": host(),
        "user": user(),
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items())
