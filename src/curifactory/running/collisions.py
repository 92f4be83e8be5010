"""No two different things meet in one file within a pass."""

from __future__ import annotations

import functools

from curifactory.errors import SlotCollisionError
from curifactory.request import Request, StageDefinition
from curifactory.store.reserved import METADATA_SUFFIX, REPORTABLES
from curifactory.store.slot import Slot

_Owner = tuple[tuple[str, str], str]
# every artifact may be found there, whatever its extension
_ALWAYS = ("", METADATA_SUFFIX)


class Collisions:
    """Remembers which stage and output each artifact's name belongs to.

    An artifact may be found at its bare name, with its extension, and with the metadata suffix.
    """

    def __init__(self) -> None:
        # by bare name: few entries, since there may be many artifacts
        self._owners: dict[str, tuple[_Owner, str]] = {}
        self._suffixes = set(_ALWAYS)

    def check(self, request: Request) -> None:
        """Claim the paths of a step's outputs.

        A stage that is defined again under the same module and name keeps its paths.

        Raises
        ------
        SlotCollisionError
            If one of them belongs to another stage or output.
        """
        for output, slot in request.slots.items():
            self._claim(request, output, slot)

    def check_reportables(self, request: Request) -> None:
        """Claim the path of what a step reports; errors as `check`."""
        slot = request.reportables_slot
        if slot is not None:
            self._claim(request, REPORTABLES, slot)

    def _claim(self, request: Request, output: str, slot: Slot) -> None:
        bare = slot.path("")
        own = _owned(request.definition, output, slot.extension)
        if self._owners.get(bare) == own:
            return
        for path in (bare, bare + slot.extension, bare + METADATA_SUFFIX):
            for suffix in self._suffixes:
                if path.endswith(suffix):
                    other = self._owners.get(path[: len(path) - len(suffix)])
                    if other is not None and other[0] != own[0] and suffix in (*_ALWAYS, other[1]):
                        raise SlotCollisionError(_message(path, other[0], own[0], request))
        self._owners[bare] = own
        self._suffixes.add(slot.extension)


@functools.lru_cache(maxsize=4096)
def _owned(definition: StageDefinition, output: str, extension: str) -> tuple[_Owner, str]:
    """One object for all artifacts of an output."""
    return (definition.identity, output), extension


def _message(path: str, first: _Owner, second: _Owner, request: Request) -> str:
    (first_module, first_stage), first_output = first
    (second_module, second_stage), second_output = second
    return (
        f"Two different artifacts would be kept in one file, {path}: output '{first_output}' of "
        f"stage '{first_stage}' ({first_module}) and output '{second_output}' of stage "
        f"'{second_stage}' ({second_module}, {request.definition.place}), on record "
        f"'{request.record.get_reference_name()}'. Rename one of them, or give its cacher a "
        "subdir or prefix of its own."
    )
