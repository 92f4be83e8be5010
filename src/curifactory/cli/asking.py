"""Options with which several commands ask the history for artifacts."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from curifactory.cli.options import cache_option
from curifactory.cli.output import warn

if TYPE_CHECKING:
    from curifactory.past.reader import Past

param_option = click.option(
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="Only with a parameter set that has this value; may be given again.",
)
_OPTIONS = [
    click.option("--experiment", metavar="NAME", help="Only artifacts of this experiment."),
    click.option("--stage", metavar="NAME", help="Only outputs of this stage."),
    click.option("--name", metavar="NAME", help="Only outputs of this name."),
    param_option,
    click.option("--run", metavar="REF", help="Only what this run made or used."),
    click.option("--since", metavar="TIME", help="Only what was made since then: 7d, 2026-11-01."),
    click.option("--older-than", "until", metavar="TIME", help="Only what was made before then."),
    click.option("--min-size", "at_least", metavar="SIZE", help="Only of this size or more: 5MB."),
    click.option("--max-size", "at_most", metavar="SIZE", help="Only of this size or less."),
]


def artifact_query(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of an `ArtifactQuery`, which it gets as ``query``."""

    @functools.wraps(command)
    def ask(*args: Any, params: tuple[str, ...], **options: Any) -> None:
        from curifactory.past.given import parsed_parameters
        from curifactory.past.queries import ArtifactQuery

        names = ("experiment", "stage", "name", "run", "since", "until", "at_least", "at_most")
        asked = {name: options.pop(name) for name in names}
        command(*args, query=ArtifactQuery(params=parsed_parameters(params), **asked), **options)

    for option in reversed(_OPTIONS):
        ask = option(ask)
    return ask


ask_folder_option = cache_option(
    "Ask the metadata in this cache folder or full store, not the history."
)


def open_past(folder: str | None = None) -> Past:
    """The past of the project in the working folder; what is wrong with it is printed.

    Parameters
    ----------
    folder : str, optional
        A cache folder or full store to be asked instead.
    """
    if folder is not None:
        from curifactory.past.folder import past_of_folder
        from curifactory.stores.layout import artifacts_folder

        return past_of_folder(artifacts_folder(folder))
    from curifactory.past.questions import open_past

    return open_past(tell=tell)


def tell_where_nothing_is() -> None:
    """Say that the working folder is in no project, if it is in none: nothing can be found then."""
    from curifactory.settings import load_settings

    loaded = load_settings()
    if loaded.file is None and not os.path.isdir(loaded.settings.manager_cache_path):
        tell(
            f"{loaded.root} is in no project: go into the folder of one, or begin one here with "
            "`curifactory init`."
        )


def tell(message: str) -> None:
    """Print a warning."""
    warn([message])
