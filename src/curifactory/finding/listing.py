"""List a project's experiments and parameter files without importing them."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from curifactory.settings import Settings


@dataclass(frozen=True, slots=True)
class ExperimentEntry:
    """An experiment or a parameter file, as its source text tells.

    Parameters
    ----------
    name : str
        What to type: the module's dotted name inside its package.
    path : str
        The file, relative to the project root.
    description : str
        First line of the docstring, or "".
    has_run : bool
        It is an experiment.
    has_params : bool
        It has ``get_params()``, so it can be named with ``-p``.
    problem : str
        Why the file cannot be read, or "".
    """

    name: str
    path: str
    description: str = ""
    has_run: bool = False
    has_params: bool = False
    problem: str = ""

    @property
    def is_parameter_file(self) -> bool:
        """Whether it holds parameter sets only."""
        return self.has_params and not self.has_run


def list_experiments(settings: Settings, root: str) -> list[ExperimentEntry]:
    """List the files that have ``run`` or ``get_params``: those of the experiments package first.

    A file that cannot be read is listed with its problem.

    Parameters
    ----------
    settings : Settings
    root : str
        The project root.
    """
    entries = []
    for package in dict.fromkeys((settings.experiments_module_name, settings.params_module_name)):
        for name, path in sorted(_modules(os.path.join(root, *package.split(".")))):
            entry = _read_entry(name, path, root)
            if entry.has_run or entry.has_params or entry.problem:
                entries.append(entry)
    return entries


def _modules(package: str) -> Iterator[tuple[str, str]]:
    """Give dotted name and path of every module below the folder of a package."""
    for folder, subfolders, files in os.walk(package):
        subfolders[:] = [
            name for name in subfolders if name.isidentifier() and name != "__pycache__"
        ]
        inner = os.path.relpath(folder, package)
        parts = [] if inner == os.curdir else inner.split(os.sep)
        for file in files:
            stem, suffix = os.path.splitext(file)
            names = parts if stem == "__init__" else [*parts, stem]
            if suffix == ".py" and names and "." not in stem:
                yield ".".join(names), os.path.join(folder, file)


def _read_entry(name: str, path: str, root: str) -> ExperimentEntry:
    shown = os.path.relpath(path, root)
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            # a stray backslash is for whoever runs the file to hear about
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        return ExperimentEntry(name, shown, problem=f"cannot be read{line}: {reason}")
    defined = set(_defined(tree.body))
    lines = (ast.get_docstring(tree) or "").strip().splitlines()
    return ExperimentEntry(
        name,
        shown,
        description=lines[0] if lines else "",
        has_run="run" in defined,
        has_params="get_params" in defined,
    )


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """Give the names that a module's statements define, whichever branch is taken."""
    for statement in statements:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name
            case ast.If(body=body, orelse=rest):
                yield from _defined([*body, *rest])
            case ast.Try(body=body, handlers=handlers, orelse=rest, finalbody=last):
                caught = [inner for handler in handlers for inner in handler.body]
                yield from _defined([*body, *caught, *rest, *last])
            case ast.With(body=body):
                yield from _defined(body)
