"""Why a step is decided as it is: recipe then against recipe now, field by field."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from curifactory.params import describe
from curifactory.planning.compare import Difference, differences
from curifactory.planning.inputs import inputs_from_json
from curifactory.planning.plan import Planned
from curifactory.planning.recipe import recipe_from_json
from curifactory.running.causes import first_causes
from curifactory.running.changed_code import parts_changed
from curifactory.running.equivalents import Equivalents, EquivalentsSettings
from curifactory.running.facts import differences_of
from curifactory.running.nearest import document_at, nearest_artifact, parameters_in, short
from curifactory.running.reading import Trust
from curifactory.running.seen import see, with_recipe
from curifactory.running.step import Step
from curifactory.store.reserved import REPORTABLES


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
    causes : tuple of str
        If it runs because of its inputs: the steps further up that run for reasons of their own,
        and these.
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
    causes: tuple[str, ...] = ()


class ExplainSettings(EquivalentsSettings, Protocol):
    """What explaining asks of the manager."""

    @property
    def trust(self) -> Trust: ...


def explain(step: Step, planned: Planned, settings: ExplainSettings) -> Explanation:
    """Explain what a plan says about a step.

    Parameters
    ----------
    step : Step
        The step.
    planned : Planned
        What the plan says about it.
    settings : ExplainSettings
        The manager.
    """
    decision, sources = planned.decision, settings.manager_cache_path
    slots = {name: slot for name, slot in step.slots.items() if name in step.request.slots}
    reportables = functools.partial(step.slots.get, REPORTABLES)
    seen = with_recipe(see(step.request, slots, reportables, {}, settings.trust))
    found = differences_of(step.request, step.recipe, seen)
    then = parameters_in(document_at(_any_metadata(step)))
    now = {} if step.request.record.params is None else describe(step.request.record.params)
    nearest, parameters = None, tuple[str, ...]()
    if decision.reason.kind == "missing":
        nearest, parameters = nearest_artifact(step, now)
    return Explanation(
        step.name.stage,
        step.name.record,
        decision.action,
        str(decision.reason),
        decision.reason.kind,
        tuple(_with_acceptance(step, found, explained(found, then, now, sources), settings)),
        tuple(slot.path() for slot in step.request.slots.values()),
        nearest,
        parameters,
        tuple(_cause(one, sources) for one in first_causes(step)),
    )


def _cause(step: Step, manager_cache_path: str) -> str:
    """A step that runs for a reason of its own, and that reason."""
    assert step.decision is not None
    reason = step.decision.reason
    own = [one for one in step.changed if one.reason == reason]
    told = explained(own, {}, {}, manager_cache_path)
    return f"{step.name.stage} of {step.name.record}: {told[0].detail if told else reason}"


def _with_acceptance(
    step: Step, found: list[Difference], told: list[Explained], settings: ExplainSettings
) -> list[Explained]:
    """Say of differences that are known to make none who says so."""
    known = [one not in step.changed for one in found]
    if not any(known):
        return told
    equivalents = Equivalents(settings)
    return [
        replace(one, detail=f"{one.detail} ({equivalents.who(step.slots, difference)})")
        if is_known
        else one
        for one, difference, is_known in zip(told, found, known, strict=True)
    ]


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
    return explained(found, parameters_in(one), parameters_in(other), manager_cache_path)


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
            detail = f"parameter {one.name}: {short(then[one.name])} -> {short(now[one.name])}"
            told.append(Explained(one.kind, detail))
            continue
        parts = parts_changed(one, manager_cache_path)
        detail = f"{one.detail}: {', '.join(map(str, parts))}" if parts else one.detail
        told.append(Explained(one.kind, detail, tuple(part.diff() for part in parts)))
    return told


def _any_metadata(step: Step) -> str | None:
    return next((slot.metadata_path for slot in step.slots.values()), None)
