"""``curifactory why``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from curifactory.cli.asking import open_past
from curifactory.cli.differences_shown import print_differences
from curifactory.cli.options import json_option
from curifactory.cli.plan_options import POLICY, SEED, planned, which
from curifactory.errors import ArtifactNotFoundError, ExperimentNotFoundError
from curifactory.settings import nearest

if TYPE_CHECKING:
    from curifactory.manager import ArtifactManager
    from curifactory.running.explain import Explanation

_MOST_CAUSES = 3


@click.command()
@click.argument("name", metavar="NAME|ARTIFACT")
@click.argument("stage", metavar="[STAGE]", required=False)
@which
@POLICY
@SEED
@json_option
def why(name: str, stage: str | None, as_json: bool, **options: Any) -> None:
    """Explain why STAGE of the experiment NAME would run or not, or why ARTIFACT would be made.

    ARTIFACT is the path of an artifact or of its metadata.
    """
    path = None
    # a folder may well be named like the experiment
    if stage is None and (experiment := _experiment_of(name)) is not None:
        path, name = name, experiment
    with _told_if_a_path(name if stage is path is None else ""), planned(name, options) as manager:
        found = _explanations(manager, stage, path)
        stages = {entry.step.name.stage for entry in manager.session.plan.entries}
    if not found:
        cache = manager.cache_path
        raise click.ClickException(
            _not_made_now(name, path, cache) if path else _no_stage(name, stage, stages)
        )
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        _print(one)


@contextmanager
def _told_if_a_path(name: str) -> Iterator[None]:
    """Say of what reads like a path why there is no artifact, not only that it is no experiment."""
    try:
        yield
    except ExperimentNotFoundError as error:
        if name.endswith(".py") or not (os.sep in name or "." in name):
            raise
        from curifactory.past.absent import no_artifact_at

        said = [] if os.sep in name or os.path.lexists(name) else [str(error)]
        said += [no_artifact_at(name), "`curifactory why NAME` explains what a run would make."]
        raise ArtifactNotFoundError(" ".join(said)) from None


def _experiment_of(path: str) -> str | None:
    """The experiment that made the artifact at a path; ``None`` if there never was one there."""
    from curifactory.past.files import document_of, metadata_path_of

    if metadata_path_of(path) is None:
        return _experiment_that_made(path) if os.sep in path else None
    facts = document_of(path).get("manager_run_info") or {}
    name = facts.get("experiment_name")
    if not isinstance(name, str):
        raise click.ClickException(f"The metadata of {path} does not say which experiment made it.")
    return name


def _experiment_that_made(path: str) -> str | None:
    """The same of an artifact that is gone; says what became of it."""
    lay_there = open_past().at_path(path)
    if not lay_there:
        return None
    if (removal := lay_there[-1].removal) is not None:
        click.echo(f"{path} was {removal}", err=True)
    return lay_there[-1].experiment


def _explanations(
    manager: ArtifactManager, stage: str | None, path: str | None
) -> list[Explanation]:
    from curifactory.running.explain import explain

    wanted = None if path is None else os.path.realpath(path)
    return [
        explain(entry.step, entry.planned, manager)
        for entry in manager.session.plan.entries
        if stage in (None, entry.step.name.stage)
        and (
            wanted is None
            or any(
                wanted in (os.path.realpath(slot.path()), os.path.realpath(slot.metadata_path))
                for slot in entry.step.request.slots.values()
            )
        )
    ]


def _not_made_now(name: str, path: str, cache: str) -> str:
    below = os.path.relpath(os.path.realpath(path), os.path.realpath(cache))
    elsewhere = f"it is not in the cache folder {cache} (--cache DIR names another), or "
    return (
        f"No step of the experiment '{name}' would make {path} now: "
        f"{elsewhere if below.startswith(os.pardir) else ''}its parameters are not among those of "
        "the experiment. Choose parameter files with -p, or compare it with another artifact: "
        f"curifactory diff {path} ..."
    )


def _no_stage(name: str, stage: str | None, stages: Set[str]) -> str:
    if stage is None:
        return f"The experiment '{name}' calls no stage."
    return (
        f"There is no stage '{stage}' in '{name}'.{nearest(stage, stages)} "
        f"`curifactory plan {name}` lists them."
    )


def _print(one: Explanation) -> None:
    words = {"RUN": "would run", "LOAD": "would be loaded", "SKIP": "is not needed"}
    click.echo(f"{one.stage} of {one.record} {words[one.decision]}: {one.reason}")
    for cause in one.causes[:_MOST_CAUSES]:
        click.echo(f"  because of {cause}")
    if len(one.causes) > _MOST_CAUSES:
        click.echo(f"  and because of {len(one.causes) - _MOST_CAUSES} more steps")
    print_differences(one.differences)
    if one.nearest is not None:
        click.echo(f"  nearest artifact there: {one.nearest}")
        for line in one.parameters:
            click.echo(f"    {line}")
