"""``curifactory runs``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from curifactory.cli.ending import FAILED
from curifactory.cli.group import Commands
from curifactory.cli.output import warn

if TYPE_CHECKING:
    from curifactory.past.reader import Past
    from curifactory.past.run import Run

_STATUSES = ("running", "complete", "error", "interrupted", "dead", "LIVE", "unknown")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


class _ListedByDefault(Commands):
    """A group that lists when no other command is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``ls`` in front unless a command or a request for help comes first."""
        asks = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if asks else ["ls", *args])


@click.group(cls=_ListedByDefault)
def runs() -> None:
    """List the runs of the past; show, note on, remove one.

    REF is a reference, the start of one such as `models_3`, or `latest`.
    """


@runs.command()
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs with this status.")
@click.option("--since", metavar="TIME", help="Only runs since then: 7d, 12h, 2026-11-01.")
@click.option(
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="Only runs with a parameter set that has this value; may be given again.",
)
@click.option("--commit", metavar="HASH", help="Only runs of this commit, or start of one.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@_json_option
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
    from curifactory.runs.queries import parsed_parameters

    wanted = parsed_parameters(params)
    found = _open_past().select(experiment, status, since, wanted, commit, limit)
    if as_json:
        click.echo(json.dumps([run.to_json() for run in found], indent=2))
    elif found:
        click.echo("\n".join(_table([_HEAD, *(_line(run) for run in found)])))
    else:
        click.echo("No runs.")


_HEAD = ("reference", "status", "seconds", "run", "loaded", "skipped", "commit", "notes")


def _line(run: Run) -> tuple[str, ...]:
    commit = (run.commit or "")[:8] + ("*" if run.dirty else "")
    steps = ["" if count is None else str(count) for count in run.steps.values()]
    seconds = "" if run.seconds is None else f"{run.seconds:.1f}"
    return (run.reference, run.status, seconds, *steps, commit, _short(run.notes or run.error))


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


@runs.command()
@click.argument("reference", metavar="REF")
@click.option("--patch", "only_patch", is_flag=True, help="Print only the uncommitted changes.")
@_json_option
def show(reference: str, only_patch: bool, as_json: bool) -> None:
    """Show all that is known of the run REF."""
    from curifactory.cli.run_shown import run_as_json, run_lines

    run = _open_past().find(reference)
    if only_patch:
        patch = run.patch
        if patch is None:
            warn([_why_no_patch(run)])
        click.echo((patch or "").encode("utf-8", "surrogateescape"), nl=False)
    elif as_json:
        click.echo(json.dumps(run_as_json(run), indent=2))
    else:
        click.echo("\n".join(run_lines(run)))


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

    past = _open_past()
    note_on_run(History(past.folder, _tell), past.find(reference).reference, text)


@runs.command()
@click.argument("references", metavar="REF...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json_option
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
    if asks and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("rm can ask on a terminal only; give --yes or --dry-run.")
    past = _open_past()
    history = History(past.folder, _tell)
    found = list(dict.fromkeys(past.find(one).reference for one in references))
    refused = {one: why for one in found if (why := why_not_to_remove(history, one))}
    doomed = [one for one in found if one not in refused]
    if not as_json:
        click.echo("\n".join(f"remove {one}" for one in doomed) or "Nothing to remove.")
        warn(f"{one} stays: {why}." for one, why in refused.items())
    if asks and doomed:
        click.confirm("Remove these from the history?", abort=True)
    for one in doomed if not dry_run else ():
        remove_run(history, one)
    if as_json:
        removed = {"dry_run": dry_run, "removed": doomed, "kept": refused}
        click.echo(json.dumps(removed, indent=2))
    if refused:
        ctx.exit(FAILED)


@runs.command()
@_json_option
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
    history = History(settings.manager_cache_path, _tell)
    folder = stored_folder(settings.cache_path, settings.manager_cache_path, loaded.root)
    done = rebuild_history(history, settings.cache_path, folder)
    warn(f"{path} cannot be read." for path in done.unreadable)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(f"The history has {done.runs} runs; {done.artifacts} artifacts are there.")
    if done.unknown:
        click.echo(f"Only their artifacts tell of {done.unknown} of the runs.")


def _open_past() -> Past:
    from curifactory.past.reader import open_past

    return open_past(tell=_tell)


def _tell(message: str) -> None:
    warn([message])
