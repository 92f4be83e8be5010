"""Doing something as soon as a module is imported, by whomever."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class AfterImport(MetaPathFinder):
    """Calls a function right after a module has been imported.

    Parameters
    ----------
    modules : dict of str to object
        Names of modules that are not imported yet, and what the function is called with.
    then : callable
        The function.
    """

    def __init__(self, modules: Mapping[str, Any], then: Callable[[Any], None]) -> None:
        self._modules = modules
        self._then = then

    def begin(self) -> None:
        """From now on."""
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Not any more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, with a loader that tells of it."""
        if name not in self._modules:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Telling(spec.loader, lambda: self._then(self._modules[name]))
                return spec
        return None


class _Telling(Loader):
    """A loader that stands in front of another one until the module is there."""

    def __init__(self, loader: Loader, then: Callable[[], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        # the module is to find itself as it always does
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then()
