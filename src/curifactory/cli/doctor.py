"""``curifactory doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from curifactory.cli.ending import FAILED
from curifactory.cli.options import cache_option, json_option
from curifactory.cli.output import warn


@click.command()
@json_option
@cache_option("Another cache folder.", must_exist=False)
@click.pass_context
def doctor(ctx: click.Context, as_json: bool, folder: str | None) -> None:
    """Try out whether this machine and its folders can be relied on.

    Exits with 1 if something cannot.
    """
    from curifactory.care.doctor import examine
    from curifactory.settings import load_settings

    loaded = load_settings(cache_path=folder)
    warn(loaded.warnings)
    findings = examine(loaded.settings.cache_path, loaded.settings.manager_cache_path)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        width = max(len(finding.check) for finding in findings)
        for found in findings:
            click.echo(f"{found.level:<4}  {found.check:<{width}}  {found.place}: {found.says}")
            if found.remedy:
                click.echo(f"{'':<{width + 8}}{found.remedy}")
    if any(finding.level == "warn" for finding in findings):
        ctx.exit(FAILED)
