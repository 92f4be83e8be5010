"""Reading an artifact: verified before it is loaded, and unchanged while it was."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curifactory.caching.cacheable import Cacheable, can_unpickle
from curifactory.errors import MissingDependencyError, UnusableArtifactError
from curifactory.store.commit import Commit
from curifactory.store.digest import FileState, file_state
from curifactory.store.look import (
    Found,
    claims_own_seals,
    digest_to_compare,
    has_own_seals,
    look,
    verify_file,
    verify_references,
)
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot, SlotUse

if TYPE_CHECKING:  # `curifactory show` reads without an engine
    from curifactory.record import Record
    from curifactory.request import Output


@dataclass(frozen=True, slots=True)
class Trust:
    """What must be sure of a file before it is read.

    Parameters
    ----------
    verify : str
        ``"full"``: its digest; ``"size"``: only that it is there with its size.
    pickle : str
        What may be unpickled: ``"always"`` anything, ``"own"`` what this installation wrote,
        ``"never"`` nothing.
    """

    verify: str = "full"
    pickle: str = "always"

    def refusal(self, cacher: Cacheable, commit: Commit | None) -> str | None:
        """Why an artifact must not be loaded, as far as its commit record tells."""
        if self.pickle == "always" or not can_unpickle(cacher):
            return None
        if self.pickle == "never":
            return "loading it may unpickle, and trust_pickle is 'never'"
        if commit is None or not claims_own_seals(commit):
            return "loading it may unpickle what was not written by you, and trust_pickle is 'own'"
        return None

    def check_file(
        self,
        cacher: Cacheable,
        slot: Slot,
        commit: Commit | None,
        path: str,
        digests: bool = True,
    ) -> None:
        """Check one path that is about to be read.

        Parameters
        ----------
        digests : bool
            Whether its bytes are compared now, where they are to be compared at all.

        Raises
        ------
        UnusableArtifactError
            If the file is not what the commit says, or must not be unpickled.
        """
        if commit is not None:
            verify_file(slot, commit, path, digests=digests and self.verify == "full")
            verify_references(slot, commit, digests=self.verify == "full")
        refusal = self.refusal(cacher, commit)
        if refusal is None and self.pickle == "own" and commit is not None and can_unpickle(cacher):
            refusal = None if has_own_seals(slot, commit, path) else "its seal is not yours"
        if refusal is not None:
            raise UnusableArtifactError(f"The artifact {path} is not loaded: {refusal}.")


def bind_for_reading(
    output: Output, slot: Slot, commit: Commit | None, stage: str, record: Record, trust: Trust
) -> Cacheable:
    """A cacher whose every path is verified as it is given out.

    Parameters
    ----------
    commit : Commit, optional
        What the files must be; without one (an older layout, the user's own file) nothing can
        be verified.
    trust : Trust
        What must be sure.
    """
    template = output.cacher
    if template is None:
        raise UnusableArtifactError(f"Output '{output.name}' of stage '{stage}' is not cached.")

    def check(path: str) -> None:
        if not path.endswith(METADATA_SUFFIX):
            trust.check_file(template, slot, commit, path)

    def check_opened(path: str) -> str | None:
        trust.check_file(template, slot, commit, path, digests=False)
        if commit is None or trust.verify != "full":
            return None
        return digest_to_compare(slot, commit, path)

    return template.bound(SlotUse(slot, check, check_opened), output.name, stage, record)


def load_verified(cacher: Cacheable, slot: Slot, commit: Commit | None) -> Any:
    """Load an artifact through its bound cacher.

    Raises
    ------
    UnusableArtifactError
        If it is not what its commit says, changed while it was read, or cannot be loaded.
    """
    found = look_again(slot, commit)
    if found.document is not None:
        cacher.set_document(found.document)
    before = _states(slot, found.commit)
    try:
        value = cacher.load()
    except (UnusableArtifactError, MissingDependencyError, MemoryError):
        # a library or memory that is missing here says nothing about the artifact
        raise
    except Exception as error:
        raise UnusableArtifactError(
            f"The artifact {slot.path()} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if _states(slot, found.commit) != before:
        raise UnusableArtifactError(f"The artifact {slot.path()} changed while it was read.")
    return value


def look_again(slot: Slot, commit: Commit | None) -> Found:
    """Look whether the artifact that a reference is pinned to still lies there.

    Raises
    ------
    UnusableArtifactError
        If it does not.
    """
    found = look(slot)
    if not found.usable:
        raise UnusableArtifactError(f"The artifact {slot.path()} is unusable: {found.reason}.")
    if commit is not None and (found.commit is None or found.commit.content != commit.content):
        raise UnusableArtifactError(
            f"The artifact {slot.path()} was replaced by another one{_made_by(found)}. Runs that "
            "want different contents under one path cannot both have theirs at the same time: "
            "give one of them a --prefix or a --cache of its own."
        )
    return found


def written_anew(slot: Slot) -> str:
    """Tells of an artifact that was written again while user code read its files."""
    by = _made_by(look(slot))
    return f"the files of {slot.path()} were written anew{by} while they were read"


def _made_by(found: Found) -> str:
    """By which run, as far as its metadata says."""
    info = None if found.document is None else found.document.get("manager_run_info")
    if not isinstance(info, dict) or "reference" not in info:
        return ""
    return f" by run {info['reference']} on {info.get('host')}"


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
