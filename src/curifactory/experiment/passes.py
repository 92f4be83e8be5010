"""The two passes over ``run(param_sets, manager)``: plan, then carry out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from curifactory.errors import ConfigurationError, DefinitionError
from curifactory.experiment.surroundings import kept_surroundings, silence
from curifactory.manager import ArtifactManager
from curifactory.params import plain_copy
from curifactory.running.collecting import is_free, left_alone, rare_collections
from curifactory.running.passes import PlanEnded, StartAgain
from curifactory.settings import nearest

Run = Callable[[list[Any], ArtifactManager], Any]

# what `run` may set on the manager; the run pass finds it as the plan pass did
_SETTABLE = (
    "dry",
    "dry_cache",
    "prefix",
    "lazy",
    "ignore_lazy",
    "current_stage_name",
    "seed",
    "_overwrite",
    "_overwrite_stages",
)


def plan(run: Run, param_sets: list[Any], manager: ArtifactManager) -> None:
    """Plan pass: call ``run`` so that stage calls are only noted.

    Afterwards ``manager.session.plan`` has every step with its decision. What needs a value that
    no artifact holds ends the plan there.

    Parameters
    ----------
    run : callable
        The experiment's function.
    param_sets : list
        The parameter sets; the pass gets copies of its own.
    manager : ArtifactManager
        Has no records afterwards, and is set as before.

    Raises
    ------
    DefinitionError
        If a stage is written in a way that cannot work.
    ConfigurationError
        If a stage is to be overwritten that the experiment does not have.
    """
    settings = {name: getattr(manager, name) for name in _SETTABLE}
    ended_early = None
    manager.session.begin_plan()
    manager.map_mode = True
    manager.events.hold()
    try:
        with kept_surroundings(), silence(), rare_collections():
            run(copied(param_sets), manager)
    except PlanEnded as end:
        ended_early = str(end)
    except DefinitionError:
        raise
    except (Exception, SystemExit) as error:
        ended_early = f"`run` raised {type(error).__name__}: {error}"
    finally:
        manager.map_mode = False
        manager.begin_pass()
        for name, value in settings.items():
            setattr(manager, name, value)
        manager.events.release()
    with rare_collections():
        manager.session.end_plan(ended_early)
    _check_overwrite_stages(manager)


def carry_out(run: Run, param_sets: list[Any], manager: ArtifactManager, use_plan: bool) -> Any:
    """Plan, then call ``run`` again so that each stage call does what was decided.

    If something that was to be loaded or skipped proves unusable, both passes start anew; what is
    finished loads then.

    Returns
    -------
    object
        Whatever ``run`` returned.
    """
    while True:
        if use_plan:
            plan(run, param_sets, manager)
        manager.session.begin_run(follow_plan=use_plan)
        try:
            with left_alone(is_free()):
                result = _call(run, param_sets, manager)
        except StartAgain as again:
            manager.events.notice(f"The run starts again, finished steps load: {again}")
            manager.session.find_unusable()
            manager.begin_pass()
            continue
        except Exception as error:
            manager.session.end_failed_run(error)
            raise
        manager.session.end_run()
        return result


def _call(run: Run, param_sets: list[Any], manager: ArtifactManager) -> Any:
    try:
        return run(copied(param_sets), manager)
    except Exception as error:
        manager.session.raise_if_replaced(error)
        raise


def _check_overwrite_stages(manager: ArtifactManager) -> None:
    """Refuse names of stages that the experiment does not have, before anything runs."""
    plan = manager.session.plan
    known = {entry.step.request.definition.name for entry in plan.entries}
    unknown = [name for name in manager.overwrite_stages if name not in known]
    if unknown and plan.ended_early is None:
        raise ConfigurationError(
            f"There is no stage '{unknown[0]}' to overwrite in experiment "
            f"'{manager.experiment_name}'.{nearest(unknown[0], known)}"
        )


def copied(param_sets: list[Any]) -> list[Any]:
    """A copy of the parameter sets for one pass; a set that cannot be copied is shared."""
    # sets whose values cannot change need no deep copy, which takes ten times as long
    copies = {id(one): new for one in param_sets if (new := plain_copy(one)) is not None}
    try:
        return copy.deepcopy(param_sets, copies)
    except Exception:
        return [copy.copy(one) for one in param_sets]
