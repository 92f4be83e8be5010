"""What a run took place in: code version, machine, Python and packages."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from curifactory.runs.machine import host, user


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """Which version of the project's code ran.

    Parameters
    ----------
    commit : str or None
        All 40 characters; ``None`` outside of a git repository.
    dirty : bool or None
        Whether files that git tracks were changed since.
    branch : str or None
        The branch that was checked out, if one was.
    """

    commit: str | None
    dirty: bool | None
    branch: str | None = None


def code_version(root: str) -> CodeVersion:
    """Ask git about the project folder."""
    done = _git(root, "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-uno")
    if done is None:
        return CodeVersion(None, None)
    lines = done.splitlines()
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = facts.get("branch.oid", "(initial)"), facts.get("branch.head")
    if commit == "(initial)":
        return CodeVersion(None, None)
    dirty = any(not line.startswith("#") for line in lines)
    return CodeVersion(commit, dirty, None if branch == "(detached)" else branch)


def git_command(root: str, *arguments: str) -> list[str]:
    """The command line for a question to git that changes nothing, not even its index."""
    return ["git", "--no-optional-locks", "-C", root, *arguments]


def _git(root: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            git_command(root, *arguments),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package: its version, and the folder that has its metadata."""

    version: str
    place: str


@functools.cache
def installed() -> dict[str, Package]:
    """Every installed package by name, from the names of their folders."""
    found: dict[str, Package] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            # metadata files say the same, and reading all of them takes ten times as long
            stem, _, ending = name.rpartition(".")
            package, dash, version = stem.partition("-")
            if ending in ("dist-info", "egg-info") and dash:
                # the first on the path is the one that is imported
                place = os.path.join(folder, name)
                found.setdefault(package, Package(version.partition("-py")[0], place))
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


@functools.cache
def packages() -> dict[str, str]:
    """Name and version of every installed package."""
    return {name: package.version for name, package in installed().items()}


def environment_facts() -> dict[str, Any]:
    """Python, platform and packages; nothing of the environment variables."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages(),
    }


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
