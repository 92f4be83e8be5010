"""A full store that is going to be replayed: verified, and its facts read."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import platform
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curifactory.errors import ConfigurationError, DamagedStoreError
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.stores.held import Held
from curifactory.stores.layout import ARTIFACTS, RUN_INFO
from curifactory.stores.manifest import Manifest
from curifactory.stores.places import Places
from curifactory.stores.verify import Verified, verify_store


@dataclass(frozen=True)
class OpenStore:
    """A full store.

    Parameters
    ----------
    folder : str
        Where it is; a whole path.
    verified : Verified
        What became of its files.
    info : dict
        The facts of its run.
    """

    folder: str
    verified: Verified
    info: dict[str, Any]

    @property
    def manifest(self) -> Manifest:
        """What belongs to it."""
        return self.verified.manifest

    @property
    def artifacts(self) -> str:
        """The folder that was the cache."""
        return os.path.join(self.folder, ARTIFACTS)

    @property
    def reference(self) -> str:
        """The reference of its run."""
        return str(self.info["reference"])

    @property
    def places(self) -> Places:
        """Where the files of the run belong in it; for the paths that it had then."""
        cache = os.path.join(self.info["working_folder"], self.info["cache_path"])
        return Places(cache, self.info["project_folder"])

    def path(self, relative: str) -> str:
        """Where a file of it lies."""
        return os.path.join(self.folder, relative)

    @functools.cached_property
    def _paths(self) -> list[str]:
        return sorted(file.path for file in self.manifest.files)

    def files_at(self, place: str) -> list[str]:
        """The paths of a file in it, or of all files in a folder of it."""
        paths = self._paths
        # "0" comes right after "/"
        first, end = bisect_left(paths, f"{place}/"), bisect_left(paths, f"{place}0")
        at = bisect_left(paths, place)
        return [*(paths[at : at + 1] if paths[at : at + 1] == [place] else []), *paths[first:end]]

    def made_by_stages(self) -> Iterator[Held]:
        """The artifacts that stages made; others are files of the user's own."""
        for held in self.manifest.artifacts:
            if any(path.endswith(METADATA_SUFFIX) for path in held.files):
                yield held

    def differences_here(self) -> list[str]:
        """How this environment differs from that of the run, as far as its stages name it."""
        then = str(self.info["python"])
        here = platform.python_version()
        found = [] if then == here else [f"Python {here} instead of {then}"]
        for name, version in self.info["packages"].items():
            try:
                installed = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue  # a module of no package, such as a script's own folder
            if installed != version:
                found.append(f"{name} {installed} instead of {version}")
        return found


def open_store(folder: str) -> OpenStore:
    """Verify a full store and read its facts; nothing of it is executed.

    Raises
    ------
    DamagedStoreError
        If a file is missing or was changed.
    ConfigurationError
        If its run cannot be done again by a command.
    """
    folder = os.path.abspath(folder)
    verified = verify_store(folder)
    verified.refuse_damage()
    try:
        with open(os.path.join(folder, RUN_INFO), encoding="utf-8") as file:
            info = json.load(file)
        call = info["call"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedStoreError(f"{RUN_INFO} of {folder} cannot be read: {error!r}") from None
    if call is None:
        raise ConfigurationError(
            f"{folder} holds the run of a script or notebook, which no command can do again: only "
            "the script knows which stages it calls, and when. Whether the files are as they were "
            f"kept: curifactory verify {folder}. To have them loaded: run the script with "
            f"ArtifactManager(..., cache_path={os.path.join(folder, ARTIFACTS)!r}). For a store "
            "that can be replayed: call the stages in run(param_sets, manager) of a file in "
            "experiments/, and run that with --store-full."
        )
    return OpenStore(folder, verified, info)
