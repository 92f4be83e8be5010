"""Planning an experiment without running it: what would run, and why."""

from __future__ import annotations

import ast
import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from curifactory.errors import ConfigurationError
from curifactory.experiment.found import Selected, cache_folder, found, tell_if_new
from curifactory.experiment.passes import plan
from curifactory.manager import ArtifactManager
from curifactory.settings import OnChange, Seed, nearest


@contextmanager
def planned_experiment(
    name: str,
    selected: Selected,
    *,
    cache: str | os.PathLike[str] | None = None,
    prefix: str | None = None,
    on_code_change: OnChange | None = None,
    seed: Seed | None = None,
    overwrite_stages: Sequence[str] = (),
    if_parameters: Mapping[str, str] | None = None,
    if_changed: Sequence[str] = (),
) -> Iterator[ArtifactManager]:
    """Plan an experiment; nothing runs, and no file changes.

    Parameters
    ----------
    name : str
        The experiment.
    selected : Selected
        Its parameter sets.
    cache, prefix, on_code_change, seed, overwrite_stages
        As for a run.
    if_parameters : dict of str to str, optional
        Plan as if these parameters had these values, written as in Python.
    if_changed : sequence of str
        Plan as if these files of the project had been edited, and that counted.

    Yields
    ------
    ArtifactManager
        Its ``session.plan`` has the steps; the project is importable as long as this lasts.

    Raises
    ------
    ConfigurationError
        If there is no such parameter, stage or file.
    """
    with found(name, selected) as (experiment, _, selection):
        cache_path = cache_folder(cache)
        is_there = os.path.isdir(cache_path or "")
        manager = ArtifactManager(
            experiment.name,
            dry=True,
            prefix=prefix,
            cache_path=cache_path,
            status_override="plan",
        )
        tell_if_new(cache_path, is_there, manager.events)
        if on_code_change is not None:
            manager.on_code_change = on_code_change
        if seed is not None:
            manager.seed = seed
        if if_changed:
            manager.assume_changed = frozenset(
                _in_project(manager.root, file) for file in if_changed
            )
            manager.on_code_change = on_code_change or "rerun"
        if overwrite_stages:
            manager.overwrite_stages = list(overwrite_stages)
        plan(experiment.module.run, _with(selection.sets, if_parameters or {}), manager)
        yield manager


def _in_project(root: str, file: str) -> str:
    path = os.path.abspath(file)
    if not os.path.isfile(path):
        raise ConfigurationError(f"There is no file {file} that could be taken as edited.")
    return os.path.relpath(path, os.path.abspath(root)).replace(os.sep, "/")


def _with(sets: list[Any], values: Mapping[str, str]) -> list[Any]:
    """Copies of parameter sets with other values of some parameters."""
    return [
        dataclasses.replace(
            params, **{name: _parsed(params, name, text) for name, text in values.items()}
        )
        for params in sets
    ]


def _parsed(params: Any, name: str, text: str) -> Any:
    """A value as it would stand in a parameter set: a whole number is a float where one was."""
    known = {one.name for one in dataclasses.fields(params)} - {"name", "hash"}
    if name not in known:
        raise ConfigurationError(
            f"Parameter set '{params.name}' has no parameter '{name}'.{nearest(name, known)}"
        )
    value, now = _value(text), getattr(params, name)
    if isinstance(now, int | float) and isinstance(value, str):
        raise ConfigurationError(
            f"Parameter '{name}' of set '{params.name}' is {now!r}, and '{value}' is no number."
        )
    return float(value) if type(now) is float and type(value) is int else value


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
