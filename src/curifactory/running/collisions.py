"""No two different things meet in one file within a pass."""

from __future__ import annotations

from curifactory.errors import SlotCollisionError
from curifactory.request import Request
from curifactory.running.facts import slots_of

_Owner = tuple[tuple[str, str], str]


class Collisions:
    """Remembers which stage and output each path belongs to."""

    def __init__(self) -> None:
        self._owners: dict[str, _Owner] = {}

    def check(self, request: Request) -> None:
        """Claim the paths of a step.

        A stage that is defined again under the same module and name keeps its paths.

        Raises
        ------
        SlotCollisionError
            If one of them belongs to another stage or output.
        """
        identity = request.definition.identity
        for output, slot in slots_of(request).items():
            for path in (slot.path(), slot.path(""), slot.metadata_path):
                owner = self._owners.setdefault(path, (identity, output))
                if owner != (identity, output):
                    raise SlotCollisionError(_message(path, owner, (identity, output), request))


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
