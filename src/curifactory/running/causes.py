"""Why inputs of a step change: the steps further up that run for a reason of their own."""

from __future__ import annotations

from curifactory.planning.decide import KINDS_THAT_SPREAD
from curifactory.running.facts import references_in
from curifactory.running.step import Step

# differences that say what happened further up
_OF_INPUTS = ("inputs", "undeclared", "codes")


def first_causes(step: Step) -> list[Step]:
    """The steps of a plan because of which this one runs, if it runs because of its inputs.

    Parameters
    ----------
    step : Step
        A decided step.

    Returns
    -------
    list of Step
        In the order in which they were called; empty if the step has a reason of its own.
    """
    found: dict[Step, None] = {}
    waiting, seen = [step], {step}
    while waiting:
        one = waiting.pop()
        if _runs_again(one) and _has_own_reason(one):
            found[one] = None
            continue
        above = [reference.step for reference in references_in(one.request)]
        new = [each for each in above if each not in seen and _runs_again(each)]
        seen.update(new)
        waiting += new
    found.pop(step, None)
    return sorted(found, key=lambda one: one.plan_index or 0)


def _runs_again(step: Step) -> bool:
    decision = step.decision
    return (
        decision is not None
        and decision.action == "RUN"
        and decision.reason.kind in KINDS_THAT_SPREAD
    )


def _has_own_reason(step: Step) -> bool:
    """Whether the reason is not what happens to its inputs."""
    assert step.decision is not None
    reason = step.decision.reason
    if step.facts.overwrite is not None:
        return True
    return any(
        one.reason == reason
        for one in step.changed
        if one.field not in _OF_INPUTS and not one.field.startswith("keys")
    )
