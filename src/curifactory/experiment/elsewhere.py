"""What carries out the steps of an experiment, as the user asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curifactory.errors import ConfigurationError
from curifactory.manager import ArtifactManager
from curifactory.running.elsewhere.elsewhere import Elsewhere, Means
from curifactory.running.executors.protocol import Executor
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
    opened = _executor(parallel, executor)
    if opened is None or is_further_rank():
        return None
    from curifactory import worker
    from curifactory.worker.run import versions

    means = Means(
        open_executor=opened,
        work=worker.work,
        describe_manager=lambda: worker.describe_manager(manager),
        versions=versions(),
        limits=resources or {},
        seeded=getattr(manager.settings, "seed", None) == "step",
        fail_fast=fail_fast,
    )
    return Elsewhere(manager, manager.events, means)


def _executor(parallel: int | None, executor: Any) -> Callable[[], Executor] | None:
    if executor is not None:
        raise ConfigurationError(f"There is no executor {executor!r}.")
    if parallel is None or parallel < 2:
        return None
    count = parallel

    def local() -> Executor:
        from curifactory.running.executors.local import LocalProcesses

        return LocalProcesses(count)

    return local
