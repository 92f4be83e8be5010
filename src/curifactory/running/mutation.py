"""Watching a stage for changing its inputs in place."""

from __future__ import annotations

from typing import Any

from curifactory.request import Request, UserValue
from curifactory.running.step import UNSET, Reference, value_content


class InputWatch:
    """The contents of a step's inputs before its function is called.

    A stage that changes an input in place makes the next stage see another value on a first run
    than on a later one, where the first stage is not executed.

    Parameters
    ----------
    request : Request
        The step.
    inputs : dict of str to object
        What its function is passed.
    """

    def __init__(self, request: Request, inputs: dict[str, Any]) -> None:
        self._request = request
        self._inputs = inputs
        self._before = {name: _content(value) for name, value in inputs.items()}

    def changed(self) -> list[str]:
        """Names of the inputs whose content is another one now; those are then made good.

        What the cache has is loaded anew for whoever reads it next. What it does not have is
        marked: an artifact that is made from it will not be reused.
        """
        names = [
            name
            for name, before in self._before.items()
            if before is not None and _content(self._inputs[name]) != before
        ]
        for name in names:
            self._make_good(self._request.inputs[name])
        return names

    def _make_good(self, source: Any) -> None:
        if isinstance(source, UserValue):
            # its content is asked for at each call: a later run sees that it differs
            return
        held = [source] if isinstance(source, Reference) else [one for _, one in source]
        for reference in held:
            if not isinstance(reference, Reference):
                continue
            if reference.output.name in reference.step.commits:
                reference.value = UNSET
            else:
                reference.mutated_by = self._request.definition.name


def _content(value: Any) -> str | None:
    """Digest of an input; that of an aggregate is a dict by record, which is no value."""
    if isinstance(value, dict) and any(hasattr(key, "get_hash") for key in value):
        return value_content([(key.get_hash(), item) for key, item in value.items()])
    return value_content(value)
