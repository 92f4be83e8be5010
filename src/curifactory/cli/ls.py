"""``curifactory ls``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from curifactory.cli.options import json_option
from curifactory.cli.output import warn

if TYPE_CHECKING:
    from curifactory.finding import ExperimentEntry
    from curifactory.settings import LoadedSettings


@click.command()
@json_option
def ls(as_json: bool) -> None:
    """List experiments and parameter files; none of them is imported."""
    from curifactory.finding import list_experiments
    from curifactory.settings import load_settings

    loaded = load_settings()
    warn(loaded.warnings)
    entries = list_experiments(loaded.settings, loaded.root)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    if not entries:
        click.echo(_nothing(loaded))
    problems = [entry for entry in entries if entry.problem]
    _print("Experiments", [entry for entry in entries if entry.has_run])
    _print("Parameter files (-p)", [entry for entry in entries if entry.is_parameter_file])
    warn(f"{entry.path} {entry.problem}" for entry in problems)


def _nothing(loaded: LoadedSettings) -> str:
    said = (
        f"There are no experiments in '{loaded.settings.experiments_module_name}' of {loaded.root}."
    )
    if loaded.file is None:
        return f"{said} `curifactory init` sets a project up."
    return f"{said} An experiment is a module in it with a function `run(param_sets, manager)`."


def _print(title: str, entries: Sequence[ExperimentEntry]) -> None:
    if not entries:
        return
    click.echo(title)
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        click.echo(f"  {entry.name:<{width}}  {entry.description}".rstrip())
