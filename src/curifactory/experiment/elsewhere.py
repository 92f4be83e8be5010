"""What carries out the steps of an experiment, as the user asked for it."""

from __future__ import annotations

from collections.abc import Mapping

from curifactory.manager import ArtifactManager
from curifactory.running.elsewhere.elsewhere import Elsewhere
from curifactory.running.elsewhere.means import Means
from curifactory.running.executors.named import Opens


def use_elsewhere(
    manager: ArtifactManager,
    opens: Opens | None,
    resources: Mapping[str, float] | None,
    fail_fast: bool,
    has_plan: bool = True,
) -> None:
    """Let a manager carry out steps in other processes, if that is asked for.

    Parameters
    ----------
    manager : ArtifactManager
    opens : callable, optional
        What opens the executor that is asked for, if one is.
    resources, fail_fast
        As for `run_experiment`.
    has_plan : bool
        Whether the run has a plan: without one nobody knows what will be ready.
    """
    if opens is None:
        return
    if not has_plan or manager.dry or manager.dry_cache:
        why = "a dry run makes nothing for others" if has_plan else "there is no plan (--no-dag)"
        manager.events.notice(f"All steps run in this process: {why}.")
        return
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
    manager.session.use(Elsewhere(manager, manager.events, means))
