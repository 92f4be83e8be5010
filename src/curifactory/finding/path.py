"""Make a project importable while it runs, and only then."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from curifactory.settings import Settings

# for each project root that was in use, the names of the modules imported from it meanwhile
_imported_from: dict[str, set[str]] = {}


@contextmanager
def project_importable(root: str, settings: Settings | None = None) -> Iterator[None]:
    """Put the project root first on ``sys.path``, and put ``sys.path`` back afterwards.

    Modules of other projects that would be taken for this project's are forgotten first, so that
    several projects can run in one process.

    Parameters
    ----------
    root : str
        The project root.
    settings : Settings, optional
        Names the experiments and params packages, if they are not the usual ones.
    """
    root = os.path.abspath(root)
    settings = settings or Settings()
    packages = {settings.experiments_module_name, settings.params_module_name}
    _forget_other_projects(root, {name.partition(".")[0] for name in packages})
    importlib.invalidate_caches()  # files may be newer than what the importer remembers
    path, before = list(sys.path), set(sys.modules)
    sys.path.insert(0, root)
    try:
        yield
    finally:
        sys.path[:] = path
        ours = {
            name
            for name, module in list(sys.modules.items())
            if name not in before and _comes_from(root, name, module)
        }
        _imported_from.setdefault(root, set()).update(ours)


def _forget_other_projects(root: str, packages: set[str]) -> None:
    """Drop modules that an earlier project left, and whatever else bears our packages' names."""
    for other in [other for other in _imported_from if other != root]:
        for name in _imported_from.pop(other):
            if _comes_from(other, name, sys.modules.get(name)):
                del sys.modules[name]
    for package in packages:
        module = sys.modules.get(package)
        if module is not None and not _comes_from(root, package, module):
            for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
                del sys.modules[name]


def _comes_from(root: str, name: str, module: ModuleType | None) -> bool:
    """Tell whether ``root`` on the path makes ``name`` this module."""
    place = os.path.join(root, *name.split("."))
    file = getattr(module, "__file__", None)
    if file:
        sources = (f"{place}.py", os.path.join(place, "__init__.py"))
        return os.path.realpath(file) in map(os.path.realpath, sources)
    folders = getattr(module, "__path__", None) or ()  # a package without __init__.py
    return os.path.realpath(place) in map(os.path.realpath, folders)
