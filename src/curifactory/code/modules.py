"""The modules of a project, found and parsed without being imported."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
import types
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import decode_source
from typing import Any

from curifactory.code.bindings import bindings
from curifactory.code.mentions import Mentions, mentions
from curifactory.code.scopes import DEFINITIONS, Import
from curifactory.code.source import blank

_INSTALLED = ("site-packages", "dist-packages")


class Module:
    """One module of the project: what its source says, and what runs of it.

    Parameters
    ----------
    name : str
        As in ``sys.modules``.
    file : str or None
        Its source; ``None`` for a notebook and for a folder without ``__init__.py``.
    is_package : bool
        Whether relative imports in it start at itself.
    """

    def __init__(self, name: str, file: str | None, is_package: bool) -> None:
        self.name = name
        self.file = file
        self.is_package = is_package
        self.loading = _loading(name)
        self.state = _state(file)
        self.text = _read(file)

    @property
    def live(self) -> Mapping[str, Any]:
        """The variables of the loaded module; empty if it is not loaded."""
        return vars(sys.modules[self.name]) if self.name in sys.modules else {}

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty if the source cannot be parsed, so that what runs decides."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):
            return ast.Module([], [])

    @cached_property
    def bindings(self) -> dict[str, list[ast.stmt]]:
        """For each global name the statements that say what it is."""
        return bindings(self.tree.body)

    @cached_property
    def stars(self) -> list[Import]:
        """What ``from ... import *`` takes everything from."""
        said = self.bindings.get("*", [])
        nodes = [node for statement in said for node in ast.walk(statement)]
        return [
            Import(node.module or "", node.level)
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]

    @cached_property
    def said_in_functions(self) -> Mentions:
        """What the functions and classes at the top of the module say."""
        return mentions(one for one in self.tree.body if isinstance(one, DEFINITIONS))

    @cached_property
    def said_at_top(self) -> Mentions:
        """What the other statements at its top say."""
        return mentions(one for one in self.tree.body if not isinstance(one, DEFINITIONS))

    @cached_property
    def compiled(self) -> dict[str, list[types.CodeType]]:
        """The code of each function by qualified name, without positions."""
        found: dict[str, list[types.CodeType]] = {}
        waiting = [compile(self.text, self.file or "", "exec", dont_inherit=True)]
        while waiting:
            code = waiting.pop()
            found.setdefault(code.co_qualname, []).append(code)
            waiting += [one for one in code.co_consts if isinstance(one, types.CodeType)]
        return found

    def runs(self, code: types.CodeType) -> bool:
        """Tell whether a function's code is what the source says."""
        loader = self.live.get("__loader__")
        if type(loader) is not SourceFileLoader:
            return True  # an import hook may have rewritten it, as pytest does with ``assert``
        written = self.compiled.get(code.co_qualname, [])
        return code in written or any(blank(one) == blank(code) for one in written)

    def absolute(self, imported: Import) -> str:
        """Give the full name of the module that an import in this module names."""
        if not imported.level:
            return imported.module
        base = self.live.get("__package__") if self.name == "__main__" else None
        parts = (base or self.name).split(".")
        up = imported.level - (1 if self.is_package or base else 0)
        kept = parts[: len(parts) - up] if up else parts
        return ".".join([*kept, imported.module] if imported.module else kept)


class Modules:
    """The modules below one folder that are neither installed nor Python's own."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._known: dict[str, Module | None] = {}

    def find(self, name: str) -> Module | None:
        """Give a module of the project by name; ``None`` if it is none of the project's."""
        known = self._known.get(name)
        if known is not None and known.loading is not None:
            # source that was read stays that of what runs, whatever becomes of the file
            if known.loading is _loading(name):
                return known
        elif known is not None and name not in sys.modules and known.state == _state(known.file):
            return known
        elif known is None and name in self._known and name not in sys.modules:
            return None
        found = self._known[name] = self._find(name)
        return found

    def owns(self, file: str) -> bool:
        """Tell whether a file belongs to the project."""
        return _owns(self.root, file)

    def relative(self, file: str | None) -> str:
        """Give a file as seen from the project's folder."""
        if file is None:
            return "<notebook>"
        return os.path.relpath(os.path.realpath(file), self.root).replace(os.sep, "/")

    def loaded(self) -> list[Module]:
        """Give all loaded modules of the project."""
        found = [self.find(name) for name, live in list(sys.modules.items()) if _file(live)]
        return [one for one in found if one is not None]

    def _find(self, name: str) -> Module | None:
        if name.partition(".")[0] == "curifactory":
            return None
        live = sys.modules.get(name)
        if live is not None:
            file = _file(live)
            path = getattr(live, "__path__", None)
        else:
            spec = _spec(name)
            file = spec.origin if spec is not None and spec.has_location else None
            path = spec.submodule_search_locations if spec is not None else None
            if spec is None:
                return None
        if name == "__main__" and (file is None or not os.path.exists(file)):
            return Module(name, None, is_package=False)
        if file is not None and file.endswith(".py") and self.owns(file):
            return Module(name, file, is_package=path is not None)
        places = list(path or ()) if file is None else []
        if any(self.owns(os.path.join(place, "_.py")) for place in places):
            return Module(name, None, is_package=True)
        return None


def _loading(name: str) -> object:
    """Give something that is another one each time that a module is loaded or loaded again."""
    live = sys.modules.get(name)
    return getattr(live, "__spec__", None) or live


def _file(live: object) -> str | None:
    file = getattr(live, "__file__", None)
    return file if isinstance(file, str) else None


@lru_cache(maxsize=4096)
def _owns(root: str, file: str) -> bool:
    if _is_installed(root, file):
        return False  # told without asking the disk, as for most
    folder, name = os.path.split(file)
    real = os.path.join(_real(folder), name)
    return real.startswith(os.path.join(root, "")) and not _is_installed(root, real)


def is_installed(file: str) -> bool:
    """Tell whether a file is Python's own, or was installed as a package."""
    return _is_installed("", file)


def _is_installed(root: str, file: str) -> bool:
    inside = file[len(root) :] if file.startswith(root) else file
    return any(one in inside.split(os.sep) for one in _INSTALLED) or file.startswith(_python())


@lru_cache(maxsize=1024)
def _real(folder: str) -> str:
    return os.path.realpath(folder)


@lru_cache(maxsize=1)
def _python() -> tuple[str, ...]:
    places = [sysconfig.get_path(one) for one in ("stdlib", "platstdlib")]
    return tuple(os.path.join(one, "") for p in places for one in (p, os.path.realpath(p)))


def _spec(name: str) -> ModuleSpec | None:
    """Find a module as an import would, without importing the packages around it."""
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        inner = ".".join(parts[:depth])
        live = sys.modules.get(inner)
        spec = getattr(live, "__spec__", None) or _from_finders(inner, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec


def _from_finders(name: str, path: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(name, path)
        except (AttributeError, ImportError, ValueError):
            continue
        if spec is not None:
            return spec
    return None


def _state(file: str | None) -> tuple[int, int] | None:
    try:
        state = os.stat(file) if file else None
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_size) if state else None


def _read(file: str | None) -> str:
    if file is None:
        return ""
    try:
        with open(file, "rb") as opened:
            return decode_source(opened.read())
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""
