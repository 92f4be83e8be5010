"""``curifactory import``."""

from __future__ import annotations

import click

from curifactory.cli.output import warn


@click.command("import")
@click.argument("file", metavar="FILE.zip", type=click.Path(dir_okay=False))
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False), default=".")
@click.option(
    "--max-size",
    metavar="SIZE",
    help="Refuse what becomes larger, such as 20GB; a hundred times the zip file if left out.",
)
def import_(file: str, folder: str, max_size: str | None) -> None:
    """Unpack the zip file of a full store into a new folder in DIR, or in the working folder.

    Every file is compared with the manifest in it; nothing else is written, and nothing is
    executed.
    """
    from curifactory.past.given import size_in_bytes
    from curifactory.stores.unpack import unpack

    done = unpack(file, folder, None if max_size is None else size_in_bytes(max_size))
    warn(f"{name} does not belong to the full store and was left out." for name in done.left_out)
    click.echo(done.folder)
