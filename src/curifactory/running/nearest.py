"""Another artifact of a stage, for one that is not there, and how its parameters differ."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from typing import Any

from curifactory.running.seen import seconds_in
from curifactory.running.step import Step
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.slot import Slot


def nearest_artifact(step: Step, now: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """Another artifact of this stage, of a set of this name if there is one, and how it differs."""
    for name, slot in step.slots.items():
        candidates = [
            (document.get("params_name") == step.name.record, os.path.getmtime(path), path)
            for path in _others(step, name, slot)
            if (document := document_at(path)) is not None
        ]
        if not candidates:
            continue
        path = max(candidates)[2]
        then = parameters_in(document_at(path))
        return path.removesuffix(METADATA_SUFFIX), tuple(_changed(then, now))
    return None, ()


def seconds_of_stages(steps: Iterable[Step]) -> dict[str, float]:
    """How long stages took that are to run and of which these steps do not tell.

    Parameters
    ----------
    steps : iterable of Step
        All steps of a plan.

    Returns
    -------
    dict of str to float
        By stage: what its newest artifact took that was made with other parameters.
    """
    steps = list(steps)
    known = {step.name.stage for step in steps if step.seconds is not None}
    found: dict[str, float] = {}
    for step in steps:
        stage = step.name.stage
        if stage in known or step.decision is None or step.decision.action != "RUN":
            continue
        known.add(stage)
        paths = [path for name, slot in step.slots.items() for path in _others(step, name, slot)]
        newest = max(paths, key=os.path.getmtime, default=None)
        seconds = seconds_in((document_at(newest) or {}).get("timing"))
        if seconds is not None:
            found[stage] = seconds
    return found


def _others(step: Step, name: str, slot: Slot) -> list[str]:
    """The metadata of this output for other parameters."""
    pattern = f"*_{glob.escape(step.name.stage)}_{glob.escape(name)}{METADATA_SUFFIX}"
    paths = glob.glob(os.path.join(glob.escape(slot.folder), pattern))
    return [path for path in paths if path != slot.metadata_path]


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = [name for name in {**then, **now} if name not in ("name", "hash", "overwrite")]
    return [
        f"parameter {name}: {short(then.get(name, 'none'))} -> {short(now.get(name, 'none'))}"
        for name in names
        if str(then.get(name)) != str(now.get(name))
    ]


def document_at(path: str | None) -> dict[str, Any] | None:
    """A metadata document, if it is there and whole."""
    try:
        with open(path or "", "rb") as file:
            return parse(file.read())
    except (OSError, BrokenMetadata):
        return None


def parameters_in(document: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters that a metadata document describes."""
    parameters = (document or {}).get("params")
    return parameters if isinstance(parameters, dict) else {}


def short(value: Any) -> str:
    """A value for a reader, not longer than a line."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
