"""The options of ``run``, each named as the keyword of ``run_experiment`` that it sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

ASK = "\0ask"
"""Value of ``--notes`` without a text."""

ALL = "\0all"
"""Value of ``--print-params`` without a name."""

WHICH = [
    click.option(
        "-p", "--params", "param_files", multiple=True, metavar="FILE",
        help="Parameter file, instead of the experiment's own get_params(). Repeatable.",
    ),
    click.option(
        "-n", "--names", "param_set_names", multiple=True, metavar="NAME",
        help="Only the parameter sets of this name. Repeatable.",
    ),
    click.option(
        "--indices", "param_set_indices", multiple=True, metavar="RANGE",
        help="Only these positions of each file, such as 3 or 0-2 (without 2). Repeatable.",
    ),
    click.option(
        "--global-indices", "global_param_set_indices", multiple=True, metavar="RANGE",
        help="Only these positions over all parameter files. Repeatable.",
    ),
]  # fmt: skip

_CACHE = [
    click.option(
        "--overwrite", "overwrite_override", is_flag=True, help="Run every stage again."
    ),
    click.option(
        "--overwrite-stage", "stage_overwrites", multiple=True, metavar="STAGE",
        help="Run this stage again, and all that depend on it. Repeatable.",
    ),
    click.option(
        "-c", "--cache", "cache_dir_override", metavar="DIR", type=click.Path(file_okay=False),
        help="Another cache folder; also a full store's folder or its artifacts folder.",
    ),
    click.option("--dry", is_flag=True, help="Write neither artifacts nor any other file."),
    click.option("--dry-cache", is_flag=True, help="Write no artifacts."),
    click.option(
        "-s", "--store-full", is_flag=True, help="Keep a folder with all that this run was made of."
    ),
    click.option("--lazy", is_flag=True, help="Treat every output as Lazy."),
    click.option("--ignore-lazy", is_flag=True, help="Treat no output as Lazy."),
    click.option(
        "--check-mutation", is_flag=True,
        help="Watch stages for changing their inputs in place, and tell which do.",
    ),
    click.option(
        "--on-code-change", type=click.Choice(["warn", "rerun", "ignore", "error"]),
        help="What happens to artifacts whose code changed since, instead of what is configured.",
    ),
    click.option(
        "--seed", type=click.Choice(["off", "step"]),
        help="Whether to seed random, NumPy and torch before each stage, so that its artifacts do "
        "not depend on what ran before.",
    ),
    click.option("--no-dag", is_flag=True, help="Decide stage by stage, without a plan."),
    click.option(
        "--parallel", type=click.IntRange(min=1), metavar="N",
        help="Carry out steps in N processes on this machine.",
    ),
    click.option(
        "--executor", metavar="NAME",
        help="Carry out steps with processes:N, dask:N, or the cluster at dask://HOST:PORT.",
    ),
    click.option(
        "--resource", "resources", multiple=True, metavar="TAG=NUMBER",
        help="How much there is of what stages need, such as gpu=2. Repeatable.",
    ),
    click.option(
        "--fail-fast", is_flag=True,
        help="In other processes: end at the first failure, not when all else is done.",
    ),
    click.option(
        "--prefix", metavar="PREFIX", help="Begin file names so, instead of with the experiment."
    ),
]  # fmt: skip

_SHOW = [
    click.option("--map", "map_only", is_flag=True, help="Only print the plan."),
    click.option(
        "--check", is_flag=True, help="Only print the plan, and exit with 3 if there is work to do."
    ),
    click.option("--hashes", "hashes_only", is_flag=True, help="Only print hash and name per set."),
    click.option("--paths", "paths_only", is_flag=True, help="Only print the files of artifacts."),
    click.option(
        "--print-params", is_flag=False, flag_value=ALL, metavar="[NAME]",
        help="Only print the parameters: of all sets, or of those with this name or hash prefix.",
    ),
]  # fmt: skip

_SAY = [
    click.option(
        "--notes", is_flag=False, flag_value=ASK, metavar="[TEXT]",
        help="Note kept with the run; without a text it is asked for.",
    ),
    click.option(
        "--notebook", "build_notebook", is_flag=True, help="Write a notebook that repeats the run."
    ),
    click.option("--progress", is_flag=True, help="Show a progress bar."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show whole tracebacks."),
    click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
    click.option("--plain", is_flag=True, help="Print plain lines: no colours, no progress bar."),
    click.option("--no-color", is_flag=True, help="Print without colours (so does NO_COLOR)."),
    click.option("--no-log", is_flag=True, help="Write no log."),
    click.option("--no-report", is_flag=True, help="Write no report."),
    click.option("--log-errors", is_flag=True, help="Write tracebacks to the log, too."),
    click.option("--all-loggers", is_flag=True, help="Log what libraries log, too."),
]  # fmt: skip


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options of ``run``."""
    options = [*WHICH, *_CACHE, *_SHOW, *_SAY]
    return reduce(lambda inner, option: option(inner), reversed(options), function)


def check_together(options: dict[str, Any]) -> None:
    """Refuse options that contradict each other.

    Raises
    ------
    click.UsageError
    """
    for group in _EXCLUSIVE:
        given = [spelling for key, spelling in group.items() if options[key]]
        if len(given) > 1:
            raise click.UsageError(f"{' and '.join(given)} cannot be combined.")


_EXCLUSIVE = (
    {
        "map_only": "--map",
        "check": "--check",
        "hashes_only": "--hashes",
        "paths_only": "--paths",
        "print_params": "--print-params",
    },
    {"lazy": "--lazy", "ignore_lazy": "--ignore-lazy"},
    {"verbose": "--verbose", "quiet": "--quiet"},
)
