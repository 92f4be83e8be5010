"""What a user is told of records that an aggregate reads and that lack one of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curifactory.request import Request, UserValue
from curifactory.settings import nearest

_MOST = 5


def missing_inputs(request: Request, inputs: Mapping[str, Any]) -> Iterator[str]:
    """One line for each input that some of the aggregate's records do not have."""
    for name, values in inputs.items():
        if isinstance(request.inputs[name], UserValue):
            continue
        without = [record for record in request.records if record not in values]
        if not without:
            continue
        names = ", ".join(record.get_reference_name() for record in without[:_MOST])
        others = " and others" if len(without) > _MOST else ""
        yield (
            f"{len(without)} of {len(request.records)} records have no '{name}' for "
            f"aggregate '{request.definition.name}', which goes without them: {names}{others}."
            f"{'' if values else _meant(request, name)}"
        )


def _meant(request: Request, name: str) -> str:
    """The output that may be meant by an input that no record has."""
    return nearest(name, {key for record in request.records for key in record.state})
