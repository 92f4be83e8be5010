"""Reading an artifact: verified before it is loaded, and unchanged while it was."""

from __future__ import annotations

import os
from typing import Any

from curifactory.caching.cacheable import Cacheable
from curifactory.errors import UnusableArtifactError
from curifactory.record import Record
from curifactory.request import Output
from curifactory.store.commit import Commit
from curifactory.store.digest import FileState, file_state
from curifactory.store.look import look, verify_file
from curifactory.store.slot import METADATA_SUFFIX, Slot, SlotUse


def bind_for_reading(
    output: Output, slot: Slot, commit: Commit | None, stage: str, record: Record
) -> Cacheable:
    """A cacher whose every path is verified as it is given out.

    Parameters
    ----------
    commit : Commit, optional
        What the files must be; without one (an older layout, the user's own file) nothing can
        be verified.
    """
    if output.cacher is None:
        raise UnusableArtifactError(f"Output '{output.name}' of stage '{stage}' is not cached.")

    def verify(path: str) -> None:
        if commit is not None and not path.endswith(METADATA_SUFFIX):
            verify_file(slot, commit, path)

    return output.cacher.bound(SlotUse(slot, verify), output.name, stage, record)


def load_verified(cacher: Cacheable, slot: Slot, commit: Commit | None) -> Any:
    """Load an artifact through its bound cacher.

    Raises
    ------
    UnusableArtifactError
        If it is not what its commit says, changed while it was read, or cannot be loaded.
    """
    found = look(slot)
    if not found.usable:
        raise UnusableArtifactError(f"The artifact {slot.path()} is unusable: {found.reason}.")
    if commit is not None and (found.commit is None or found.commit.content != commit.content):
        raise UnusableArtifactError(f"The artifact {slot.path()} was replaced by another one.")
    if found.metadata is not None:
        cacher.set_metadata(found.metadata)
    before = _states(slot, found.commit)
    try:
        value = cacher.load()
    except UnusableArtifactError:
        raise
    except Exception as error:
        raise UnusableArtifactError(
            f"The artifact {slot.path()} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if _states(slot, found.commit) != before:
        raise UnusableArtifactError(f"The artifact {slot.path()} changed while it was read.")
    return value


def _states(slot: Slot, commit: Commit | None) -> list[FileState | None]:
    if commit is None:
        return []
    paths = [os.path.join(slot.folder, entry.path) for entry in commit.files]
    return [_state(path) for path in (slot.metadata_path, *paths)]


def _state(path: str) -> FileState | None:
    try:
        return file_state(path)
    except OSError:
        return None
