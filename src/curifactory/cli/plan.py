"""``curifactory plan``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from curifactory.cli.ending import WORK_TO_DO
from curifactory.cli.options import json_option
from curifactory.cli.output import warn
from curifactory.cli.plan_options import POLICY, SEED, planned, which


@click.command()
@click.argument("name", metavar="NAME")
@which
@POLICY
@SEED
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
@json_option
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
    with planned(name, options, if_parameters=values) as manager:
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


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.UsageError(f"--if takes NAME=VALUE, such as lr=0.2, not '{text}'.")
    return name.strip(), value.strip()
