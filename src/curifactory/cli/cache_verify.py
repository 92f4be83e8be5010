"""``curifactory cache verify``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from curifactory.cli.consent import ask, check_can_ask
from curifactory.cli.ending import FAILED
from curifactory.cli.options import cache_option, json_option, yes_option
from curifactory.cli.output import warn
from curifactory.errors import NotFoundError

if TYPE_CHECKING:
    from curifactory.care.item import Item, Survey
    from curifactory.care.repair import Repaired
    from curifactory.settings import Settings


@click.command()
@json_option
@cache_option("Another cache folder; also a full store's folder.")
@click.option("--all", "show_all", is_flag=True, help="List valid artifacts, too.")
@click.option("--repair", is_flag=True, help="Remove what is no artifact, after asking.")
@click.option("--dry-run", is_flag=True, help="Only say what --repair would remove.")
@yes_option
@click.pass_context
def verify(
    ctx: click.Context,
    as_json: bool,
    folder: str | None,
    show_all: bool,
    repair: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Read every file in the cache, and list what is not a valid artifact.

    Exits with 1 if something is damaged.
    """
    from curifactory.care.cache_folder import what_is_apart
    from curifactory.care.repair import Repaired
    from curifactory.care.survey import survey
    from curifactory.settings import load_settings
    from curifactory.stores.layout import artifacts_folder

    asks = repair and not (dry_run or yes)
    if asks:
        check_can_ask("removed", as_json)
    loaded = load_settings()
    warn(loaded.warnings)
    folder = artifacts_folder(folder) if folder else loaded.settings.cache_path
    if not os.path.isdir(folder):
        raise NotFoundError(
            f"There is no cache folder {folder}: nothing was kept yet, or it lies elsewhere. "
            "`curifactory config` says where it is looked for."
        )
    found = survey(folder, what_is_apart(loaded.settings))
    if not as_json:
        _show(found, show_all, removes=repair or dry_run)
    done = Repaired()
    if repair and not dry_run and found.removable:
        done = _repair(found, loaded.settings, asks)
    if as_json:
        click.echo(json.dumps({**found.to_json(), **asdict(done)}, indent=2))
    elif done.removed:
        click.echo(f"Removed: {len(done.removed)}.")
    warn(f"{path} stays: {why}" for path, why in done.kept.items())
    if not all(map(done.has_gone, found.of("damaged"))):
        ctx.exit(FAILED)


def _repair(found: Survey, settings: Settings, asks: bool) -> Repaired:
    from curifactory.care.repair import repair

    if not settings.locking:
        raise click.UsageError(
            "Locking is switched off, so a run that is going on cannot be seen. When none is, "
            "repair with CURIFACTORY_LOCKING=1."
        )
    if asks:
        ask("Remove these?", "removed")
    return repair(found)


def _show(found: Survey, show_all: bool, removes: bool) -> None:
    from curifactory.amounts import format_size
    from curifactory.care.item import STATES

    counts = []
    for state in STATES:
        items = found.of(state)
        size = format_size(sum(item.size for item in items))
        counts.append(f"{len(items)} {state}" + (f" ({size})" if items else ""))
    shown = [item for item in found.items if show_all or item.state != "valid"]
    for item in shown:
        click.echo(f"{item.state:<10}  {item.path}  {format_size(item.size)}")
        _show_rest(item, removes)
    click.echo(f"{found.folder}: {', '.join(counts)}")


def _show_rest(item: Item, removes: bool) -> None:
    if item.reason:
        click.echo(f"            {item.reason}")
    for name in item.remove if removes else ():
        click.echo(f"            remove {name}")
