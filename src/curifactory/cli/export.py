"""``curifactory export``."""

from __future__ import annotations

import click


@click.command()
@click.argument("store", metavar="STORE")
@click.argument("file", metavar="FILE.zip", type=click.Path(dir_okay=False))
def export(store: str, file: str) -> None:
    """Write a full store into the new zip file FILE.zip, to be carried away.

    STORE is its folder, or the reference of a run of this project. Every file is compared with its
    manifest; `curifactory import` unpacks the zip file, and so does any other program.
    """
    from curifactory.amounts import format_size
    from curifactory.stores.locate import find_store
    from curifactory.stores.pack import pack

    size = pack(find_store(store), file)
    click.echo(f"{file}: {format_size(size)}")
