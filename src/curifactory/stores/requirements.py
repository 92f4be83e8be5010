"""What has to be installed to run a full store again: packages with their exact versions."""

from __future__ import annotations

import glob
import json
import os
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any

from curifactory.runs.environment import Package, installed
from curifactory.stores.layout import PACKAGES
from curifactory.stores.places import below

# every environment has tools of its own for installing
_TOOLS = ("pip", "setuptools", "wheel", "distribute")
_OURS = "curifactory"


@dataclass(frozen=True, slots=True)
class Requirements:
    """The packages of an environment.

    Parameters
    ----------
    text : str
        For ``pip install -r``.
    not_held : tuple of str
        Packages that were installed from a folder of this machine; others cannot get them there.
    """

    text: str
    not_held: tuple[str, ...]


def requirements(own_version: str, project: str) -> Requirements:
    """The packages of this environment.

    Parameters
    ----------
    own_version : str
        The version of the wheel of curifactory that lies in the store's ``packages/``.
    project : str
        The project's folder, whose code the store holds itself.
    """
    lines, not_held = [], []
    for name, package in installed().items():
        if name.lower() in (*_TOOLS, _OURS):
            continue
        origin = _origin(package)
        folder = _local_folder(origin)
        if folder is None:
            lines.append(_pinned(name, package.version, origin))
        elif _is_inside(folder, project):
            lines.append(f"# {name} {package.version} is the project itself: see project/")
        else:
            lines.append(f"# {name} {package.version} was installed from {folder}")
            not_held.append(f"{name} {package.version}, installed from {folder}")
    return Requirements(
        "# curifactory as it ran lies in this folder; no package index has this version of it\n"
        f"--find-links {PACKAGES}\n"
        f"{_OURS}=={own_version}\n" + "".join(f"{line}\n" for line in lines),
        tuple(not_held),
    )


def conda_packages() -> str | None:
    """What conda has installed, for ``conda create --file``; ``None`` outside of conda."""
    facts = sorted(glob.glob(os.path.join(glob.escape(sys.prefix), "conda-meta", "*.json")))
    if not facts:
        return None
    return "@EXPLICIT\n" + "".join(f"{line}\n" for path in facts if (line := _conda_line(path)))


def _conda_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
        return str(facts["url"]) + (f"#{facts['md5']}" if facts.get("md5") else "")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _origin(package: Package) -> dict[str, Any]:
    """Where a package was installed from, if that was no package index."""
    try:
        with open(os.path.join(package.place, "direct_url.json"), encoding="utf-8") as file:
            origin = json.load(file)
    except (OSError, ValueError):
        return {}
    return origin if isinstance(origin, dict) else {}


def _local_folder(origin: dict[str, Any]) -> str | None:
    url = str(origin.get("url", ""))
    if not url.startswith("file://"):
        return None
    return urllib.request.url2pathname(url.removeprefix("file://"))


def _is_inside(folder: str, project: str) -> bool:
    return below(os.path.realpath(folder), os.path.realpath(project)) is not None


def _pinned(name: str, version: str, origin: dict[str, Any]) -> str:
    """A line that gives exactly this package, from where it came."""
    url = origin.get("url")
    if not url:
        return f"{name}=={version}"
    vcs = origin.get("vcs_info") or {}
    if vcs.get("vcs") and vcs.get("commit_id"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    subfolder = origin.get("subdirectory")
    return f"{name} @ {url}" + (f"#subdirectory={subfolder}" if subfolder else "")
