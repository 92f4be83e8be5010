"""All files of one artifact, carried into another folder under the same names."""

from __future__ import annotations

import os
from collections.abc import Callable

from curifactory.store.commit import Commit
from curifactory.store.slot import Slot


def carry(slot: Slot, commit: Commit, folder: str, how: Callable[[str, str], object]) -> None:
    """Move, link or copy an artifact, so that it can be read from `folder`.

    Parameters
    ----------
    slot, commit
        The artifact.
    folder : str
        Where to; made.
    how : callable
        Called with source and target of each file, the metadata last.

    Raises
    ------
    OSError
        If a file is not there any more, or cannot be carried.
    """
    for name in ("", *commit.folders):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    metadata = os.path.basename(slot.metadata_path)
    for path in (*(entry.path for entry in commit.files), metadata):
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        how(os.path.join(slot.folder, path), target)
