"""What can be printed about an experiment without running it; no file changes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from curifactory.errors import ParameterFileNotFoundError
from curifactory.manager import ArtifactManager
from curifactory.params import describe, params_hash
from curifactory.running.step import Step
from curifactory.store.reserved import REPORTABLES


def show_hashes(param_sets: Iterable[Any]) -> None:
    """Print ``<hash> <name>`` per parameter set."""
    for params in param_sets:
        _print(f"{params_hash(params)} {params.name}")


def show_params(param_sets: Iterable[Any], which: str | bool) -> None:
    """Print the parameters of all sets, or of those with this name or start of the hash.

    Raises
    ------
    ParameterFileNotFoundError
        If there is none of this name or hash.
    """
    chosen = {
        params_hash(params): {"name": params.name, **describe(params)}
        for params in param_sets
        if which is True or params.name == which or params_hash(params).startswith(str(which))
    }
    if not chosen:
        raise ParameterFileNotFoundError(
            f"There is no parameter set with the name or hash '{which}'; --hashes lists them."
        )
    _print(json.dumps(chosen, indent=2, default=str))


def show_paths(manager: ArtifactManager) -> None:
    """Print the paths of artifacts and their metadata that the plan has, one a line.

    Where an artifact is there, all its files are printed; so is what stages reported.
    """
    found = (path for entry in manager.session.plan.entries for path in _paths_of(entry.step))
    for path in dict.fromkeys(found):
        _print(path)


def _paths_of(step: Step) -> Iterator[str]:
    for name, slot in step.slots.items():
        commit = step.commits.get(name)
        if commit is None and name == REPORTABLES:
            continue
        main = slot.path()
        if commit is None or os.path.exists(main):
            yield main
        for file in commit.files if commit is not None else ():
            path = os.path.normpath(os.path.join(slot.folder, file.path))
            if not f"{path}{os.sep}".startswith(os.path.normpath(main) + os.sep):
                yield path
        yield slot.metadata_path


def show_map(manager: ArtifactManager) -> None:
    """Print every step of the plan with its decision and reason, and the sums."""
    manager.session.tell_changes()
    for message in manager.journal.messages:
        sys.stderr.write(f"Warning: {message}\n")
    view = manager.plan()
    assert view is not None
    for line in view.lines():
        _print(line)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
