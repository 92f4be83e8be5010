"""``curifactory replay``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from curifactory.amounts import format_count
from curifactory.cli.ending import FAILED, VERBOSE
from curifactory.cli.options import json_option
from curifactory.cli.output import warn

if TYPE_CHECKING:
    from curifactory.events import Event
    from curifactory.replay import OpenStore, Recomputed, Replayed


@click.command()
@click.argument("store", metavar="STORE")
@click.option(
    "--recompute",
    "anew",
    is_flag=True,
    help="Compute everything anew instead, and say of each artifact whether it is the same.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    help="With --recompute: how far numbers may be apart, relative to the larger one.",
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(),
    help="With --recompute: keep the artifacts that were computed in this folder.",
)
@json_option
@click.option("-q", "--quiet", is_flag=True, help="Print only the result.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; show whole tracebacks.")
@click.pass_context
def replay(
    ctx: click.Context,
    store: str,
    anew: bool,
    tolerance: float,
    keep: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Do the run of a full store again, from its artifacts.

    STORE is its folder, or the reference of a run of this project. All its files are compared with
    its manifest first. Nothing in it is changed; what is computed lies in a temporary folder. The
    code in it is executed, so replay only what you would run.

    Exits with 1 if a file is missing or was changed, if an artifact is different, or if one had to
    be computed that the store was to have.
    """
    if keep and not anew:
        raise click.UsageError("--keep needs --recompute: nothing else is computed anew.")
    ctx.meta[VERBOSE] = verbose
    from curifactory.replay import open_store, recompute
    from curifactory.replay import replay as replay_store
    from curifactory.replay.apart import Tolerance
    from curifactory.stores.locate import find_store

    opened = open_store(find_store(store))
    _tell_surroundings(opened)
    observers = [] if quiet or as_json else [_console(verbose)]
    if anew:
        compared = recompute(opened, observers, Tolerance(relative=tolerance), keep)
        lines, wrong = _compared_lines(compared), compared.first_difference is not None
        document: dict[str, Any] = {**asdict(compared), "counts": compared.counts}
    else:
        replayed = replay_store(opened, observers)
        lines, wrong = _replayed_lines(replayed), bool(replayed.computed)
        document = asdict(replayed)
    click.echo(json.dumps(document, indent=2) if as_json else "\n".join(lines))
    if wrong:
        ctx.exit(FAILED)


def _tell_surroundings(store: OpenStore) -> None:
    if store.verified.incomplete is not None:
        warn([f"{store.reference} did not end well: its full store is incomplete."])
    different = store.differences_here()
    if different:
        warn([f"Other software than that of the run is installed: {', '.join(different)}."])


def _console(verbose: bool) -> Callable[[Event], None]:
    from curifactory.reporting.console import ConsoleObserver

    return ConsoleObserver(verbose=verbose, progress=False)


def _replayed_lines(replayed: Replayed) -> Iterator[str]:
    for path in replayed.loaded:
        yield f"  loaded  {path}"
    for one in replayed.computed:
        yield f"  computed instead of taken from the store  {one.path}: {one.why}"
    stages = format_count(replayed.executed, "stage")
    yield f"{stages} executed, {replayed.used} taken from the store"


def _compared_lines(compared: Recomputed) -> Iterator[str]:
    for one in compared.artifacts:
        yield f"  {one.verdict:<9}  {one.path}" + (f": {one.detail}" if one.detail else "")
    said = ", ".join(f"{count} {verdict}" for verdict, count in compared.counts.items())
    stages = format_count(compared.executed, "stage")
    yield f"{stages} executed, {format_count(len(compared.artifacts), 'artifact')}: {said}"
    first = compared.first_difference
    if first is not None:
        yield (
            f"The first difference is in '{first.name}' of stage '{first.stage}', record "
            f"'{first.record}'" + (f": {first.detail}" if first.detail else "")
        )
