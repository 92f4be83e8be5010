"""``curifactory run``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from curifactory.cli.ending import VERBOSE, WORK_TO_DO
from curifactory.cli.group import ARGUMENTS
from curifactory.cli.output import warn
from curifactory.cli.run_options import ALL, ASK, check_together, run_options


@click.command(short_help="Run the experiment NAME.")
@click.argument("name", metavar="NAME")
@run_options
@click.pass_context
def run(ctx: click.Context, /, name: str, **options: Any) -> None:
    """Run the experiment NAME: compute what is missing, load the rest from the cache."""
    check_together(options)
    ctx.meta[VERBOSE] = options["verbose"]
    if options["notes"] == ASK:
        options["notes"] = _ask_for_notes()
    from curifactory.experiment import run_experiment
    from curifactory.settings import load_settings
    from curifactory.store.names import check_name

    if not options["quiet"]:
        warn(load_settings().warnings)
    if options["prefix"] is not None:
        check_name("prefix", options["prefix"])  # before anything is made in the project's folders
    with _writing_no_bytecode(only_shows(options)):
        _, manager = run_experiment(name, run_string=_command_line(ctx), **as_keywords(options))
    planned = manager.journal.planned if manager and options["check"] else None
    if planned and (planned.ended_early or any(row.decision == "RUN" for row in planned.steps)):
        ctx.exit(WORK_TO_DO)


def only_shows(options: dict[str, Any]) -> bool:
    """Tell whether these options ask for printing only: no file may change."""
    keys = ("map_only", "check", "hashes_only", "paths_only", "print_params")
    return any(options[key] for key in keys)


def as_keywords(options: dict[str, Any]) -> dict[str, Any]:
    """Turn options into the keywords of ``run_experiment`` where they are not the same."""
    keywords = dict(options)
    keywords["map_only"] |= keywords.pop("check")
    keywords["log"] = not keywords.pop("no_log")
    keywords["report"] = not keywords.pop("no_report")
    keywords["log_debug"] = keywords.pop("verbose")
    keywords["resources"] = resources_of(keywords["resources"])
    wanted = options["print_params"]
    keywords["print_params"] = wanted == ALL or wanted or False
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in keywords.items()
    }


def resources_of(given: Sequence[str]) -> dict[str, float]:
    """Read ``TAG=NUMBER``.

    Raises
    ------
    click.UsageError
        If one is something else.
    """
    found = {}
    for one in given:
        tag, _, number = one.partition("=")
        try:
            found[tag] = float(number)
        except ValueError:
            found[tag] = -1.0
        if not tag or found[tag] <= 0:
            raise click.UsageError(f"--resource {one}: write a name and a number, such as gpu=2.")
    return found


def _ask_for_notes() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError("--notes without a text can be asked for on a terminal only.")
    text: str = click.prompt("Notes", type=str)
    return text


def _command_line(ctx: click.Context) -> str:
    """Return the command that repeats this run."""
    program = os.path.basename(ctx.find_root().info_name or "curifactory")
    import shlex  # brings archives along, which no help page needs

    return shlex.join([program, *ctx.meta[ARGUMENTS]])


@contextmanager
def _writing_no_bytecode(active: bool) -> Iterator[None]:
    """Keep Python from leaving ``__pycache__`` beside the experiments that are only looked at."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = before or active
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
