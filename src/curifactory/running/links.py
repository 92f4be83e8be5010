"""Keeping an artifact for one session by links, where other processes keep replacing it."""

from __future__ import annotations

import os

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
    """

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
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
            if commit.references or not _link(slot, commit, folder):
                continue
            step.slots[name] = slot.moved(folder)
            self._linked.append((step, name, slot))

    def close(self) -> None:
        """From now on everything is read from where it belongs."""
        for step, name, slot in self._linked:
            step.slots[name] = slot
        self._linked.clear()


def _link(slot: Slot, commit: Commit, folder: str) -> bool:
    """Link all files of an artifact to `folder`; whether it is whole there."""
    try:
        if not os.path.exists(folder):
            carry(slot, commit, folder, os.link)
        found = look(slot.moved(folder))
    except OSError:
        found = None
    if found is None or found.commit is None or found.commit.content != commit.content:
        # it was replaced at that very moment, or there are no links here
        remove(folder)
        return False
    return True
