"""``curifactory plan``, ``why``, ``accept`` and ``diff``: will it run, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import reduce
from typing import TYPE_CHECKING, Any

import click

from curifactory.cli.ending import WORK_TO_DO
from curifactory.cli.output import warn
from curifactory.cli.run_options import WHICH

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from curifactory.manager import ArtifactManager
    from curifactory.running.explain import Explained, Explanation

_PLACES = [
    click.option(
        "-c", "--cache", metavar="DIR", type=click.Path(file_okay=False),
        help="Another cache folder.",
    ),
    click.option("--prefix", metavar="PREFIX", help="What file names begin with."),
]  # fmt: skip
_POLICY = click.option(
    "--on-code-change",
    type=click.Choice(["warn", "rerun", "ignore", "error"]),
    help="What happens to artifacts whose code changed, instead of what is configured.",
)
_SEED = click.option(
    "--seed",
    type=click.Choice(["off", "step"]),
    help="Whether stages would be seeded, instead of what is configured.",
)
_MOST_CAUSES = 3
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


def _which(function: Callable[..., Any]) -> Callable[..., Any]:
    return reduce(lambda inner, option: option(inner), reversed([*WHICH, *_PLACES]), function)


def _planned(name: str, options: dict[str, Any], **more: Any) -> AbstractContextManager[Any]:
    from curifactory.experiment.found import Selected
    from curifactory.experiment.planned import planned_experiment

    selected = Selected(
        options.pop("param_files"),
        options.pop("param_set_names"),
        options.pop("param_set_indices"),
        options.pop("global_param_set_indices"),
    )
    return planned_experiment(name, selected, **options, **more)


@click.command()
@click.argument("name", metavar="NAME")
@_which
@_POLICY
@_SEED
@click.option(
    "--overwrite-stage",
    "overwrite_stages",
    multiple=True,
    metavar="STAGE",
    help="Plan as if this stage was to run again. Repeatable.",
)
@click.option(
    "--if",
    "if_parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Plan as if this parameter had this value. Repeatable.",
)
@click.option(
    "--if-changed",
    multiple=True,
    metavar="FILE",
    help="Plan as if this file of the project had been edited. Repeatable.",
)
@_JSON
@click.option("--check", is_flag=True, help="Exit with 3 if there is work to do.")
@click.pass_context
def plan(
    ctx: click.Context,
    /,
    name: str,
    if_parameters: Sequence[str],
    as_json: bool,
    check: bool,
    **options: Any,
) -> None:
    """Show what a run of the experiment NAME would do, and why; nothing runs."""
    values = dict(_assignment(one) for one in if_parameters)
    with _planned(name, options, if_parameters=values) as manager:
        view = manager.plan()
        assert view is not None
        if as_json:
            click.echo(json.dumps(view.document(), indent=2))
        else:
            manager.session.tell_changes()
            warn(manager.journal.messages)
            for line in view.lines():
                click.echo(line)
    if check and view.has_work:
        ctx.exit(WORK_TO_DO)


@click.command()
@click.argument("name", metavar="NAME|ARTIFACT")
@click.argument("stage", metavar="[STAGE]", required=False)
@_which
@_POLICY
@_SEED
@_JSON
def why(name: str, stage: str | None, as_json: bool, **options: Any) -> None:
    """Explain why STAGE of the experiment NAME would run or not, or why ARTIFACT would be made.

    ARTIFACT is the path of an artifact or of its metadata.
    """
    from curifactory.past.files import metadata_path_of

    path = None
    # a folder may well be named like the experiment
    if stage is None and metadata_path_of(name) is not None:
        path, name = name, _experiment_of(name)
    with _planned(name, options) as manager:
        found = _explanations(manager, stage, path)
    if not found:
        raise click.ClickException(_nothing_found(name, stage, path))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        _print(one)


@click.command()
@click.argument("name", metavar="NAME")
@_which
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Only this. Repeatable.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="K",
    help="First execute K of the steps again, and accept only if they give equal content.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be accepted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept(
    name: str, stages: Sequence[str], sample: int | None, dry_run: bool, yes: bool, **options: Any
) -> None:
    """Accept changed code of the experiment NAME: its artifacts count as made by it.

    The artifacts stay as they are; both identities, who accepted and when are kept.
    """
    from curifactory.experiment.accept import accept_changes, acceptable, check_samples

    with _planned(name, options, on_code_change="ignore") as manager:
        found = acceptable(manager, stages)
        if not found:
            click.echo("No artifact was made by other code than there is now.")
            return
        for line in sorted({f"{one.step.name.stage}: {one.what}" for one in found}):
            click.echo(line)
        if dry_run:
            click.echo(f"{len(found)} steps would be accepted.")
            return
        if not yes:
            click.confirm(f"Accept these changes for {len(found)} steps?", abort=True)
        if sample is not None:
            check_samples(manager, found, sample)
            click.echo(f"{min(sample, len(found))} executed again: equal content.")
        accept_changes(manager, found)
        click.echo(f"{len(found)} steps accepted.")


@click.command()
@click.argument("one")
@click.argument("other")
@_JSON
def diff(one: str, other: str, as_json: bool) -> None:
    """Compare what two artifacts, or the artifacts of two runs, were made from.

    ONE and OTHER are paths of artifacts, full stores or cache folders, or references of runs.
    """
    from curifactory.experiment.difference import compare

    found = compare(one, other)
    rows = found.differences
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
        return
    if not rows:
        click.echo("No difference.")
    for index, row in enumerate(rows):
        click.echo(f"{row.artifact}{'  (came first)' if index == 0 and len(rows) > 1 else ''}")
        _print_differences(row.differences)
    for place, labels in ((one, found.only_in_one), (other, found.only_in_other)):
        for label in labels:
            click.echo(f"only in {place}: {label}")


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.UsageError(f"--if takes NAME=VALUE, such as lr=0.2, not '{text}'.")
    return name.strip(), value.strip()


def _experiment_of(path: str) -> str:
    from curifactory.past.files import document_of

    facts = document_of(path).get("manager_run_info") or {}
    name = facts.get("experiment_name")
    if not isinstance(name, str):
        raise click.ClickException(f"The metadata of {path} does not say which experiment made it.")
    return name


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
    _print_differences(one.differences)
    if one.nearest is not None:
        click.echo(f"  nearest artifact there: {one.nearest}")
        for line in one.parameters:
            click.echo(f"    {line}")


def _print_differences(differences: Sequence[Explained]) -> None:
    for one in differences:
        click.echo(f"  {one.kind}: {one.detail}")
        for text in one.diffs:
            for line in text.splitlines():
                click.echo(f"    {line}")
