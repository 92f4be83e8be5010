"""A temporary folder in which the project of a full store stands as it stood then.

Every whole path of the run has its place below that folder, so that paths between the project and
the rest of the file system still lead where they led, and nothing outside of it is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass

from curifactory.errors import DamagedStoreError
from curifactory.replay.store import OpenStore
from curifactory.settings import CONFIGURATION_FILE, FLAGS
from curifactory.store.relocation import relocating
from curifactory.stores.layout import ARTIFACTS, CODE, ELSEWHERE, PROJECT
from curifactory.stores.places import below, without_root

_SETTLED = {
    # the artifacts of the store are what is wanted, whatever is installed or was edited here
    "on_code_change": "warn",
    "on_package_change": "ignore",
    # the code of the store is executed anyway, and its bytes were compared with the manifest
    "trust_pickle": "always",
    "durability": "none",
    "locking": False,
}


@dataclass(frozen=True)
class Room:
    """Where a replay takes place.

    Parameters
    ----------
    top : str
        The temporary folder.
    root : str
        The project's folder in it.
    working : str
        The working folder.
    cache_path : str
        The cache folder, spelled as it was.
    import_folders : tuple of str
        Where modules are imported from.
    """

    top: str
    root: str
    working: str
    cache_path: str
    import_folders: tuple[str, ...]

    @property
    def cache(self) -> str:
        """The cache folder as a whole path."""
        return os.path.normpath(os.path.join(self.working, self.cache_path))

    def here(self, path: str) -> str:
        """Where a path that a user wrote out lies in the room."""
        if not os.path.isabs(path) or below(path, self.top) is not None:
            return path
        return os.path.join(self.top, without_root(path))

    def in_store(self, path: str) -> str:
        """Where a file of the room would be in the store."""
        path = os.path.normpath(os.path.join(self.working, path))
        for folder, name in ((self.cache, ARTIFACTS), (self.root, PROJECT), (self.top, ELSEWHERE)):
            inside = below(path, folder)
            if inside is not None:
                return os.path.normpath(os.path.join(name, inside)).replace(os.sep, "/")
        return path


@contextmanager
def room_for(store: OpenStore, anew: bool) -> Iterator[Room]:
    """Make the room, work in it, and remove it.

    Parameters
    ----------
    store : OpenStore
        The store.
    anew : bool
        Whether the cache is empty; otherwise it is that of the store, which must not be written to.

    Raises
    ------
    DamagedStoreError
        If the folders of the run cannot stand in one.
    """
    with tempfile.TemporaryDirectory(prefix="curifactory-replay-") as made:
        room = _room(os.path.realpath(made), store)
        for folder in (room.root, room.working, os.path.dirname(room.cache)):
            os.makedirs(folder, exist_ok=True)
        if anew:
            os.makedirs(room.cache, exist_ok=True)
        else:
            os.symlink(store.artifacts, room.cache)
        for path in _needed(store, anew):
            _place(store, room, path)
        _configure(store, room)
        with _inside(room):
            yield room


def _room(top: str, store: OpenStore) -> Room:
    info = store.info

    def within(path: str) -> str:
        return os.path.join(top, without_root(path))

    cache = info["cache_path"]
    room = Room(
        top,
        within(info["project_folder"]),
        within(info["working_folder"]),
        within(cache) if os.path.isabs(cache) else cache,
        tuple(within(folder) for folder in info["import_folders"]),
    )
    if below(room.cache, top) in (None, os.curdir):
        raise DamagedStoreError(f"{store.folder} names a cache folder that cannot be: {cache}")
    return room


def _needed(store: OpenStore, anew: bool) -> Iterator[str]:
    """The files of the store that belong into the room."""
    made = {path for held in store.made_by_stages() for path in held.files} if anew else set()
    wanted = (PROJECT, ELSEWHERE, *([ARTIFACTS] if anew else []))
    for file in store.manifest.files:
        if file.path.partition("/")[0] in wanted and file.path not in made:
            yield file.path


def _place(store: OpenStore, room: Room, path: str) -> None:
    first, _, rest = path.partition("/")
    folder = {PROJECT: room.root, ELSEWHERE: room.top, ARTIFACTS: room.cache}[first]
    target = os.path.join(folder, rest)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    # not its permissions: what is read-only in the store may be written to in here
    shutil.copyfile(store.path(path), target)


def _configure(store: OpenStore, room: Room) -> None:
    """Let the run find the settings that it had, but for paths; and the code of its recipes."""
    own = {
        key: value
        for key, value in store.info["settings"].items()
        if key in FLAGS and FLAGS[key].metadata["kind"] != "path"
    }
    path = os.path.join(room.root, CONFIGURATION_FILE)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**own, **_SETTLED}, file, indent=2)
    code = store.path(CODE)
    if os.path.isdir(code):
        shutil.copytree(code, os.path.join(room.root, "data", CODE), dirs_exist_ok=True)


@contextmanager
def _inside(room: Room) -> Iterator[None]:
    """Work in the room: its folder, its paths, its modules, no settings of the environment."""
    environment, path = dict(os.environ), list(sys.path)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    for name in [name for name in os.environ if name.startswith("CURIFACTORY_")]:
        del os.environ[name]
    sys.path[:0] = [folder for folder in room.import_folders if folder not in sys.path]
    with ExitStack() as stack:
        stack.enter_context(chdir(room.working))
        stack.enter_context(relocating(room.here))
        try:
            yield
        finally:
            sys.dont_write_bytecode = bytecode
            sys.path[:] = path
            os.environ.clear()
            os.environ.update(environment)
