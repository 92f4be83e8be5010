"""The facts that a decision depends on: from what a step is made of now, and what lies there."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Protocol

from curifactory.planning.compare import Difference, differences
from curifactory.planning.decide import Facts, Kind, Reason, trigger_among
from curifactory.planning.recipe import Recipe
from curifactory.request import Request, StageDefinition
from curifactory.running.recipe_now import undeclared_facts
from curifactory.running.seen import Seen
from curifactory.running.step import Reference


class Policy(Protocol):
    """What the user asked for, as far as it counts for one step."""

    began: float
    overwrite: bool
    overwrite_stages: list[str]
    on_input_change: str
    on_parameter_change: str
    on_cacher_change: str
    on_code_change: str
    on_package_change: str


def facts_of(
    request: Request, differences: tuple[Reason, ...], seen: Seen, policy: Policy
) -> Facts:
    """The facts of one step."""
    above = _rerun_above(request)
    triggers = triggers_of(policy)
    overwrite = _overwrite(request, policy)
    always = _always(request)
    unusable = seen.unusable if request.slots else None
    usual = _usual_facts(request.definition, triggers, unusable)
    if not (differences or above or overwrite or always):
        return usual
    made_since = (
        trigger_among(differences, triggers) is None
        and bool(seen.commits)
        and all(commit.time >= policy.began for commit in seen.commits.values())
    )
    asked_above = above is not None and above.kind == "overwritten"
    renewed = made_since and (overwrite is not None or asked_above)
    if made_since:
        overwrite = None
        above = None if asked_above else above
    return replace(
        usual,
        always=always,
        overwrite=overwrite,
        differences=differences,
        rerun_above=above,
        renewed=renewed,
    )


@functools.lru_cache(maxsize=4096)
def _usual_facts(
    definition: StageDefinition, triggers: frozenset[Kind], unusable: Reason | None
) -> Facts:
    """Nothing special about a step, or nothing but what is missing: one object for many steps."""
    uncached = frozenset(one.name for one in definition.outputs if one.cacher is None)
    outputs = frozenset(one.name for one in definition.outputs)
    return Facts(outputs=outputs, uncached=uncached, triggers=triggers, unusable=unusable)


def differences_of(request: Request, recipe: Recipe, seen: Seen) -> list[Difference]:
    """How what lies there differs from what the step would make now."""
    if seen.recipe is None or seen.unusable is not None:
        return []
    undeclared = undeclared_facts(request, seen.undeclared)
    return list(differences(seen.recipe, recipe, seen.undeclared, undeclared))


def triggers_of(policy: Policy) -> frozenset[Kind]:
    """Which kinds of difference make an artifact stale."""
    return _triggers(
        policy.on_input_change,
        policy.on_parameter_change,
        policy.on_cacher_change,
        policy.on_code_change,
        policy.on_package_change,
    )


@functools.cache
def _triggers(*policies: str) -> frozenset[Kind]:
    kinds: tuple[Kind, ...] = ("inputs", "parameters", "cacher", "code", "packages")
    chosen = zip(kinds, policies, strict=True)
    # the setting `seed` decides whether there is such a difference
    always: frozenset[Kind] = frozenset(("seed",))
    return always | {kind for kind, policy in chosen if policy in ("rerun", "error")}


def _always(request: Request) -> str | None:
    if request.definition.is_aggregate and request.record.params is None and not request.records:
        return "an aggregate without parameters and without records always runs"
    return None


def _overwrite(request: Request, policy: Policy) -> str | None:
    name = request.definition.name
    if policy.overwrite:
        return "everything is to be computed anew"
    if name in policy.overwrite_stages:
        return f"stage '{name}' is to be computed anew"
    asking = [request.record]
    if request.record.params is None:
        asking = list(request.records)
    for record in asking:
        if getattr(record.params, "overwrite", False):
            return f"parameter set '{record.name}' is to be computed anew"
    return None


def references_in(request: Request) -> list[Reference]:
    """All stage outputs among the inputs of a step."""
    found = []
    for source in request.inputs.values():
        if isinstance(source, Reference):
            found.append(source)
        elif isinstance(source, tuple):
            found += [held for _, held in source if isinstance(held, Reference)]
    return found


def _rerun_above(request: Request) -> Reason | None:
    found = None
    for reference in references_in(request):
        reason = reference.step.spreads
        if reason is not None and reason.kind == "overwritten":
            return reason
        found = found or reason
    return found
