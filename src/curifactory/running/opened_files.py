"""Files of artifacts that user code opens by itself, and whether somebody replaced them meanwhile.

What a cacher loads is compared with its commit. A path is only handed on: whoever opens it later
may find what another process has put there since, or is writing there at that moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from curifactory.caching.cacheable import Cacheable
from curifactory.running.step import Reference
from curifactory.store.commit import Commit

_MetadataState = tuple[int, int, int] | None


class OpenedFiles:
    """Artifacts whose files user code may open, as they were when it got them.

    Parameters
    ----------
    check : callable
        Called with each reference whose value is paths; raises if the files are not those of its
        artifact any more.
    is_intact : callable
        Called with such a reference later on; whether the files are still those.
    """

    def __init__(
        self, check: Callable[[Reference], None], is_intact: Callable[[Reference], bool]
    ) -> None:
        self._check = check
        self._is_intact = is_intact
        self._states: dict[Reference, tuple[str, _MetadataState]] = {}

    def add(self, reference: Reference) -> None:
        """Watch a reference from now on, if its value is paths or may be."""
        if reference in self._states or not (_is_paths(reference) or _may_be_paths(reference)):
            return
        path = reference.step.slots[reference.output.name].metadata_path
        # first the state, then the check: what comes after both is noticed
        before = _metadata_state(path)
        if _is_paths(reference):
            self._check(reference)
            if _metadata_state(path) != before:
                # whoever was writing an equal artifact there is done now
                before = _metadata_state(path)
                self._check(reference)
        self._states[reference] = (path, before)

    def replaced(self, after_error: bool) -> Reference | None:
        """A reference whose files somebody wrote anew since, or is writing anew, if there is one.

        Parameters
        ----------
        after_error : bool
            Whether the code that got it failed. If it did not, what only may be paths is left
            out: most of these are values in memory.
        """
        for reference, (path, before) in self._states.items():
            if not (after_error or _is_paths(reference)):
                continue
            if _metadata_state(path) != before or not self._is_intact(reference):
                return reference
        return None


def _metadata_state(path: str) -> _MetadataState:
    # each commit puts another file there
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns)


def _is_paths(reference: Reference) -> bool:
    commit, cacher = _commit_and_cacher(reference)
    if commit is None or cacher is None:
        return False
    shown_as_lazy = reference.is_lazy and not reference.resolve
    return bool(commit.references) or bool(cacher.stage_writes) or shown_as_lazy


def _may_be_paths(reference: Reference) -> bool:
    commit, cacher = _commit_and_cacher(reference)
    return commit is not None and not type(cacher).__module__.startswith("curifactory.")


def _commit_and_cacher(reference: Reference) -> tuple[Commit | None, Cacheable | None]:
    output = reference.output
    return reference.step.commits.get(output.name), output.cacher
