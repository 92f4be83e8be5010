"""``curifactory cache rm`` and ``curifactory cache gc``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from curifactory.amounts import format_count, format_size
from curifactory.cli.asking import artifact_query
from curifactory.cli.caring import cache_to_remove_from, folder_option
from curifactory.cli.consent import ask, check_can_ask
from curifactory.cli.ending import FAILED
from curifactory.cli.group import ARGUMENTS
from curifactory.cli.options import json_option, yes_option
from curifactory.cli.output import from_here, table, warn

if TYPE_CHECKING:
    from curifactory.care.cache_folder import CacheFolder
    from curifactory.care.garbage import RemovalPlan
    from curifactory.care.inventory import Inventory
    from curifactory.care.removed import Removed
    from curifactory.past.queries import ArtifactQuery

_MOST_SHOWN = 20
_how = [
    click.option("--dry-run", is_flag=True, help="Only say what would be removed."),
    yes_option,
    click.option("--all", "show_all", is_flag=True, help="List everything that goes."),
    folder_option,
    json_option,
]


def _removal(command: Any) -> Any:
    for option in reversed(_how):
        command = option(command)
    return command


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@artifact_query
@_removal
@click.pass_context
def rm(
    ctx: click.Context,
    /,
    paths: Sequence[str],
    query: ArtifactQuery,
    folder: str | None,
    **how: Any,
) -> None:
    """Remove artifacts from the cache folder: those at PATH, or all that the options ask for.

    All outputs of a stage call go together. What a pinned run needs stays, and so does what a run
    may need that is going on. The metadata is kept in the history.
    """
    from curifactory.care.garbage import plan_removal
    from curifactory.care.selecting import at_paths, selected_ids, unknown_in
    from curifactory.past.queries import ArtifactQuery

    if bool(paths) == (query != ArtifactQuery()):
        raise click.UsageError("Say which artifacts: give either paths or options such as --stage.")
    _check_can_ask(**how)
    cache = cache_to_remove_from(folder)

    def select(inventory: Inventory) -> set[int]:
        if paths:
            return at_paths(inventory, paths)
        found = selected_ids(inventory, query)
        if not found:
            warn(unknown_in(inventory, query))
        return found

    plan = plan_removal(cache, select)
    done = _carry_out(cache, plan, **how)
    if any("pinned" in why for why in plan.stays):
        warn(["What is pinned can be removed after `curifactory cache unpin`."])
    if plan.stays or done.kept:
        ctx.exit(FAILED)


@click.command()
@click.option(
    "--keep-runs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Keep what the newest N finished runs of each experiment made or used.",
)
@click.option(
    "--older-than", metavar="TIME", help="Keep what was made or used since then: 30d, 2026-11-01."
)
@click.option(
    "--max-size", metavar="SIZE", help="Keep as much as fits into this size: 50GB, 1.5 TiB."
)
@click.option(
    "--keep-pinned", is_flag=True, help="Keep nothing else than what is pinned, which always stays."
)
@click.option(
    "--unknown", is_flag=True, help="Also remove what runs made that the history does not know."
)
@_removal
@click.pass_context
def gc(
    ctx: click.Context,
    /,
    keep_runs: int | None,
    older_than: str | None,
    max_size: str | None,
    keep_pinned: bool,
    unknown: bool,
    folder: str | None,
    **how: Any,
) -> None:
    """Remove what need not be kept, first what takes the least time to make again per byte.

    What is to be kept adds up. What a pinned run needs always stays, and so does what a run may
    need that is going on. The metadata of what is removed is kept in the history.
    """
    from curifactory.care.garbage import Limits, plan_collection
    from curifactory.past.given import moment, size_in_bytes

    limits = Limits(
        keep_runs,
        None if older_than is None else moment(older_than),
        None if max_size is None else size_in_bytes(max_size),
        unknown,
    )
    if not keep_pinned and limits == Limits(unknown=unknown):
        raise click.UsageError(
            "Say what to keep: --keep-runs, --older-than, --max-size or --keep-pinned."
        )
    _check_can_ask(**how)
    cache = cache_to_remove_from(folder)
    plan = plan_collection(cache, limits)
    done = _carry_out(cache, plan, **how)
    if limits.max_size is not None and plan.size_after > limits.max_size:
        warn([f"What must stay takes {format_size(plan.size_after)}, more than {max_size}."])
        ctx.exit(FAILED)
    if done.kept:
        ctx.exit(FAILED)


def _check_can_ask(dry_run: bool, yes: bool, as_json: bool, **_: Any) -> None:
    if not (dry_run or yes):
        check_can_ask("removed", as_json)


def _carry_out(
    cache: CacheFolder,
    plan: RemovalPlan,
    *,
    dry_run: bool,
    yes: bool,
    show_all: bool,
    as_json: bool,
) -> Removed:
    """Show what is planned, ask, do it, and say what was done."""
    from curifactory.care.removed import Removed

    done = Removed()
    if not as_json:
        _show(cache, plan, None if show_all else _MOST_SHOWN)
    if plan.steps and not dry_run:
        if not yes:
            ask("Remove these?", "removed")
        _remove(cache, plan, done, as_json)
    if as_json:
        click.echo(json.dumps(_document(cache, plan, done, dry_run), indent=2))
    return done


def _remove(cache: CacheFolder, plan: RemovalPlan, done: Removed, as_json: bool) -> None:
    # who only looks need not wait for these
    import shlex

    from curifactory.care.removal import Remover
    from curifactory.runs.history import History
    from curifactory.runs.machine import host, user

    command = shlex.join(["curifactory", *click.get_current_context().meta[ARGUMENTS]])
    reason = f"`{command}` ({user()} on {host()})"
    remover = Remover(cache.place, History(cache.history, cache.tell), reason, done)
    try:
        remover.remove(plan.steps)
    finally:
        _tell(done, as_json)


def _show(cache: CacheFolder, plan: RemovalPlan, most: int | None) -> None:
    going = (one for step in plan.steps for one in step.artifacts)
    for one in islice(going, most):
        path = from_here(os.path.join(cache.path, one.path))
        click.echo(f"remove  {path}  {format_size(one.size)}")
    if most is not None and plan.gone.count > most:
        click.echo(f"and {plan.gone.count - most} more, which --all lists")
    rows = [("to remove", plan.gone), *plan.stays.items()]
    click.echo(table([(str(part.count), format_size(part.size), why) for why, part in rows]))


def _tell(done: Removed, as_json: bool) -> None:
    if not as_json:
        count = format_count(len(done.artifacts), "artifact")
        click.echo(f"Removed {count}, {format_size(done.size)}.")
    warn(done.notes)
    warn(f"{path} stays: {why}." for path, why in done.kept.items())


def _document(
    cache: CacheFolder, plan: RemovalPlan, done: Removed, dry_run: bool
) -> dict[str, Any]:
    going = [
        {"path": os.path.join(cache.path, one.path), "size": one.size, "seconds": one.seconds}
        for step in plan.steps
        for one in step.artifacts
    ]
    return {
        "cache": cache.path,
        "dry_run": dry_run,
        "planned": {"size": plan.gone.size, "artifacts": going},
        "stays": {why: asdict(part) for why, part in plan.stays.items()},
        "removed": done.artifacts,
        "size": done.size,
        "kept": done.kept,
    }
