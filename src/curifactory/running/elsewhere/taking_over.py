"""What a worker made of a step, as a step of this pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from curifactory.planning.compare import Difference, differences
from curifactory.planning.decide import Kind
from curifactory.planning.recipe import Recipe
from curifactory.request import Request
from curifactory.running.elsewhere.order import StepAnswer
from curifactory.running.facts import undeclared_facts
from curifactory.running.pass_plan import Entry
from curifactory.running.step import Step
from curifactory.store.slot import Slot


def difference_from(
    answer: StepAnswer, request: Request, recipe: Recipe, triggers: frozenset[Kind]
) -> Difference | None:
    """In what the step that was carried out elsewhere is not the one that is called now.

    Parameters
    ----------
    answer : StepAnswer
        What became of it.
    request : Request
        The call.
    recipe : Recipe
        What it would be made from here.
    triggers : frozenset of str
        Which kinds of difference count; code always does.
    """
    undeclared = undeclared_facts(request, answer.undeclared)
    found = differences(answer.recipe, recipe, answer.undeclared, undeclared)
    return next((one for one in found if one.kind in triggers or one.kind == "code"), None)


def step_of(
    request: Request,
    entry: Entry,
    answer: StepAnswer,
    slots: Mapping[str, Slot],
    new_folder: Callable[[], str],
) -> Step:
    """The step as if it had been carried out here.

    Parameters
    ----------
    request : Request
        The call.
    entry : Entry
        What the plan says about it.
    answer : StepAnswer
        What became of it.
    slots : dict of str to Slot
        Where its artifacts are read.
    new_folder : callable
        Makes a temporary folder.
    """
    step = Step(
        request=request,
        facts=entry.step.facts,
        recipe=answer.recipe,
        slots=dict(slots),
        commits=dict(answer.commits),
        timing=answer.timing,
        undeclared=answer.undeclared,
        decision=entry.planned.decision,
        needed=entry.planned.needed,
        executed=True,
        plan_index=entry.step.plan_index,
        tracked=answer.tracked,
        unseeded=answer.unseeded,
        travelled=answer.values,
    )
    step.settled()
    step.spreads = answer.spreads
    if answer.reports is not None:
        step.reports_folder = new_folder()
        _write(answer.reports, step.reports_folder)
    return step


def _write(files: Mapping[str, bytes], folder: str) -> None:
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
