"""``curifactory cache du`` and ``curifactory cache ls``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from curifactory.amounts import format_size
from curifactory.cli.asking import artifact_query
from curifactory.cli.caring import folder_option, opened_cache
from curifactory.cli.options import json_option
from curifactory.cli.output import table

if TYPE_CHECKING:
    from curifactory.care.share import Share
    from curifactory.past.queries import ArtifactQuery

_MOST_SHOWN = 10


@click.command()
@click.option(
    "--by",
    type=click.Choice(["experiment", "stage", "age", "run"]),
    help="Only by this, and all of it; by run, an artifact counts for the one that made it.",
)
@folder_option
@json_option
def du(by: str | None, folder: str | None, as_json: bool) -> None:
    """Show how much of the disk the cache takes, and what takes it.

    Every file counts once, and so does every artifact, however many runs used it.
    """
    from curifactory.care.usage import usage_of

    usage = usage_of(opened_cache(folder))
    if as_json:
        click.echo(json.dumps(usage.to_json(), indent=2))
        return
    for kind in [by] if by else ["experiment", "stage", "age"]:
        if usage.by[kind]:
            click.echo(_shares(kind, usage.by[kind], None if by else _MOST_SHOWN))
            click.echo()
    parts = usage.parts.items()
    says = [f"{part.count} {name} ({format_size(part.size)})" for name, part in parts]
    click.echo(f"{usage.folder}: {format_size(usage.size)} in {', '.join(says)}")


def _shares(kind: str, shares: dict[str, Share], most: int | None) -> str:
    rows = [(name, str(part.count), format_size(part.size)) for name, part in shares.items()]
    shown = table([(kind, "artifacts", "size"), *rows[:most]])
    left_out = len(rows) - len(rows[:most])
    return f"{shown}\nand {left_out} more: --by {kind}" if left_out else shown


@click.command()
@artifact_query
@folder_option
@json_option
def ls(query: ArtifactQuery, folder: str | None, as_json: bool) -> None:
    """List the artifacts in the cache folder, the newest last.

    What the history does not know, metadata tells. `curifactory artifacts` asks the history
    alone: it also has what was removed since, and what lies elsewhere.
    """
    from curifactory.care.inventory import take_inventory
    from curifactory.care.selecting import selected
    from curifactory.cli.artifacts import show_artifacts

    cache = opened_cache(folder)
    found = cache.ask(lambda connection: selected(take_inventory(connection, cache), query))
    show_artifacts(found, as_json)
