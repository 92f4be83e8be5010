"""No two different things meet in one file within a pass."""

from __future__ import annotations

import functools
import os

from curifactory.errors import SlotCollisionError
from curifactory.request import Request, StageDefinition
from curifactory.store.reserved import METADATA_SUFFIX, REPORTABLES
from curifactory.store.slot import Slot

_Owner = tuple[tuple[str, str], str]
_Owners = dict[str, tuple[_Owner, str]]
# every artifact may be found there, whatever its extension
_ALWAYS = ("", METADATA_SUFFIX)


class Collisions:
    """Remembers which stage and output each artifact's name belongs to.

    An artifact may be found at its bare name, with its extension, and with the metadata suffix.
    """

    def __init__(self) -> None:
        # by folder and bare name, which the slots hold anyway: there may be many
        self._owners: dict[str, _Owners] = {}
        self._suffixes = set(_ALWAYS)
        self._note_suffixes()

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
        extension = slot.extension
        owners = self._owners.setdefault(slot.folder.rstrip(os.sep), {})
        own = _owned(request.definition, output, extension)
        if owners.get(slot.stem) == own:
            return
        if self._may_meet_others(owners, slot.stem, extension):
            self._compare(request, owners, slot, own)
        owners[slot.stem] = own
        if extension not in self._suffixes:
            self._suffixes.add(extension)
            self._note_suffixes()

    def _note_suffixes(self) -> None:
        self._endings = tuple(self._suffixes - {""})
        # a metadata file could be the main file of what is named like its beginning
        self._of_metadata = tuple(
            METADATA_SUFFIX.removesuffix(one)
            for one in self._suffixes
            if METADATA_SUFFIX.endswith(one)
        )

    def _may_meet_others(self, owners: _Owners, bare: str, extension: str) -> bool:
        """Whether one of its names could be another's, as few looks tell for most."""
        main = bare + extension
        if main in owners:
            return True
        for beginning in self._of_metadata:
            if bare + beginning in owners:
                return True
        # without its own ending it is the bare name, which was looked up already
        others = tuple([one for one in self._endings if one != extension])
        return bare.endswith(self._endings) or main.endswith(others)

    def _compare(
        self, request: Request, owners: _Owners, slot: Slot, own: tuple[_Owner, str]
    ) -> None:
        bare = slot.stem
        for name in (bare, bare + own[1], bare + METADATA_SUFFIX):
            for suffix in self._suffixes:
                if name.endswith(suffix):
                    other = owners.get(name[: len(name) - len(suffix)])
                    if other is not None and other[0] != own[0] and suffix in (*_ALWAYS, other[1]):
                        raise SlotCollisionError(
                            _message(slot.beside(name), other[0], own[0], request)
                        )


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
