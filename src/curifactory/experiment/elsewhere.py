"""What carries out the steps of an experiment, as the user asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curifactory.manager import ArtifactManager
from curifactory.running.elsewhere.elsewhere import Elsewhere, Means
from curifactory.running.executors.named import executor_of
from curifactory.running.scratch import is_further_rank


def elsewhere_of(
    manager: ArtifactManager,
    parallel: int | None,
    executor: Any,
    resources: Mapping[str, float] | None,
    fail_fast: bool,
) -> Elsewhere | None:
    """Other processes for the steps of a run; ``None`` for this process alone.

    Parameters
    ----------
    manager : ArtifactManager
    parallel, executor, resources, fail_fast
        As for `run_experiment`.

    Raises
    ------
    ConfigurationError
        If there is no such executor.
    """
    opens = executor_of(executor, parallel, manager.settings.executor)
    if opens is None or is_further_rank():
        return None
    from curifactory import worker
    from curifactory.worker.run import versions

    means = Means(
        open_executor=opens,
        work=worker.work,
        describe_manager=lambda: worker.describe_manager(manager),
        versions=versions(),
        limits=resources or {},
        fail_fast=fail_fast,
    )
    return Elsewhere(manager, manager.events, means)
