"""Loading an artifact without its experiment: with the cacher that its metadata names."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from curifactory.caching.arguments import describe_cacher
from curifactory.caching.cacheable import Cacheable
from curifactory.errors import UnusableArtifactError
from curifactory.past.files import document_of, metadata_path_of
from curifactory.running.reading import Trust, load_verified
from curifactory.settings import load_settings
from curifactory.store.commit import Commit
from curifactory.store.look import has_own_seals
from curifactory.store.metadata import BrokenMetadata
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot, SlotUse

_BUILT_IN = "curifactory.caching"


def load_at(
    path: str, cacher: Cacheable | type[Cacheable] | None = None, content: str | None = None
) -> Any:
    """Load the artifact that a file belongs to; what may be unpickled, ``trust_pickle`` says.

    Parameters
    ----------
    path : str
        One of its files, or its metadata.
    cacher : Cacheable or class of one, optional
        In place of the one that is recorded.
    content : str, optional
        The digest that its content must have.

    Raises
    ------
    UnusableArtifactError
        If it is missing, damaged or another one, must not be unpickled, or its cacher cannot be
        had here.
    """
    document, metadata_path = document_of(path, content), str(metadata_path_of(path))
    commit = _commit_in(document, metadata_path)
    loaded = load_settings()
    trust = Trust(loaded.settings.verify, loaded.settings.trust_pickle)
    with _importable(loaded.root):
        if cacher is None:
            _check_trust(document, commit, trust, metadata_path)
            template = recorded_cacher(document, metadata_path)
        else:
            template = cacher() if isinstance(cacher, type) else cacher
        slot = _slot(metadata_path, commit, template)

        def check(given: str) -> None:
            if not given.endswith(METADATA_SUFFIX):
                trust.check_file(template, slot, commit, given)

        name, stage = str(document.get("artifact_name")), str(document.get("stage"))
        return load_verified(template.bound(SlotUse(slot, check), name, stage, None), slot, commit)


def recorded_cacher(document: Mapping[str, Any], path: str) -> Cacheable:
    """The cacher that an artifact's metadata names, with the arguments that it had.

    Parameters
    ----------
    document : dict
        The metadata.
    path : str
        Where it lies, for the message.

    Raises
    ------
    UnusableArtifactError
        If it cannot be imported or made.
    """
    recorded = document.get("cacher_type")
    if not isinstance(recorded, str):
        raise UnusableArtifactError(
            f"The metadata {path} names no cacher. Give one: curifactory.load(path, cacher=...)."
        )
    arguments = document.get("cacher_arguments")
    try:
        cacher = _unconfigured(_imported(recorded))
        cacher.take_arguments(arguments if isinstance(arguments, dict) else {})
        _check_arguments(cacher, document)
    except Exception as error:
        raise UnusableArtifactError(
            f"The cacher {recorded} of {path} cannot be had here ({error!r}). "
            "Load it where that can be imported, in the project's folder, or give the cacher: "
            "curifactory.load(path, cacher=...)."
        ) from error
    return cacher


def _imported(recorded: str) -> type[Cacheable]:
    """The class of this module and qualified name."""
    parts = recorded.split(".") if "." in recorded else [*_BUILT_IN.split("."), recorded]
    for end in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            # a module that is there and misses another one says so itself
            if error.name is None or not f"{'.'.join(parts[:end])}.".startswith(f"{error.name}."):
                raise
            missing = error
            continue
        for name in parts[end:]:
            found = getattr(found, name)
        if not (isinstance(found, type) and issubclass(found, Cacheable)):
            raise TypeError(f"{recorded} is no cacher")
        return found
    raise missing


def _unconfigured(cls: type[Cacheable]) -> Cacheable:
    try:
        return cls()
    except TypeError:
        # it needs arguments, which metadata has
        cacher = object.__new__(cls)
        Cacheable.__init__(cacher)
        return cacher


def _check_arguments(cacher: Cacheable, document: Mapping[str, Any]) -> None:
    """Compare with the recipe: an argument that metadata cannot hold would be missing."""
    recipe = document.get("recipe") or {}
    then = (recipe.get("cachers") or {}).get(document.get("artifact_name"))
    if then is not None and then != describe_cacher(cacher):
        raise ValueError("its arguments are not recorded")


def _check_trust(
    document: Mapping[str, Any], commit: Commit | None, trust: Trust, path: str
) -> None:
    """Whoever wrote the metadata chose the cacher: to import one may run anything."""
    recorded = str(document.get("cacher_type"))
    is_built_in = recorded.startswith(f"{_BUILT_IN}.") or "." not in recorded
    if not (is_built_in or trust.pickle == "always" or _is_sealed_by_us(commit, trust, path)):
        raise UnusableArtifactError(
            f"The cacher {recorded} that {path} names is not imported: trust_pickle is "
            f"'{trust.pickle}'. If you trust it, give it: curifactory.load(path, cacher=...)."
        )


def _is_sealed_by_us(commit: Commit | None, trust: Trust, path: str) -> bool:
    if trust.pickle != "own" or commit is None or not commit.files:
        return False
    slot = Slot(os.path.dirname(path), commit.stem)
    paths = [os.path.join(slot.folder, entry.path) for entry in commit.files]
    return all(has_own_seals(slot, commit, one) for one in paths)


def _commit_in(document: Mapping[str, Any], metadata_path: str) -> Commit | None:
    try:
        return Commit.from_json(document["commit"]) if document.get("commit") else None
    except BrokenMetadata as error:
        raise UnusableArtifactError(f"The metadata {metadata_path} is damaged: {error}.") from None


def _slot(metadata_path: str, commit: Commit | None, cacher: Cacheable) -> Slot:
    """Where the artifact lies; the extension is that of the cacher, or of what was saved."""
    stem_path = metadata_path.removesuffix(METADATA_SUFFIX)
    folder, stem = os.path.split(stem_path)
    suffixes = [cacher.extension or ""]
    if commit is not None:
        names = [os.path.normpath(entry.path) for entry in commit.files]
        suffixes += [name.removeprefix(stem) for name in names if name.startswith(stem)]
    there = [suffix for suffix in suffixes if os.path.exists(stem_path + suffix)]
    return Slot(folder, stem, next(iter(there), suffixes[0]))


@contextmanager
def _importable(root: str) -> Iterator[None]:
    """Let the project's modules be found after all others while this lasts."""
    if root in sys.path:
        yield
        return
    sys.path.append(root)
    try:
        yield
    finally:
        sys.path.remove(root)
