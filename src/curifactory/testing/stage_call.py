"""What a stage call does with one cacher, step by step as the engine does it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from curifactory.caching.cacheable import AsLoaded, Cacheable, is_staged, round_trip
from curifactory.store.look import look, verify_file
from curifactory.store.metadata import SCHEMA
from curifactory.store.slot import Slot, SlotUse, artifact_file_name, cache_slot
from curifactory.store.staging import Staging
from curifactory.store.writing import StepWriting

_NAME, _STAGE, _HASH = "artifact", "stage", "0123456789abcdef"


@dataclass(frozen=True)
class CacheFolder:
    """The manager of a record that has nothing but a cache folder."""

    cache_path: str
    experiment_name: str = "contract"
    prefix: str | None = None


@dataclass(frozen=True)
class StageRecord:
    """A record without parameters, inside a stage."""

    manager: CacheFolder
    params: Any = None
    current_stage: str = _STAGE
    stage_cachers: list[Cacheable] = field(default_factory=list)

    def get_hash(self) -> str:
        return _HASH

    def describe(self, stage: str | None) -> dict[str, Any]:
        return {"stage": stage, "params_hash": _HASH}


class StageCall:
    """One output of one stage, saved and loaded through a cacher.

    Parameters
    ----------
    template : Cacheable
        The cacher that the stage's decorator was given.
    folder : str
        The cache folder.
    returned : callable
        What the stage returns, from a value and the bound cacher.
    """

    def __init__(
        self, template: Cacheable, folder: str, returned: Callable[[Any, Cacheable], Any]
    ) -> None:
        file_name = artifact_file_name("contract", _HASH, _STAGE, _NAME)
        self.slot: Slot = cache_slot(folder, file_name, template.extension or "")
        self._template = template
        self._returned = returned
        self._record = StageRecord(CacheFolder(folder))

    def save(self, value: Any) -> tuple[Any, AsLoaded]:
        """Run the stage; gives what it returned and what consumers are handed."""
        staging = Staging()
        writing = StepWriting({_NAME: self.slot}, staging, lambda _: False, lambda *_: None)
        try:
            obj = self._returned(value, self._bound(writing.use_in_stage(_NAME)))
            staged = is_staged(self._template)
            cacher = self._bound(writing.use_for_save(_NAME, staged), staged)
            cacher.save(obj)
            loaded = round_trip(cacher, obj)
            writing.add_references(_NAME, cacher.references())
            writing.commit(lambda *_: {"schema": SCHEMA, "extra": cacher.extra_metadata})
        finally:
            staging.close()
        return obj, loaded

    def load(self) -> Any:
        """Load the artifact as a later run does, each file verified."""
        found = look(self.slot)
        assert found.commit is not None, f"the artifact is not valid: {found.reason}"
        commit = found.commit
        cacher = self._bound(SlotUse(self.slot, lambda path: verify_file(self.slot, commit, path)))
        if found.document is not None:
            cacher.set_document(found.document)
        return cacher.load()

    def files(self) -> set[str]:
        """Paths of all files that belong to the artifact, its metadata included."""
        commit = look(self.slot).commit
        listed = [] if commit is None else [entry.path for entry in commit.files]
        paths = {os.path.join(self.slot.folder, path) for path in listed}
        return {*paths, self.slot.metadata_path}

    def _bound(self, use: SlotUse, staged: bool = False) -> Cacheable:
        return self._template.bound(use, _NAME, _STAGE, self._record, staged)
