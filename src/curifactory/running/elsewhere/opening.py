"""From a plan to a dispatcher that sends its steps."""

from __future__ import annotations

import os
import pickle
import secrets
import sys
from collections.abc import Mapping, Sequence

from curifactory.running.elsewhere.dispatcher import Dispatcher
from curifactory.running.elsewhere.live import Hearing
from curifactory.running.elsewhere.means import Means
from curifactory.running.elsewhere.order import RunFacts
from curifactory.running.elsewhere.outcomes import Outcomes
from curifactory.running.elsewhere.schedule import Schedule
from curifactory.running.elsewhere.sending import Sender
from curifactory.running.elsewhere.sent_plan import SentPlan
from curifactory.running.elsewhere.works import work_of
from curifactory.running.executors.protocol import Executor
from curifactory.running.pass_plan import Entry

Resources = Mapping[int, Mapping[str, float]]
"""By position, what each step that is to run holds while it does."""


def resources_of(entries: Sequence[Entry], runs: Sequence[int]) -> Resources:
    """What the steps that are to run hold."""
    return {p: entries[p].step.request.definition.resources for p in runs}


def needs_of(entries: Sequence[Entry], resources: Resources) -> dict[str, Mapping[str, float]]:
    """The same by name of the stage."""
    return {entries[p].step.name.stage: held for p, held in resources.items()}


def dispatcher_of(
    plan: SentPlan,
    resources: Resources,
    executor: Executor,
    means: Means,
    root: str,
    handshake: str,
) -> Dispatcher:
    """What sends the steps of a plan, and has not begun to.

    Parameters
    ----------
    plan : SentPlan
    resources : dict of int to dict
        Of each step that is to run.
    executor : Executor
    means : Means
    root : str
        The project's folder.
    handshake : str
        A file in the cache folder that every worker must see.
    """
    facts = _run_facts(means, root, handshake)
    changed = {name for one in plan.noted.values() for name in one.environ}
    environ = {name: os.environ.get(name) for name in changed}
    works = [work_of(plan, position, held) for position, held in resources.items()]
    schedule = Schedule(works, means.limits)
    return Dispatcher(
        executor,
        means.work,
        schedule,
        plan,
        Sender(plan, facts.token, pickle.dumps(facts), environ),
        Hearing(os.path.dirname(handshake)),
        Outcomes(schedule, plan, means.fail_fast),
    )


def _run_facts(means: Means, root: str, handshake: str) -> RunFacts:
    return RunFacts(
        token=secrets.token_hex(8),
        manager=means.describe_manager(),
        root=os.path.abspath(root),
        folder=os.getcwd(),
        path=tuple(os.path.abspath(folder) for folder in sys.path),
        handshake=handshake,
        versions=means.versions,
    )
