"""``curifactory runs``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from curifactory.amounts import format_count
from curifactory.cli.asking import open_past, param_option, tell, tell_where_nothing_is
from curifactory.cli.consent import ask, check_can_ask
from curifactory.cli.ending import FAILED
from curifactory.cli.group import ListedByDefault
from curifactory.cli.options import json_option, yes_option
from curifactory.cli.output import table, warn

if TYPE_CHECKING:
    from curifactory.past.run import Run

_STATUSES = ("running", "complete", "error", "interrupted", "dead", "LIVE", "unknown")


@click.group(cls=ListedByDefault)
def runs() -> None:
    """List the runs of the past; show, note on, remove one.

    Without COMMAND, and with the options of `ls`, it lists. REF is a reference, the start of one
    such as `models_3`, or `latest`.
    """


@runs.command()
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs with this status.")
@click.option("--since", metavar="TIME", help="Only runs since then: 7d, 12h, 2026-11-01.")
@param_option
@click.option("--commit", metavar="HASH", help="Only runs of this commit, or start of one.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@json_option
def ls(
    experiment: str | None,
    status: str | None,
    since: str | None,
    params: tuple[str, ...],
    commit: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List runs, the newest last."""
    from curifactory.past.given import parsed_parameters
    from curifactory.past.queries import RunQuery

    query = RunQuery(experiment, since, parsed_parameters(params), commit)
    found = open_past().runs(query, status, limit)
    if as_json:
        click.echo(json.dumps([run.to_json() for run in found], indent=2))
    elif found:
        click.echo(table([_HEAD, *map(_line, found)]))
    else:
        click.echo("No runs.")
        tell_where_nothing_is()


_HEAD = ("reference", "status", "seconds", "run", "loaded", "skipped", "commit", "notes")


def _line(run: Run) -> tuple[str, ...]:
    commit = (run.commit or "")[:8] + ("*" if run.dirty else "")
    steps = ["" if count is None else str(count) for count in run.steps.values()]
    seconds = "" if run.seconds is None else f"{run.seconds:.1f}"
    return (run.reference, run.status, seconds, *steps, commit, _short(run.notes or run.error))


def _short(text: str | None) -> str:
    line = " ".join((text or "").split()).rstrip(": ")
    return line if len(line) <= 40 else f"{line[:39]}…"


@runs.command()
@click.argument("reference", metavar="REF")
@click.option("--patch", "only_patch", is_flag=True, help="Print only the uncommitted changes.")
@click.option("--all", "everything", is_flag=True, help="Name all artifacts, however many.")
@json_option
def show(reference: str, only_patch: bool, everything: bool, as_json: bool) -> None:
    """Show all that is known of the run REF."""
    from curifactory.cli.run_shown import run_as_json, run_lines

    past = open_past()
    with past.held_open():
        run = past.find_run(reference)
        if only_patch:
            patch = run.patch
            if patch is None:
                warn([_why_no_patch(run)])
            click.echo((patch or "").encode("utf-8", "surrogateescape"), nl=False)
        elif as_json:
            click.echo(json.dumps(run_as_json(run), indent=2))
        else:
            click.echo("\n".join(run_lines(run, everything)))


def _why_no_patch(run: Run) -> str:
    if run.commit is None:
        return "The project was in no git repository then."
    return "The patch is not held." if run.dirty else "There were no uncommitted changes."


@runs.command()
@click.argument("reference", metavar="REF")
@click.argument("text")
def note(reference: str, text: str) -> None:
    """Put the note TEXT on the run REF; an empty TEXT removes it."""
    from curifactory.runs.changing import note_on_run
    from curifactory.runs.history import History

    past = open_past()
    note_on_run(History(past.folder, tell), past.find_run(reference).reference, text)


@runs.command()
@click.argument("references", metavar="REF...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@yes_option
@json_option
@click.pass_context
def rm(
    ctx: click.Context, references: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Remove runs from the history.

    Artifacts, full stores, logs and reports stay where they are.
    """
    from curifactory.runs.changing import remove_run, why_not_to_remove
    from curifactory.runs.history import History

    asks = not (dry_run or yes)
    if asks:
        check_can_ask("removed", as_json)
    past = open_past()
    history = History(past.folder, tell)
    found = list(dict.fromkeys(past.find_run(one).reference for one in references))
    refused = {one: why for one in found if (why := why_not_to_remove(history, one))}
    doomed = [one for one in found if one not in refused]
    if not as_json:
        click.echo("\n".join(f"remove {one}" for one in doomed) or "Nothing to remove.")
        warn(f"{one} stays: {why}." for one, why in refused.items())
    if asks and doomed:
        ask("Remove these from the history?", "removed")
    for one in doomed if not dry_run else ():
        remove_run(history, one)
    if as_json:
        removed = {"dry_run": dry_run, "removed": doomed, "kept": refused}
        click.echo(json.dumps(removed, indent=2))
    if refused:
        ctx.exit(FAILED)


@runs.command(short_help="Restore the history from what runs left.")
@json_option
def rebuild(as_json: bool) -> None:
    """Restore the history from the runs' files and the artifacts' metadata.

    What the history knows already stays.
    """
    from dataclasses import asdict

    from curifactory.runs.history import History
    from curifactory.runs.places import stored_folder
    from curifactory.runs.rebuilding import rebuild as rebuild_history
    from curifactory.settings import load_settings

    loaded = load_settings()
    warn(loaded.warnings)
    settings = loaded.settings
    history = History(settings.manager_cache_path, tell)
    folder = stored_folder(settings.cache_path, settings.manager_cache_path, loaded.root)
    done = rebuild_history(history, settings.cache_path, folder)
    warn(f"{path} cannot be read." for path in done.unreadable)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    artifacts = format_count(done.artifacts, "artifact")
    click.echo(f"The history has {format_count(done.runs, 'run')}, the cache {artifacts}.")
    if done.unknown:
        click.echo(f"Only their artifacts tell of {done.unknown} of the runs.")
