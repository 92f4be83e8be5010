"""``curifactory artifacts``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from curifactory.amounts import format_size
from curifactory.cli.asking import (
    artifact_query,
    ask_folder_option,
    open_past,
    tell_where_nothing_is,
)
from curifactory.cli.group import ListedByDefault
from curifactory.cli.options import json_option
from curifactory.cli.output import from_here, table

if TYPE_CHECKING:
    from curifactory.past.artifact import Artifact, Artifacts
    from curifactory.past.queries import ArtifactQuery
    from curifactory.past.reader import Past

_MINUTES = len("2026-11-27 08:05")
_HEAD = ("path", "size", "made", "parameter set", "run")


@click.group(cls=ListedByDefault)
def artifacts() -> None:
    """List artifacts by what they are, without looking at their files.

    Without COMMAND, and with the options of `ls`, it lists.
    """


@artifacts.command()
@artifact_query
@click.option("--gone", is_flag=True, help="What was replaced or removed since, instead.")
@click.option("--all", "everything", is_flag=True, help="What was replaced or removed, too.")
@click.option(
    "--sort",
    type=click.Choice(["time", "size", "seconds"]),
    default="time",
    show_default=True,
    help="What comes last has most of it.",
)
@ask_folder_option
@click.option("-n", "--limit", type=click.IntRange(min=1), help="Only so many, the last.")
@json_option
def ls(
    query: ArtifactQuery,
    gone: bool,
    everything: bool,
    sort: str,
    folder: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List artifacts, the newest last."""
    query = replace(query, gone=None if everything else gone)
    past = open_past(folder)
    found = past.artifacts(query, sort, limit)
    show_artifacts(found, as_json)
    if not found:
        _say_why(past, query, folder)
        tell_where_nothing_is()


def _say_why(past: Past, query: ArtifactQuery, folder: str | None) -> None:
    from curifactory.past.unknown import unknown_names

    hint = "The history has no such artifact; `curifactory cache ls` looks into the cache folder."
    for line in unknown_names(past, query) or ([hint] if folder is None else []):
        click.echo(line, err=True)


def show_artifacts(found: Artifacts, as_json: bool) -> None:
    """Print artifacts, one a line."""
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], indent=2))
    elif found:
        click.echo(table([_HEAD, *map(_line, found)]))
    else:
        click.echo("No artifacts.")


def _line(one: Artifact) -> tuple[str, ...]:
    made = one.generated.isoformat(" ")[:_MINUTES]
    path = from_here(one.path) + (" (gone)" if one.gone else "")
    return (path, format_size(one.size), made, one.parameter_set, one.made_by or "")
