"""``curifactory cache pin`` and ``curifactory cache unpin``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from curifactory.cli.asking import open_past
from curifactory.cli.caring import folder_option, opened_cache
from curifactory.cli.options import json_option
from curifactory.cli.output import table

if TYPE_CHECKING:
    from curifactory.care.cache_folder import CacheFolder
    from curifactory.runs.pins import Kind, Pin


@click.command()
@click.argument("what", metavar="[REF|PATH]...", nargs=-1)
@click.option("--note", metavar="TEXT", help="Why it is to be kept.")
@folder_option
@json_option
def pin(what: Sequence[str], note: str | None, folder: str | None, as_json: bool) -> None:
    """Keep all artifacts that the run REF made or used, or the artifact at PATH.

    What is pinned is not removed by `rm` and `gc`. Without REF and PATH, list the pins.
    """
    from curifactory.runs.history import History
    from curifactory.runs.pins import pin, pins

    cache = opened_cache(folder)
    if what:
        pin(History(cache.history, cache.tell), [_key(one, cache) for one in what], note)
    elif note is not None:
        raise click.UsageError("Say what to pin.")
    found = cache.ask(pins)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    elif found:
        click.echo(table([("what", "pinned", "note"), *map(_line, found)]))
    else:
        click.echo("No pins.")


@click.command()
@click.argument("what", metavar="REF|PATH...", nargs=-1, required=True)
@folder_option
def unpin(what: Sequence[str], folder: str | None) -> None:
    """Take pins away from runs or artifacts; `curifactory cache pin` lists them."""
    from curifactory.runs.history import History
    from curifactory.runs.pins import pins, unpin

    cache = opened_cache(folder)
    pinned = {(one.kind, one.key) for one in cache.ask(pins)}
    by_key = {key: (kind, key) for kind, key in pinned}
    keys = [by_key.get(one) or _key(one, cache) for one in what]
    for given, key in zip(what, keys, strict=True):
        if key not in pinned:
            raise click.UsageError(f"{given} is not pinned.")
    unpin(History(cache.history, cache.tell), keys)


def _key(given: str, cache: CacheFolder) -> tuple[Kind, str]:
    """What a reference or path names, as a pin has it."""
    from curifactory.care.selecting import metadata_name
    from curifactory.runs.pins import artifact_key

    if os.sep not in given and not os.path.lexists(given):
        return "run", open_past().find_run(given).reference
    return "artifact", artifact_key(cache.place.folder, metadata_name(given, cache.path))


def _line(pin: Pin) -> tuple[str, str, str]:
    moment = datetime.fromtimestamp(pin.pinned).strftime("%Y-%m-%d %H:%M")
    return pin.key, moment, pin.note or ""
