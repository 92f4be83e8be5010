"""Keeping an artifact for one session by links, where other processes keep replacing it."""

from __future__ import annotations

import os
from collections.abc import Callable

from curifactory.errors import UnusableArtifactError
from curifactory.running.step import Step
from curifactory.store.carrying import carry
from curifactory.store.commit import Commit
from curifactory.store.files import remove
from curifactory.store.look import look
from curifactory.store.slot import Slot
from curifactory.store.staging import Staging


class Links:
    """Second names for the files of artifacts, which stay whatever becomes of the first.

    Parameters
    ----------
    staging : Staging
        Where they lie.
    verify : callable
        Raises if the files in a slot are not those of a commit.
    """

    def __init__(self, staging: Staging, verify: Callable[[Slot, Commit], None]) -> None:
        self._staging = staging
        self._verify = verify
        self._linked: list[tuple[Step, str, Slot]] = []

    def keep(self, step: Step) -> None:
        """From now on read the outputs of a step from links, where that can be done.

        Paths that were handed on cannot follow, and some file systems know no links: these
        artifacts stay where they are.
        """
        for name, commit in step.commits.items():
            slot = step.slots[name]
            linked = "linked-" + commit.generation
            # of its own: outputs of one step have one generation
            folder = os.path.join(self._staging.folder(slot.folder), linked, slot.stem)
            if commit.references or not self._link(slot, commit, folder):
                continue
            step.slots[name] = slot.moved(folder)
            self._linked.append((step, name, slot))

    def close(self) -> None:
        """From now on everything is read from where it belongs."""
        for step, name, slot in self._linked:
            step.slots[name] = slot
        self._linked.clear()

    def _link(self, slot: Slot, commit: Commit, folder: str) -> bool:
        """Link all files of an artifact to `folder`; whether it is whole there."""
        try:
            if not os.path.exists(folder):
                carry(slot, commit, folder, os.link)
            if _is_there(slot.moved(folder), commit):
                # two who write at once may leave the metadata of one beside a file of the other
                self._verify(slot.moved(folder), commit)
                return True
        except (OSError, UnusableArtifactError):
            pass
        # it was replaced at that very moment, or there are no links here
        remove(folder)
        return False


def _is_there(slot: Slot, commit: Commit) -> bool:
    found = look(slot)
    return found.commit is not None and found.commit.content == commit.content
