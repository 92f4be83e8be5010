"""Whether what the store builds on can be relied on here: each thing is tried, not guessed."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable
from importlib import metadata

from curifactory.care.finding import Finding
from curifactory.care.folder_checks import case, clock, free_space, locks, long_names, renames
from curifactory.running.step_lock import lock_folder
from curifactory.store.reserved import STAGING_PREFIX
from curifactory.store.seal import key_path

_FOR_DEVELOPERS = {"all", "dev", "examples"}
_REQUIREMENT = re.compile(r"^([\w.-]+).*extra\s*==\s*['\"]([\w.-]+)['\"]")


def examine(cache_path: str, manager_cache_path: str) -> list[Finding]:
    """Try out both folders, the key that seals pickles, and what is installed.

    What is written for that lies in hidden folders, which are removed again. A folder that is
    not there yet is not made: the nearest one above it is tried.

    Parameters
    ----------
    cache_path, manager_cache_path : str
        The folders.
    """
    findings = []
    for place in dict.fromkeys([cache_path, manager_cache_path]):
        # the locks of a cache folder lie beside it, which may be another file system
        beside = os.path.dirname(lock_folder(place)) if place == cache_path else place
        findings.append(_tried(locks, place, beside))
        for check in (renames, case, clock, free_space, long_names):
            findings.append(_tried(check, place, place))
    return [*findings, _seal_key(), *_extras()]


def _tried(check: Callable[[str, str], Finding], place: str, folder: str) -> Finding:
    """Run a check in a hidden folder of its own."""
    there = _nearest(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=STAGING_PREFIX + "try-", dir=there) as scratch:
            return check(place, scratch)
    except OSError as error:
        says = f"it could not be tried in {there} ({error.strerror or error})"
        name = check.__name__.replace("_", " ")
        return Finding("warn", name, place, says, "Make the folder writable, or set another one.")


def _nearest(path: str) -> str:
    """The folder, or the nearest one above it that exists."""
    path = os.path.abspath(path)
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _seal_key() -> Finding:
    """Whether the key that seals pickles is safe, or can be made (by a hard link)."""
    path = key_path()
    if os.path.exists(path):
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & 0o077:
            says = f"others than you may read it (mode {mode:04o})"
            return Finding("warn", "seal key", path, says, f"chmod 600 {path}")
        return Finding("ok", "seal key", path, "it is there, and only you can read it")
    finding = _tried(_hard_links, path, os.path.dirname(path))
    return finding if finding.check == "seal key" else _no_key(path, finding.says)


def _hard_links(path: str, folder: str) -> Finding:
    first, second = os.path.join(folder, "first"), os.path.join(folder, "second")
    with open(first, "wb"):
        pass
    try:
        os.link(first, second)
    except OSError as error:
        return _no_key(path, f"there are no hard links ({error.strerror})")
    return Finding("ok", "seal key", path, "it is made when trust_pickle first needs it")


def _no_key(path: str, why: str) -> Finding:
    remedy = 'Set XDG_CONFIG_HOME to another folder, or leave trust_pickle at "always".'
    return Finding("warn", "seal key", path, f"it cannot be made: {why}", remedy)


def _extras() -> list[Finding]:
    """Which optional libraries are installed."""
    needed: dict[str, list[str]] = {}
    for requirement in metadata.requires("curifactory") or ():
        found = _REQUIREMENT.match(requirement)
        if found is not None and found[2] not in _FOR_DEVELOPERS:
            needed.setdefault(found[2], []).append(found[1])
    return [_extra(extra, names) for extra, names in needed.items()]


def _extra(extra: str, names: list[str]) -> Finding:
    missing = [name for name in names if not _is_installed(name)]
    if not missing:
        return Finding("ok", "extra", extra, f"{', '.join(names)}")
    remedy = f'If you need it: pip install "curifactory[{extra}]"'
    return Finding("note", "extra", extra, f"not installed: {', '.join(missing)}", remedy)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
