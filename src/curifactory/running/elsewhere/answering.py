"""What is told of a step that is over, so that others elsewhere can go on from it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from curifactory.running.elsewhere.answer import StepAnswer
from curifactory.running.elsewhere.pickling import dumps, dumps_small, why_not
from curifactory.running.passes import PassEnded
from curifactory.running.step import UNSET, Reference, Step

_SMALL_BYTES = 1_000_000


class NotHere(PassEnded):
    """A step cannot be carried out where it was sent; the message says why."""


def answer_of(
    position: int,
    step: Step,
    references: dict[str, Reference],
    carried: Iterable[str],
    read: Iterable[str],
    seconds: float,
    planned: str | None = None,
) -> StepAnswer:
    """Describe a step that is over.

    Parameters
    ----------
    position : int
        Its position in the plan.
    step : Step
    references : dict of str to Reference
        To its outputs.
    carried : iterable of str
        Outputs without cacher whose values are needed elsewhere.
    read : iterable of str
        Outputs that other steps read.
    seconds : float
        How long it took.
    planned : str, optional
        Digest of what it was to be made from, where that is known to whoever asks.

    Raises
    ------
    NotHere
        If such a value cannot be pickled.
    """
    values = {name: _pickled(references[name]) for name in carried}
    for name in step.facts.uncached - values.keys():
        # `run` may read it: when it was planned, there was nothing to read
        value = references[name].value
        small = None if value is UNSET else dumps_small(value, _SMALL_BYTES)
        if small is not None:
            values[name] = small
    is_as_planned = planned is not None and not step.undeclared and step.recipe.digest() == planned
    return StepAnswer(
        position=position,
        executed=step.executed,
        recipe=None if is_as_planned else step.recipe,
        undeclared=dict(step.undeclared),
        commits=dict(step.commits),
        facts={name: references[name].input_facts() for name in read},
        spreads=step.spreads,
        values=values,
        timing=step.timing,
        seconds=seconds,
        unseeded=step.unseeded,
        tracked=step.tracked,
        reports=None if step.reports_folder is None else _files(step.reports_folder),
    )


def _pickled(reference: Reference) -> bytes:
    if reference.value is UNSET:
        raise NotHere(f"the value of its output '{reference.output.name}' is not there")
    try:
        return dumps(reference.value)
    except Exception as error:
        raise NotHere(
            f"its output '{reference.output.name}' has no cacher and cannot be pickled "
            f"({why_not(error)})"
        ) from None


def _files(folder: str) -> dict[str, bytes]:
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found
