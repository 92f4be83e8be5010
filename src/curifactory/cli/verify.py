"""``curifactory verify``."""

from __future__ import annotations

import json
from typing import Any

import click

from curifactory.cli.ending import FAILED
from curifactory.cli.options import json_option
from curifactory.cli.output import warn


@click.command()
@click.argument("store", metavar="STORE")
@json_option
@click.pass_context
def verify(ctx: click.Context, store: str, as_json: bool) -> None:
    """Compare every file of a full store with its manifest; nothing of it is executed.

    STORE is its folder, or the reference of a run of this project. Exits with 1 if a file is
    missing or was changed, or if the run in it did not end well.
    """
    from curifactory.amounts import format_count, format_size
    from curifactory.stores.locate import find_store
    from curifactory.stores.verify import verify_store

    found = verify_store(find_store(store))
    if as_json:
        document: dict[str, Any] = {
            "folder": found.folder,
            "files": len(found.manifest.files),
            "bytes": found.size,
            "damage": found.damage,
            "strangers": found.strangers,
            "incomplete": found.incomplete,
        }
        click.echo(json.dumps(document, indent=2))
    else:
        for path, what in found.damage.items():
            click.echo(f"{path} {what}")
        warn(f"{path} does not belong to the store." for path in found.strangers)
        if found.incomplete is not None:
            warn([f"The store is incomplete. {found.incomplete}"])
        wrong = len(found.damage)
        said = f"not as they were kept: {wrong}" if wrong else "all as they were kept"
        click.echo(
            f"{format_count(len(found.manifest.files), 'file')}, {format_size(found.size)}: {said}"
        )
    if not found.is_whole:
        ctx.exit(FAILED)
