"""Import experiments and parameter files by the names that users type."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from curifactory.errors import ExperimentNotFoundError, ParameterFileNotFoundError
from curifactory.finding.listing import list_experiments
from curifactory.settings import Settings, nearest


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """An imported experiment or parameter file.

    Parameters
    ----------
    name : str
        Its dotted name inside its package, such as ``"subexp.example"``.
    path : str
        Its file, relative to the project root where it lies in there.
    module : module
    """

    name: str
    path: str
    module: ModuleType


def import_experiment(name: str, settings: Settings, root: str) -> ProjectModule:
    """Import an experiment; the project must be importable (see `project_importable`).

    Parameters
    ----------
    name : str
        Such as ``"digits"`` or ``"subexp.digits"``; ``"experiments/digits.py"`` is understood too.
    settings : Settings
    root : str
        The project root.

    Raises
    ------
    ExperimentNotFoundError
        There is no such module, or it has no function ``run``. What the module itself raises is
        passed on, with a note that names the file.
    """
    package = settings.experiments_module_name
    found = _import_first(name, [package], root)
    if found is None:
        known = [entry.name for entry in list_experiments(settings, root) if entry.has_run]
        raise ExperimentNotFoundError(
            f"There is no experiment '{name}' in the package '{package}' of {root}."
            f"{nearest(name, known)}{_elsewhere(package, root)} `curifactory ls` lists them all."
        )
    if not callable(getattr(found.module, "run", None)):
        raise ExperimentNotFoundError(
            f"{found.path} is no experiment: it has no function `run(param_sets, manager)`."
        )
    _check_takes_two(found)
    return found


def _check_takes_two(found: ProjectModule) -> None:
    signature = inspect.signature(found.module.run)
    try:
        signature.bind(None, None)
    except TypeError:
        raise ExperimentNotFoundError(
            f"{found.path} is no experiment: its function is `run{signature}`, and it is called "
            "as `run(param_sets, manager)`."
        ) from None


def import_parameter_file(name: str, settings: Settings, root: str) -> ProjectModule:
    """Import a parameter file: from the params package, else from the experiments package.

    Parameters
    ----------
    name : str
        Such as ``"grid"`` or ``"digits.grid"``; ``"params/grid.py"`` is understood too.
    settings : Settings
    root : str
        The project root.

    Raises
    ------
    ParameterFileNotFoundError
        There is no such module, or it has no function ``get_params``. What the module itself
        raises is passed on, with a note that names the file.
    """
    packages = [settings.params_module_name, settings.experiments_module_name]
    found = _import_first(name, packages, root)
    if found is None:
        known = [entry.name for entry in list_experiments(settings, root) if entry.has_params]
        raise ParameterFileNotFoundError(
            f"There is no parameter file '{name}' in the packages '{packages[0]}' and "
            f"'{packages[1]}' of {root}.{nearest(name, known)} `curifactory ls` lists them all."
        )
    if not callable(getattr(found.module, "get_params", None)):
        raise ParameterFileNotFoundError(
            f"{found.path} is no parameter file: it has no function `get_params()`."
        )
    return found


def _import_first(name: str, packages: Sequence[str], root: str) -> ProjectModule | None:
    """Import the module of this name from the first package that has it."""
    dotted = _dotted(name, root)
    if not all(dotted.split(".")) or "\0" in dotted:
        return None
    for package in packages:
        found = _import_from(package, dotted, root)
        if found:
            return found
    # last, since a package may well hold a folder of its own name
    for package in packages:
        inner = dotted.removeprefix(f"{package}.")
        found = _import_from(package, inner, root) if inner != dotted else None
        if found:
            return found
    return None


def _dotted(name: str, root: str) -> str:
    """Turn a path, or a file name, into a dotted name."""
    if os.path.isabs(name) or os.path.isfile(name):
        name = os.path.relpath(name, root)
    return os.path.normpath(name).removesuffix(".py").replace(os.sep, ".")


def _import_from(package: str, name: str, root: str) -> ProjectModule | None:
    full = f"{package}.{name}"
    try:
        module = importlib.import_module(full)
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and f"{full}.".startswith(f"{error.name}."):
            return None
        error.add_note(f"while importing {full} of {root}")
        raise
    file = getattr(module, "__file__", None)
    if not file:
        return None  # a folder without __init__.py
    inside = os.path.relpath(file, root)
    return ProjectModule(name, file if inside.startswith(os.pardir) else inside, module)


def _elsewhere(package: str, root: str) -> str:
    """Say so when another package of this name hides the project's."""
    file = getattr(sys.modules.get(package), "__file__", None)
    if not file or os.path.realpath(file).startswith(os.path.join(os.path.realpath(root), "")):
        return ""
    return f" (Python finds that package in {file}: add an empty {package}/__init__.py.)"
