"""A stage as it is sent: by name, or pickled whole."""

from __future__ import annotations

import sys
from typing import Any

from curifactory.request import StageDefinition
from curifactory.running.elsewhere.order import SentDefinition
from curifactory.running.elsewhere.pickling import dumps, why_not
from curifactory.running.elsewhere.staying import StaysError


def sent_definition(definition: StageDefinition, lazy: bool, ignore_lazy: bool) -> SentDefinition:
    """A stage by its name, or pickled where importing would not give it.

    Raises
    ------
    StaysError
        If it cannot be pickled either.
    """
    module, name = definition.identity
    if is_importable(definition):
        return SentDefinition(module, name, lazy, ignore_lazy)
    try:
        return SentDefinition(module, name, pickled=dumps(definition))
    except Exception as error:
        raise StaysError(
            f"it can neither be imported as {module}.{name} nor pickled ({why_not(error)})"
        ) from None


def is_importable(definition: StageDefinition) -> bool:
    """Whether importing its module gives this very stage."""
    module, name = definition.identity
    if module == "__main__":
        return False
    held: Any = sys.modules.get(module)
    for part in name.split("."):
        held = getattr(held, part, None)
    stage_definition = getattr(held, "stage_definition", None)
    return stage_definition is not None and stage_definition().function is definition.function
