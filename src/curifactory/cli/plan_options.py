"""What the commands about a plan have in common: their options, and the plan itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

import click

from curifactory.cli.run_options import WHICH

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_PLACES = [
    click.option(
        "-c", "--cache", metavar="DIR", type=click.Path(file_okay=False),
        help="Another cache folder.",
    ),
    click.option("--prefix", metavar="PREFIX", help="What file names begin with."),
]  # fmt: skip
POLICY = click.option(
    "--on-code-change",
    type=click.Choice(["warn", "rerun", "ignore", "error"]),
    help="What happens to artifacts whose code changed, instead of what is configured.",
)
SEED = click.option(
    "--seed",
    type=click.Choice(["off", "step"]),
    help="Whether stages would be seeded, instead of what is configured.",
)


def which(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which parameter sets and which cache folder."""
    return reduce(lambda inner, option: option(inner), reversed([*WHICH, *_PLACES]), function)


def planned(name: str, options: dict[str, Any], **more: Any) -> AbstractContextManager[Any]:
    """Give the manager of a plan that these options ask for."""
    from curifactory.experiment.found import Selected
    from curifactory.experiment.planned import planned_experiment

    selected = Selected(
        options.pop("param_files"),
        options.pop("param_set_names"),
        options.pop("param_set_indices"),
        options.pop("global_param_set_indices"),
    )
    return planned_experiment(name, selected, **options, **more)
