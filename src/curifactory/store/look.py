"""Looking at a slot: is a whole artifact there, and if not, why not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from curifactory.errors import UnusableArtifactError
from curifactory.store.commit import Commit, FileEntry
from curifactory.store.digest import known, matches
from curifactory.store.files import files_below, read_whole
from curifactory.store.metadata import BrokenMetadata, MetadataDocument
from curifactory.store.metadata_index import MetadataIndex
from curifactory.store.relocation import relocated_if_there
from curifactory.store.slot import Slot
from curifactory.store.streams import not_as_saved

_NOTHING = "it is not in the cache"
State = Literal["missing", "damaged", "valid", "unverified"]


class Found(NamedTuple):
    """What lies in a slot.

    Parameters
    ----------
    slot : Slot
        The slot.
    state : str
        ``"valid"``; ``"unverified"`` (no commit of ours vouches for it: an older layout or the
        user's own file); ``"damaged"`` (something is there that is not the whole artifact);
        ``"missing"``.
    reason : str
        Why it is not valid, for a reader.
    document : MetadataDocument, optional
        The metadata, if there is some that can be read.
    commit : Commit, optional
        Its commit record, if it is valid.
    """

    slot: Slot
    state: State
    reason: str = ""
    document: MetadataDocument | None = None
    commit: Commit | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is not even a metadata file."""
        return self.state == "missing" and self.reason == _NOTHING

    @property
    def usable(self) -> bool:
        """Whether it may be read."""
        return self.state in ("valid", "unverified")


def look(slot: Slot, index: MetadataIndex | None = None) -> Found:
    """Look at the files of a slot: metadata whole, all files there with their sizes.

    Digests are compared later, when a file is read.

    Parameters
    ----------
    slot : Slot
        The slot.
    index : MetadataIndex, optional
        Knows metadata files that need not be read again.
    """
    path = slot.metadata_path
    try:
        if index is None:
            return _check(slot, MetadataDocument(read_whole(path)))
        known = index.find(path)
        if known is not None:
            return _check(slot, known)
        found = _check(slot, MetadataDocument(read_whole(path)))
        if found.state == "valid":
            index.note(path)
        return found
    except (FileNotFoundError, NotADirectoryError):
        return _without_metadata(slot)
    except BrokenMetadata as error:
        return Found(slot, "damaged", str(error))
    except OSError as error:
        return Found(slot, "damaged", f"it cannot be read ({error.strerror or error})")


def _without_metadata(slot: Slot) -> Found:
    if slot.given_by_user and slot.static and os.path.exists(slot.path()):
        return Found(slot, "unverified", "a file without metadata at a path that the user gave")
    return Found(slot, "missing", _NOTHING)


def _check(slot: Slot, document: MetadataDocument) -> Found:
    if not document.is_ours:
        return Found(slot, "unverified", "its metadata is of an older layout", document)
    written = document.get("commit")
    if written is None:
        return Found(slot, "missing", "a save of it was interrupted")
    commit = Commit.from_json(written, slot.stem)
    problem = _first_problem(slot, commit)
    if problem is not None:
        return Found(slot, "damaged", problem, document)
    return Found(slot, "valid", "", document, commit)


def _first_problem(slot: Slot, commit: Commit) -> str | None:
    if commit.stem != slot.stem:
        return "its metadata belongs to another artifact"
    for entry in commit.files:
        try:
            size = os.stat(slot.beside(entry.path)).st_size
        except OSError:
            return f"its file {entry.path} is missing"
        if size != entry.size:
            return f"its file {entry.path} has {size} bytes, not {entry.size}"
    if commit.folders or commit.absent:
        for path in strangers(slot, commit):
            return f"the file {path} does not belong to it"
    for path, size in commit.references:
        here = relocated_if_there(path)
        if not os.path.exists(here):
            return f"the file {path} that it points at is missing"
        if size >= 0 and os.path.getsize(here) != size:
            return f"the file {path} that it points at has changed its size"
    return None


def strangers(slot: Slot, commit: Commit) -> Iterator[str]:
    """Paths of files that lie at an artifact's names and are not in its commit."""
    listed = {os.path.normpath(entry.path) for entry in commit.files if commit.folders}
    for folder in commit.folders:
        for path in files_below(os.path.join(slot.folder, folder)):
            if os.path.relpath(path, slot.folder or ".") not in listed:
                yield path
    for name in commit.absent:
        path = os.path.join(slot.folder, name)
        if os.path.exists(path):
            yield path


def verify_file(slot: Slot, commit: Commit, path: str, digests: bool = True) -> None:
    """Compare one file of an artifact, or all files of one of its folders, with its commit.

    Parameters
    ----------
    digests : bool
        Whether bytes are compared; otherwise only that the file belongs to the artifact.

    Raises
    ------
    UnusableArtifactError
        If a byte differs, or the file does not belong to the artifact.
    """
    entries = _entries_at(slot, commit, path)
    relative = _relative(slot, path)
    if not entries and relative not in commit.folders and os.path.exists(path):
        raise UnusableArtifactError(f"The file {path} does not belong to the artifact beside it.")
    if relative in commit.folders:
        for stranger in strangers(slot, commit):
            raise UnusableArtifactError(f"The file {stranger} does not belong to its artifact.")
    for entry in entries if digests else ():
        entry_path = os.path.join(slot.folder, entry.path)
        try:
            same = matches(entry_path, entry.digest)
        except OSError as error:
            raise UnusableArtifactError(
                f"The file {entry_path} cannot be read ({error.strerror or error})."
            ) from None
        if not same:
            raise not_as_saved(entry_path)


def digest_to_compare(slot: Slot, commit: Commit, path: str) -> str | None:
    """The digest that a file's bytes must have; ``None`` if this process compared them before."""
    for entry in _entries_at(slot, commit, path):
        if known(path) != entry.digest:
            return entry.digest
    return None


def claims_own_seals(commit: Commit) -> bool:
    """Whether a commit says of each file that this installation sealed it; nothing is read."""
    from curifactory.store.seal import claims_to_be_ours  # where trust_pickle is "own"

    return all(claims_to_be_ours(commit.seals.get(entry.path)) for entry in commit.files)


def verify_references(slot: Slot, commit: Commit, digests: bool = True) -> None:
    """Compare the files that an artifact points at and that its own stage wrote.

    Raises
    ------
    UnusableArtifactError
        If a byte differs.
    """
    for path, _ in commit.references:
        here = relocated_if_there(path)
        if _entries_at(slot, commit, here):
            verify_file(slot, commit, here, digests)


def has_own_seals(slot: Slot, commit: Commit, path: str) -> bool:
    """Whether one file of an artifact, or all files of one of its folders, have our own seal."""
    from curifactory.store.seal import is_sealed_by_us  # where trust_pickle is "own"

    try:
        return all(
            is_sealed_by_us(os.path.join(slot.folder, entry.path), commit.seals.get(entry.path))
            for entry in _entries_at(slot, commit, path)
        )
    except OSError:
        return False


def _entries_at(slot: Slot, commit: Commit, path: str) -> list[FileEntry]:
    relative = _relative(slot, path)
    below = relative + os.sep
    return [e for e in commit.files if e.path == relative or e.path.startswith(below)]


def _relative(slot: Slot, path: str) -> str:
    # most lie right beside the metadata
    name = os.path.basename(path)
    return name if slot.beside(name) == path else os.path.relpath(path, slot.folder or ".")


def look_at_step(
    slots: dict[str, Slot],
    optional: str,
    optional_slot: Callable[[], Slot | None],
    index: MetadataIndex | None = None,
) -> dict[str, Found]:
    """Look at all outputs of one step: each whole, and all from one call of the stage.

    Parameters
    ----------
    slots : dict of str to Slot
        The slot of each output.
    optional : str
        An artifact that a call may have made or not; looked at if the others say so.
    optional_slot : callable
        Gives its slot.
    index : MetadataIndex, optional
        As for `look`.
    """
    found = {name: look(slot, index) for name, slot in slots.items()}
    siblings = None
    for item in found.values():
        if item.commit is None:
            return found
        siblings = siblings or item.commit.siblings
    if siblings and optional in siblings and (slot := optional_slot()) is not None:
        found[optional] = look(slot, index)
    for name, item in found.items():
        if item.commit is None:
            continue
        if item.commit.siblings != siblings or siblings.get(name) != item.commit.content:
            reason = "it comes from another call of its stage than the outputs beside it"
            found[name] = Found(item.slot, "damaged", reason, item.document)
    return found
