"""The sources of the project in a full store: every module that a run loaded, or may load."""

from __future__ import annotations

import os
import sys
import tokenize
from collections.abc import Iterable
from importlib.util import decode_source
from io import BytesIO

from curifactory.code import is_installed, modules_of
from curifactory.planning.code_changes import KeptPart
from curifactory.stores.contents import Contents
from curifactory.stores.places import Places

_OURS = "curifactory"


class Sources:
    """Takes sources into a full store, as they were when they were loaded.

    Parameters
    ----------
    contents : Contents
        The files of the store.
    places : Places
        Where files belong.

    Attributes
    ----------
    import_folders : dict of str to None
        The folders that the modules were imported from, in order; as whole paths.
    """

    def __init__(self, contents: Contents, places: Places) -> None:
        self.import_folders: dict[str, None] = {}
        self._contents = contents
        self._places = places
        self._modules = modules_of(places.root)
        self._taken: dict[str, object] = {}
        self._loaded = 0

    def take_loaded(self) -> None:
        """Take in every module of the project that is loaded and was not taken in before."""
        if len(sys.modules) == self._loaded:
            return  # this is asked after every step
        self._loaded = len(sys.modules)
        for name, live in list(sys.modules.items()):
            file = getattr(live, "__file__", None)
            if isinstance(file, str) and self._taken.get(name) is not live:
                self._taken[name] = live
                if file.endswith(".py") and name.partition(".")[0] != _OURS:
                    self._take_module(name, os.path.abspath(file))

    def take_parts(self, parts: Iterable[KeptPart]) -> None:
        """Take in the files that some code reaches, also those that were not loaded."""
        for file in {part.file for part in parts}:
            path = os.path.join(self._places.root, file)
            if os.path.isfile(path) and self._places.in_store(path) not in self._contents:
                for one in (path, *self._packages_around(path)):
                    self._contents.copy(one, self._places.in_store(one))

    def _take_module(self, name: str, file: str) -> None:
        module = self._modules.find(name)
        if module is not None:
            file = os.path.join(self._places.root, self._modules.relative(file))
        elif is_installed(file):
            return
        try:
            with open(file, "rb") as opened:
                data = opened.read()
            if module is not None and decode_source(data) != module.text:
                # edited since: what was loaded counts
                data = _encoded(module.text)
            self._contents.write(self._places.in_store(file), data)
        except (OSError, SyntaxError, UnicodeError) as error:
            self._contents.problems.append(f"{file}, the source of {name}, is not held: {error}")
            return
        if name != "__main__":
            self.import_folders[_import_folder(name, file)] = None

    def _packages_around(self, path: str) -> Iterable[str]:
        folder = os.path.dirname(path)
        while folder != self._places.root and folder.startswith(self._places.root):
            init = os.path.join(folder, "__init__.py")
            if os.path.isfile(init):
                yield init
            folder = os.path.dirname(folder)


def _import_folder(name: str, file: str) -> str:
    """The folder on the path from which a module was imported."""
    depth = name.count(".") + (1 if os.path.basename(file) == "__init__.py" else 0)
    folder = os.path.dirname(file)
    for _ in range(depth):
        folder = os.path.dirname(folder)
    return folder


def _encoded(text: str) -> bytes:
    """Source as bytes, in the encoding that it says it has."""
    encoding, _ = tokenize.detect_encoding(BytesIO(text.encode("utf-8", "replace")).readline)
    return text.encode(encoding)
