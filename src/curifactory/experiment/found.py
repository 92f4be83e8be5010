"""An experiment with the parameter sets that were chosen, found and imported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from curifactory.events import Events
from curifactory.finding import (
    ParameterSelection,
    collect_parameter_sets,
    import_experiment,
    import_parameter_file,
    project_importable,
)
from curifactory.finding.importing import ProjectModule
from curifactory.settings import load_settings, nearest
from curifactory.stores.layout import artifacts_folder


@dataclass(frozen=True, slots=True)
class Selected:
    """Which parameter sets of an experiment are meant.

    Parameters
    ----------
    files : sequence of str, or str, optional
        Parameter files; without any, the experiment's own sets.
    names : sequence of str, optional
        Only sets of these names.
    indices, global_indices : optional
        Only sets at these positions: in each file, or over all.
    """

    files: Sequence[str] | str | None = None
    names: Sequence[str] | None = None
    indices: Any = None
    global_indices: Any = None


@contextmanager
def found(
    name: str, selected: Selected
) -> Iterator[tuple[ProjectModule, list[ProjectModule], ParameterSelection]]:
    """Import an experiment and its parameter files; the project is importable as long as it lasts.

    Yields
    ------
    tuple
        The experiment, the parameter files, and the chosen parameter sets.
    """
    loaded = load_settings()
    files = [selected.files] if isinstance(selected.files, str) else list(selected.files or ())
    with project_importable(loaded.root, loaded.settings):
        experiment = import_experiment(name, loaded.settings, loaded.root)
        modules = [import_parameter_file(file, loaded.settings, loaded.root) for file in files]
        chosen = collect_parameter_sets(
            modules or [experiment], selected.names, selected.indices, selected.global_indices
        )
        yield experiment, modules, chosen


def cache_folder(given: str | os.PathLike[str] | None) -> str | None:
    """The cache folder that the user means: a full store's artifacts for the store itself."""
    return None if given is None else artifacts_folder(os.fspath(given))


def tell_if_new(cache: str | None, is_there: bool, events: Events) -> None:
    """Tell that a cache folder that was asked for by name is empty: it may be misspelt."""
    if cache is None or is_there:
        return
    beside = os.path.dirname(os.path.abspath(cache))
    there = (
        [one.name for one in os.scandir(beside) if one.is_dir()] if os.path.isdir(beside) else []
    )
    name = os.path.basename(os.path.abspath(cache))
    meant = nearest(name, [other for other in there if other != name])
    events.notice(f"There was no cache folder '{cache}': nothing is in it yet.{meant}")
