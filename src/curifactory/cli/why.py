"""``curifactory why``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from curifactory.cli.asking import json_option, open_past
from curifactory.cli.differences_shown import print_differences
from curifactory.cli.plan_options import POLICY, SEED, planned, which

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
    with planned(name, options) as manager:
        found = _explanations(manager, stage, path)
    if not found:
        raise click.ClickException(_nothing_found(name, stage, path))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        _print(one)


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


def _nothing_found(name: str, stage: str | None, path: str | None) -> str:
    if path is not None:
        return (
            f"No step of the experiment '{name}' would make {path} now: its parameters are not "
            "among those of the experiment. Choose parameter files with -p, or compare it with "
            f"another artifact: curifactory diff {path} ..."
        )
    return f"There is no stage '{stage}' in '{name}'; `curifactory plan {name}` lists them."


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
