"""What can be printed about an experiment without running it; no file changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from curifactory.errors import ParameterFileNotFoundError
from curifactory.manager import ArtifactManager
from curifactory.params import describe, params_hash


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
    """Print the paths of artifacts and their metadata that the plan has, one a line."""
    paths: dict[str, None] = {}
    for entry in manager.session.plan.entries:
        for slot in entry.step.request.slots.values():
            paths[slot.path()] = None
            paths[slot.metadata_path] = None
    for path in paths:
        _print(path)


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
