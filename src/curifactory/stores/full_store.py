"""A full store: a folder that holds a whole run, filled step by step under its final name."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from curifactory.running.step import Step
from curifactory.runs.environment import environment_text, requirements
from curifactory.store.commit import Commit
from curifactory.store.digest import digest_bytes, digest_file
from curifactory.store.slot import REPORTABLES, Slot
from curifactory.stores.layout import ARTIFACTS, INCOMPLETE_MARK, RUN_INFO

_MARK_TEXT = "This run is not over, or did not end well: artifacts may be missing here.\n"


class FullStore:
    """The folder of one run.

    Parameters
    ----------
    folder : str
        ``<runs_path>/<reference>``; made with the mark of what is incomplete.
    cache_path : str
        The cache folder that artifacts are copied from.
    """

    def __init__(self, folder: str, cache_path: str) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._cache_path = cache_path
        self._held: set[str] = set()
        os.makedirs(self.artifacts, exist_ok=True)
        with open(self._mark, "w", encoding="utf-8") as file:
            file.write(_MARK_TEXT)

    @property
    def artifacts(self) -> str:
        """The folder that stands for the cache folder."""
        return os.path.join(self.folder, ARTIFACTS)

    @property
    def _mark(self) -> str:
        return os.path.join(self.folder, INCOMPLETE_MARK)

    def hold(self, place: Slot, slot: Slot, commit: Commit | None) -> None:
        """Copy an artifact with all its files and its metadata, unchanged.

        Parameters
        ----------
        place : Slot
            Where it belongs in the cache; the copy lies likewise in the store.
        slot : Slot
            Where its files lie now.
        commit : Commit, optional
            What the files must be; what is copied otherwise is a problem of the store.
        """
        key = f"{slot.metadata_path} {commit.generation if commit else ''}"
        if key in self._held:
            return
        self._held.add(key)
        target = self._target_folder(place.folder)
        paths = [entry.path for entry in commit.files] if commit else [slot.stem + slot.extension]
        digests = {entry.path: entry.digest for entry in commit.files} if commit else {}
        for folder in commit.folders if commit else ():
            os.makedirs(os.path.join(target, folder), exist_ok=True)
        for path in [*paths, os.path.basename(slot.metadata_path)]:
            self._copy(
                os.path.join(slot.folder, path), self._target(place, path), digests.get(path)
            )

    def hold_output(self, step: Step, name: str) -> None:
        """Copy one output of a step, or what the step reported."""
        request = step.request
        place = request.reportables_slot if name == REPORTABLES else request.slots[name]
        if place is not None and (name in step.commits or name != REPORTABLES):
            self.hold(place, step.slots[name], step.commits.get(name))

    def hold_file(self, path: str) -> None:
        """Copy a file or folder that a stage asked a path for."""
        relative = _below(path, self._cache_path)
        if relative is not None and os.path.exists(path):
            target = os.path.join(self.artifacts, relative)
            if os.path.isdir(path):
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                self._copy(path, target, None)

    def complete(self, run_info: dict[str, Any], log_path: str | None, whole: bool) -> None:
        """Write what is known of the run; if all went well, take the mark away.

        Parameters
        ----------
        run_info : dict
            The facts of the run.
        log_path : str, optional
            Its log.
        whole : bool
            Whether the run ended well.
        """
        self._write(RUN_INFO, json.dumps(run_info, indent=2, default=str) + "\n")
        self._write("requirements.txt", "\n".join(requirements()) + "\n")
        self._write("environment_meta.txt", environment_text())
        if log_path is not None and os.path.exists(log_path):
            shutil.copy2(log_path, self.folder)
        if whole and not self.problems:
            os.unlink(self._mark)
        else:
            self._write(INCOMPLETE_MARK, _MARK_TEXT + "".join(f"{p}\n" for p in self.problems))

    def _target(self, place: Slot, path: str) -> str:
        """Where a file belongs whose path is relative to the folder of `place`."""
        if os.pardir not in path.split(os.sep):
            return os.path.join(self._target_folder(place.folder), path)
        # a path of its own that the stage asked for: from outside, `..` would lead anywhere
        folder, name = os.path.split(os.path.normpath(os.path.join(place.folder, path)))
        return os.path.join(self._target_folder(folder), name)

    def _target_folder(self, folder: str) -> str:
        relative = _below(folder or ".", self._cache_path)
        if relative is not None:
            return os.path.join(self.artifacts, relative)
        # a path that the user wrote out: two of one name must not meet here
        mark = digest_bytes(os.fsencode(os.path.abspath(folder or ".")))[-8:]
        return os.path.join(self.artifacts, "outside", mark)

    def _copy(self, source: str, target: str, digest: str | None) -> None:
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
        except OSError as error:
            self.problems.append(f"{source} could not be copied: {error}")
            return
        if digest is not None and digest_file(target, digest.partition(":")[0]) != digest:
            self.problems.append(f"{source} is not what the run used: its bytes have changed")

    def _write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _below(path: str, folder: str) -> str | None:
    """`path` relative to `folder`, or ``None`` if it does not lie there."""
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
    return None if relative.split(os.sep)[0] == os.pardir else relative


def held_outputs(step: Step) -> list[str]:
    """The outputs of a step that a full store gets a copy of."""
    tracked = {
        output.name
        for output in step.request.definition.outputs
        if output.cacher is not None and output.cacher.track
    }
    return [name for name in step.slots if name in tracked or (name == REPORTABLES and tracked)]
