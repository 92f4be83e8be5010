"""``curifactory diff``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from curifactory.cli.differences_shown import print_differences
from curifactory.cli.options import json_option


@click.command()
@click.argument("one")
@click.argument("other")
@json_option
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
        print_differences(row.differences)
    for place, labels in ((one, found.only_in_one), (other, found.only_in_other)):
        for label in labels:
            click.echo(f"only in {place}: {label}")
