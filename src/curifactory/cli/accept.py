"""``curifactory accept``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from curifactory.amounts import format_count
from curifactory.cli.consent import ask, check_can_ask
from curifactory.cli.options import yes_option
from curifactory.cli.plan_options import planned, which


@click.command()
@click.argument("name", metavar="NAME")
@which
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Only this. Repeatable.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="K",
    help="First execute K of the steps again, and accept only if they give equal content.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be accepted.")
@yes_option
def accept(
    name: str, stages: Sequence[str], sample: int | None, dry_run: bool, yes: bool, **options: Any
) -> None:
    """Accept changed code of the experiment NAME: its artifacts count as made by it.

    The artifacts stay as they are; both identities, who accepted and when are kept.
    """
    from curifactory.experiment.accept import accept_changes, acceptable, check_samples

    with planned(name, options, on_code_change="ignore") as manager:
        found = acceptable(manager, stages)
        if not found:
            click.echo("No artifact was made by other code than there is now.")
            return
        for line in sorted({f"{one.step.name.stage}: {one.what}" for one in found}):
            click.echo(line)
        if dry_run:
            click.echo(f"{format_count(len(found), 'step')} would be accepted.")
            return
        if not yes:
            check_can_ask("accepted")
            ask(f"Accept these changes for {format_count(len(found), 'step')}?", "accepted")
        if sample is not None:
            check_samples(manager, found, sample)
            click.echo(f"{min(sample, len(found))} executed again: equal content.")
        accept_changes(manager, found)
        click.echo(f"{format_count(len(found), 'step')} accepted.")
