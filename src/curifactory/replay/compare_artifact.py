"""Comparing one artifact of a full store with the same one computed anew."""

from __future__ import annotations

import os
from typing import Any

from curifactory.caching.cacheable import Cacheable
from curifactory.caching.reference_cachers import FileReferenceCacher
from curifactory.replay.apart import DifferentError, Tolerance
from curifactory.replay.compared import Compared, Verdict
from curifactory.replay.file_sets import (
    files_now,
    files_then,
    first_other,
    references_now,
    references_then,
)
from curifactory.replay.room import Room
from curifactory.replay.same_picture import same_but_for_encoding
from curifactory.replay.same_value import Comparison
from curifactory.replay.store import OpenStore
from curifactory.running.step import Step
from curifactory.store.metadata import BrokenMetadata, MetadataDocument
from curifactory.store.slot import Slot, SlotUse
from curifactory.stores.held import Held

Judgement = tuple[Verdict, str]


class ArtifactComparer:
    """Compares artifacts of one store with those of one room.

    Parameters
    ----------
    store : OpenStore
        Where the artifacts of then are.
    room : Room
        Where those of now are.
    tolerance : Tolerance
        How far numbers may be apart.
    """

    def __init__(self, store: OpenStore, room: Room, tolerance: Tolerance) -> None:
        self._store = store
        self._room = room
        self._tolerance = tolerance

    def compare(self, step: Step, name: str, held: Held) -> Compared:
        """Compare an output of a step that was executed, or what it reported."""
        verdict, detail = self._judge(step, name, held)
        return Compared(held.path, held.stage, held.record, held.name, verdict, detail)

    def _judge(self, step: Step, name: str, held: Held) -> Judgement:
        then, now = files_then(self._store, held), files_now(self._room, step, name)
        other = first_other(then, now)
        outputs = {output.name: output.cacher for output in step.request.definition.outputs}
        cacher = outputs.get(name)
        if isinstance(cacher, FileReferenceCacher):
            return self._judge_references(step, name, held, same_list=other is None)
        if other is None:
            return "identical", ""
        if cacher is None:
            # what a stage reported: pages are made of text and pictures
            if same_but_for_encoding(then, now):
                return "equal", "the same pictures in other bytes"
            return "different", other
        if cacher.stage_writes:
            return "different", other
        return self._judge_values(step, name, cacher, held)

    def _judge_references(self, step: Step, name: str, held: Held, same_list: bool) -> Judgement:
        """A list of files is what the files are, wherever they lie."""
        then = list(references_then(self._store, held))
        now = list(references_now(step, name))
        if len(then) != len(now):
            return "different", f"it points at {len(now)} files or folders, not {len(then)}"
        for one, other in zip(then, now, strict=True):
            problem = first_other(one, other)
            if problem is not None:
                return "different", problem
        return ("identical", "") if same_list else ("equal", "the same files at other paths")

    def _judge_values(self, step: Step, name: str, cacher: Cacheable, held: Held) -> Judgement:
        """Load both, and compare them part by part."""
        folder = os.path.dirname(self._store.path(held.path))
        slots = step.request.slots[name]._replace(folder=folder), step.slots[name]
        comparison = Comparison(self._tolerance)
        try:
            comparison.compare(*(_load(step, name, cacher, slot) for slot in slots))
        except DifferentError as difference:
            return "different", str(difference)
        except Exception as error:
            return "different", f"it cannot be compared ({type(error).__name__}: {error})"
        if comparison.largest:
            return "equal", f"numbers are up to {comparison.largest:.1e} apart, relatively"
        return "equal", "the same value in other bytes"


def _load(step: Step, name: str, cacher: Cacheable, slot: Slot) -> Any:
    """Load an artifact; its bytes were verified, or written a moment ago."""
    bound = cacher.bound(SlotUse(slot), name, step.name.stage, step.request.record)
    try:
        with open(slot.metadata_path, "rb") as file:
            bound.set_document(MetadataDocument(file.read()))
    except (OSError, BrokenMetadata):
        pass  # of an older layout, or none
    return bound.load()
