"""What has to be installed to run a full store again: packages with their exact versions."""

from __future__ import annotations

import glob
import importlib.metadata
import json
import os
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any

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
    lines: dict[str, str] = {}
    not_held = []
    for found in importlib.metadata.distributions():
        name = found.name
        if not name or name.lower() in (*_TOOLS, _OURS) or name.lower() in lines:
            continue  # the first on the path is the one that is imported
        origin = _origin(found)
        folder = _local_folder(origin)
        if folder is None:
            lines[name.lower()] = _pinned(found, origin)
        elif _is_inside(folder, project):
            lines[name.lower()] = f"# {name} {found.version} is the project itself: see project/"
        else:
            lines[name.lower()] = f"# {name} {found.version} was installed from {folder}"
            not_held.append(f"{name} {found.version}, installed from {folder}")
    pinned = [line for _, line in sorted(lines.items())]
    return Requirements(
        "# curifactory as it ran lies in this folder; no package index has this version of it\n"
        f"--find-links {PACKAGES}\n"
        f"{_OURS}=={own_version}\n" + "".join(f"{line}\n" for line in pinned),
        tuple(sorted(not_held)),
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


def _origin(found: importlib.metadata.Distribution) -> dict[str, Any]:
    """Where a package was installed from, if that was no package index."""
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _local_folder(origin: dict[str, Any]) -> str | None:
    url = str(origin.get("url", ""))
    if not url.startswith("file://"):
        return None
    return urllib.request.url2pathname(url.removeprefix("file://"))


def _is_inside(folder: str, project: str) -> bool:
    return below(os.path.realpath(folder), os.path.realpath(project)) is not None


def _pinned(found: importlib.metadata.Distribution, origin: dict[str, Any]) -> str:
    """A line that gives exactly this package, from where it came."""
    url = origin.get("url")
    if not url:
        return f"{found.name}=={found.version}"
    vcs = origin.get("vcs_info") or {}
    if vcs.get("vcs") and vcs.get("commit_id"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    subfolder = origin.get("subdirectory")
    return f"{found.name} @ {url}" + (f"#subdirectory={subfolder}" if subfolder else "")
