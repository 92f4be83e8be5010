"""Why a step is decided as it is: recipe then against recipe now, field by field."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from curifactory.params import describe
from curifactory.planning.compare import Difference, differences
from curifactory.planning.inputs import inputs_from_json
from curifactory.planning.plan import Planned
from curifactory.planning.recipe import recipe_from_json
from curifactory.running.changed_code import parts_changed
from curifactory.running.facts import differences_of, see
from curifactory.running.reading import Trust
from curifactory.running.step import Step
from curifactory.store.metadata import BrokenMetadata, parse
from curifactory.store.slot import METADATA_SUFFIX


@dataclass(frozen=True, slots=True)
class Explained:
    """One difference, for a reader.

    Parameters
    ----------
    kind : str
        The trigger that it belongs to.
    detail : str
        What differs, with both values where they are short.
    diffs : tuple of str
        Unified diffs of the code that differs.
    """

    kind: str
    detail: str
    diffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one step is decided as it is.

    Parameters
    ----------
    stage, record : str
        Which step.
    decision, reason, kind : str
        What would be done with it, and why.
    differences : tuple of Explained
        All differences between what its artifacts were made from and what would be used now.
    paths : tuple of str
        Its artifacts.
    nearest : str or None
        If its artifacts are missing: another artifact of this stage, with other parameters.
    parameters : tuple of str
        How the parameters of that one differ.
    """

    stage: str
    record: str
    decision: str
    reason: str
    kind: str
    differences: tuple[Explained, ...] = ()
    paths: tuple[str, ...] = ()
    nearest: str | None = None
    parameters: tuple[str, ...] = ()


def explain(step: Step, planned: Planned, manager_cache_path: str, trust: Trust) -> Explanation:
    """Explain what a plan says about a step.

    Parameters
    ----------
    step : Step
        The step.
    planned : Planned
        What the plan says about it.
    manager_cache_path : str
        Where the sources of former code are kept.
    trust : Trust
        What may be loaded.
    """
    decision = planned.decision
    seen = see(step.request, step.slots, {}, trust)
    found = differences_of(step.request, step.recipe, seen)
    then = _parameters_in(_document(_any_metadata(step)))
    now = {} if step.request.record.params is None else describe(step.request.record.params)
    nearest, parameters = None, tuple[str, ...]()
    if decision.reason.kind == "missing":
        nearest, parameters = _nearest(step, now)
    return Explanation(
        step.name.stage,
        step.name.record,
        decision.action,
        str(decision.reason),
        decision.reason.kind,
        tuple(explained(found, then, now, manager_cache_path)),
        tuple(slot.path() for slot in step.request.slots.values()),
        nearest,
        parameters,
    )


def compare_documents(
    one: Mapping[str, Any], other: Mapping[str, Any], manager_cache_path: str
) -> list[Explained]:
    """In what the recipes of two artifacts differ, from their metadata.

    Parameters
    ----------
    one, other : dict
        Metadata documents.
    manager_cache_path : str
        Where the sources of former code are kept.
    """
    then, now = one.get("recipe") or {}, other.get("recipe") or {}
    found = differences(
        recipe_from_json(then),
        recipe_from_json(now),
        inputs_from_json(then.get("undeclared")),
        inputs_from_json(now.get("undeclared")),
    )
    return explained(found, _parameters_in(one), _parameters_in(other), manager_cache_path)


def explained(
    found: Iterable[Difference],
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    manager_cache_path: str,
) -> list[Explained]:
    """Differences for a reader; `then` and `now` are the parameters by name."""
    told = []
    for one in found:
        if one.field == "parameters" and one.name in then and one.name in now:
            detail = f"parameter {one.name}: {_short(then[one.name])} -> {_short(now[one.name])}"
            told.append(Explained(one.kind, detail))
            continue
        parts = parts_changed(one, manager_cache_path)
        detail = f"{one.detail}: {', '.join(map(str, parts))}" if parts else one.detail
        told.append(Explained(one.kind, detail, tuple(part.diff() for part in parts)))
    return told


def _nearest(step: Step, now: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """Another artifact of this stage, of a set of this name if there is one, and how it differs."""
    for name, slot in step.slots.items():
        pattern = f"*_{glob.escape(step.name.stage)}_{glob.escape(name)}{METADATA_SUFFIX}"
        paths = glob.glob(os.path.join(glob.escape(slot.folder), pattern))
        candidates = [
            (document.get("params_name") == step.name.record, os.path.getmtime(path), path)
            for path in paths
            if path != slot.metadata_path and (document := _document(path)) is not None
        ]
        if not candidates:
            continue
        path = max(candidates)[2]
        then = _parameters_in(_document(path))
        return path.removesuffix(METADATA_SUFFIX), tuple(_changed(then, now))
    return None, ()


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = [name for name in {**then, **now} if name not in ("name", "hash", "overwrite")]
    return [
        f"parameter {name}: {_short(then.get(name, 'none'))} -> {_short(now.get(name, 'none'))}"
        for name in names
        if str(then.get(name)) != str(now.get(name))
    ]


def _any_metadata(step: Step) -> str | None:
    return next((slot.metadata_path for slot in step.slots.values()), None)


def _document(path: str | None) -> dict[str, Any] | None:
    """A metadata document, if it is there and whole."""
    try:
        with open(path or "", "rb") as file:
            return parse(file.read())
    except (OSError, BrokenMetadata):
        return None


def _parameters_in(document: Mapping[str, Any] | None) -> dict[str, Any]:
    parameters = (document or {}).get("params")
    return parameters if isinstance(parameters, dict) else {}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
