"""Which commits of this session's artifacts are still read, and where their files went."""

from __future__ import annotations

import weakref

from curifactory.running.step import Step

_FEWEST = 10_000
_Reader = weakref.ref[Step]


class Generations:
    """Steps by the generation of the commit that their references are pinned to."""

    def __init__(self) -> None:
        # most have one reader, and there may be many
        self._readers: dict[str, _Reader | tuple[_Reader, ...]] = {}
        self._forget_at = _FEWEST
        self._set_aside: set[str] = set()

    def pin(self, step: Step) -> None:
        """Note that references of `step` read its commits."""
        reader = weakref.ref(step)
        for generation in {commit.generation for commit in step.commits.values()}:
            before = self._readers_of(generation)
            self._readers[generation] = (*before, reader) if before else reader
        if len(self._readers) > self._forget_at:
            self._forget_unread()

    def is_read(self, generation: str) -> bool:
        """Whether references to this commit are still held."""
        return any(True for _ in self._alive(generation))

    def set_aside(self, generation: str, metadata_path: str, folder: str) -> None:
        """The files beside `metadata_path` lie in `folder` now, for those who still read them."""
        self._set_aside.add(generation)
        for step in self._alive(generation):
            step.slots = {
                name: slot.moved(folder) if slot.metadata_path == metadata_path else slot
                for name, slot in step.slots.items()
            }

    def tidy(self) -> bool:
        """Forget what nobody reads any more; whether files set aside are still read."""
        self._set_aside = {one for one in self._set_aside if self.is_read(one)}
        return bool(self._set_aside)

    def _forget_unread(self) -> None:
        # each time twice as many as were left: what a step costs does not grow with their number
        self._readers = {key: held for key, held in self._readers.items() if self.is_read(key)}
        self._forget_at = max(_FEWEST, 2 * len(self._readers))

    def _alive(self, generation: str) -> list[Step]:
        steps = (reader() for reader in self._readers_of(generation))
        return [step for step in steps if step is not None]

    def _readers_of(self, generation: str) -> tuple[_Reader, ...]:
        held = self._readers.get(generation, ())
        return held if isinstance(held, tuple) else (held,)
