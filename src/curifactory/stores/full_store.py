"""A full store: a folder that holds a whole run, filled step by step under its final name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from typing import Any

from curifactory.caching.cacheable import cacher_type
from curifactory.planning.recipe import EDITED
from curifactory.running.code_store import code_path, kept_parts
from curifactory.running.step import Step
from curifactory.store.commit import Commit
from curifactory.store.files import files_at
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import REPORTABLES
from curifactory.store.slot import Slot
from curifactory.stores.contents import Contents
from curifactory.stores.held import Held, NotHeld
from curifactory.stores.layout import ARTIFACTS, CODE, INCOMPLETE_MARK
from curifactory.stores.places import Places
from curifactory.stores.sources import Sources

_MARK_TEXT = "This run is not over, or did not end well: artifacts may be missing here.\n"


class FullStore:
    """The folder of one run.

    Parameters
    ----------
    folder : str
        ``<runs_path>/<reference>``; made with the mark of what is incomplete.
    places : Places
        The folders that the run works in.
    manager_cache_path : str
        Where the code of recipes is kept.

    Attributes
    ----------
    contents : Contents
        Its files.
    sources : Sources
        The project's sources among them.
    parameter_sets : dict of str to object
        The parameter sets that the run used, by hash.
    packages : dict of str to str
        Name and version of the packages that the code of the run's stages names.
    held, not_held : dict
        The artifacts that it has, and those that it has not, by their paths in it.
    """

    def __init__(self, folder: str, places: Places, manager_cache_path: str) -> None:
        self.folder = folder
        self.contents = Contents(folder)
        self.sources = Sources(self.contents, places)
        self.parameter_sets: dict[str, Any] = {}
        self.packages: dict[str, str] = {}
        self.held: dict[str, Held] = {}
        self.not_held: dict[str, NotHeld] = {}
        self._places = places
        self._manager_cache_path = manager_cache_path
        self._code: set[str] = set()
        self._pointed_at: set[str] = set()
        os.makedirs(self.contents.path(ARTIFACTS), exist_ok=True)
        self.mark_incomplete()
        self.sources.take_loaded()

    def take(self, step: Step) -> None:
        """Copy what a step made or used, once it was carried out.

        What goes wrong with it is a problem of the store; the run goes on.
        """
        try:
            self._take(step)
        except OSError as error:
            problem = f"The artifacts of {step.name} could not be copied: {error}"
            self.contents.problems.append(problem)

    def _take(self, step: Step) -> None:
        self.sources.take_loaded()
        request = step.request
        if request.record.params is not None:
            self.parameter_sets[str(request.record.params.hash)] = request.record.params
        self.packages.update(step.recipe.packages)
        held = [
            self._take_output(step, output.name, output.cacher.track)
            for output in request.definition.outputs
            if output.cacher is not None
        ]
        if any(held) and REPORTABLES in step.commits:
            held.append(self._hold(step, REPORTABLES))
        copied = {path for one in held if one is not None for path in one.files}
        for path in step.tracked:
            self._hold_path(path, copied)
        self._take_code(step.recipe.code, step)

    def mark_incomplete(self) -> None:
        """Write the mark that something is missing, with what is known about it."""
        problems = "".join(f"{problem}\n" for problem in self.contents.problems)
        with open(self.contents.path(INCOMPLETE_MARK), "w", encoding="utf-8") as file:
            file.write(_MARK_TEXT + problems)

    def _take_output(self, step: Step, name: str, track: bool) -> Held | None:
        slot = step.request.slots[name]
        if track and step.stale is None:
            return self._hold(step, name)
        path = self._places.in_store(slot.path())
        why = "its cacher has track=False" if not track else f"it was not needed, and {step.stale}"
        self.not_held[path] = NotHeld(path, step.name.stage, step.name.record, name, why)
        return None

    def _hold(self, step: Step, name: str) -> Held:
        """Copy an artifact with all its files and its metadata, unchanged."""
        request, commit = step.request, step.commits.get(name)
        place = request.reportables_slot if name == REPORTABLES else request.slots[name]
        assert place is not None
        key = self._places.in_store(place.path())
        before = self.held.get(key)
        generation = commit.generation if commit else None
        if before is not None and before.generation == generation:
            return before
        for path in before.files if before is not None else ():
            self.contents.discard(path)
        slot = step.slots[name]
        files = tuple(self._copy_files(place, slot, commit))
        for path, size in commit.references if commit else ():
            self._hold_reference(path, size)
        output = next((o for o in request.definition.outputs if o.name == name), None)
        held = self.held[key] = Held(
            path=key,
            stage=step.name.stage,
            record=step.name.record,
            name=name,
            hash=step.name.hash,
            cacher=cacher_type(output.cacher) if output and output.cacher else None,
            generation=generation,
            files=files,
            made=step.executed,
        )
        self.not_held.pop(key, None)
        if step.changed:
            self._take_code(_recorded_code(slot), None)
        return held

    def _copy_files(self, place: Slot, slot: Slot, commit: Commit | None) -> Iterator[str]:
        """Copy what an artifact consists of; gives the paths in the store."""
        for folder in commit.folders if commit else ():
            inside = self._places.in_store(os.path.join(place.folder, folder))
            os.makedirs(self.contents.path(inside), exist_ok=True)
        for path, digest in _files(slot, commit):
            target = self._places.in_store(os.path.join(place.folder, path))
            if self.contents.copy(os.path.join(slot.folder, path), target, digest):
                yield target
        if os.path.exists(slot.metadata_path):
            target = self._places.in_store(place.metadata_path)
            if not self.contents.copy(slot.metadata_path, target):
                return
            yield target
            if commit is not None and not _names(self.contents.path(target), commit.generation):
                problem = f"{slot.metadata_path} is not what the run used: it was written anew"
                self.contents.problems.append(problem)

    def _hold_reference(self, path: str, size: int) -> None:
        """Copy what an artifact only points at."""
        place = self._places.in_store(path)
        if place in self.contents or place in self._pointed_at:
            return
        self._pointed_at.add(place)
        if size >= 0 and (not os.path.isfile(path) or os.path.getsize(path) != size):
            problem = f"{path}, which an artifact points at, is not what the run used"
            self.contents.problems.append(problem)
        else:
            self.contents.copy_all(path, place)

    def _hold_path(self, path: str, copied: set[str]) -> None:
        """Copy a file or folder that a stage asked a path for, as far as that is not done."""
        if os.path.exists(path):
            self.contents.copy_all(path, self._places.in_store(path), besides=copied)

    def _take_code(self, digest: str | None, step: Step | None) -> None:
        """Take in the code that a recipe names, and the files that it is in."""
        if digest is None or digest in self._code:
            return
        self._code.add(digest)
        if digest.startswith(EDITED):
            if step is not None and step.executed:
                self.contents.problems.append(
                    f"The code of {step.name} was edited after it was loaded: its source in here "
                    "may be another one than what ran"
                )
            return
        path = code_path(self._manager_cache_path, digest)
        if os.path.exists(path):
            self.contents.copy(path, os.path.join(CODE, os.path.basename(path)))
        if step is not None:
            self.sources.take_parts(kept_parts(self._manager_cache_path, digest) or ())


def _files(slot: Slot, commit: Commit | None) -> Iterator[tuple[str, str | None]]:
    """Path relative to the slot's folder, and digest, of each file but the metadata."""
    if commit is not None:
        yield from ((entry.path, entry.digest) for entry in commit.files)
        return
    main = slot.path()
    names = [main]
    if os.path.exists(slot.metadata_path):
        # of an older layout: which files it has is told by their names alone
        begin = glob.escape(os.path.join(slot.folder, slot.stem))
        names = sorted(path for path in glob.glob(f"{begin}*") if path != slot.metadata_path)
    for path in (one for name in names for one in files_at(name)):
        yield os.path.relpath(path, slot.folder or "."), None


def _names(metadata_path: str, generation: str) -> bool:
    """Whether metadata is that of a commit."""
    with open(metadata_path, "rb") as file:
        return generation.encode() in file.read()


def _recorded_code(slot: Slot) -> str | None:
    """The code that an artifact was made with, which its metadata has."""
    try:
        with open(slot.metadata_path, "rb") as file:
            recipe = parse(file.read()).get("recipe")
    except (OSError, BrokenMetadata):
        return None
    return recipe.get("code") if isinstance(recipe, dict) else None
