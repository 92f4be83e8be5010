"""``curifactory show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from curifactory.cli.asking import artifact_query, ask_folder_option, open_past
from curifactory.cli.options import json_option

if TYPE_CHECKING:
    from curifactory.past.queries import ArtifactQuery


@click.command()
@click.argument("what", metavar="[PATH|NAME]", required=False)
@artifact_query
@ask_folder_option
@click.option("--code", "with_source", is_flag=True, help="Print the code that made it, too.")
@click.option("--all", "everything", is_flag=True, help="Name all of its lineage, however long.")
@json_option
def show(
    what: str | None,
    query: ArtifactQuery,
    folder: str | None,
    with_source: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Show one artifact: preview, recipe, what it was made from and what was made from it.

    PATH is one of its files or its metadata; NAME that of an output, which the options narrow
    down until one artifact is left.
    """
    from curifactory.cli.artifact_shown import artifact_as_json, artifact_lines
    from curifactory.past.meant import artifact_meant
    from curifactory.past.queries import ArtifactQuery

    if what is None and query == ArtifactQuery():
        raise click.UsageError("Give a path or a name, or an option that says which artifact.")
    past = open_past(folder)
    with past.held_open():
        artifact = artifact_meant(past, what, query)
        if as_json:
            click.echo(json.dumps(artifact_as_json(artifact), indent=2, default=str))
        else:
            click.echo("\n".join(artifact_lines(artifact, with_source, everything)))
