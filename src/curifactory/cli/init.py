"""``curifactory init``."""

from __future__ import annotations

import os

import click


@click.command(short_help="Set up a project in FOLDER.")
@click.argument("folder", type=click.Path(file_okay=False), default=".")
def init(folder: str) -> None:
    """Set up a project in FOLDER (by default here); what is there already stays as it is."""
    from curifactory.project import initialize_project

    made = initialize_project(folder)
    for path in made:
        click.echo(f"made  {path.removeprefix(os.path.join(os.curdir, ''))}")
    if not made:
        click.echo("Everything is there already.")
