"""A slot: where one artifact's files lie. A use of it remembers every path it gave out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from curifactory.store.names import check_file_name, check_name, check_subdir
from curifactory.store.reserved import METADATA_SUFFIX
from curifactory.store.streams import compared_reading

_SEPARATORS = (os.sep, os.altsep, ":")


# a tuple, since thousands are made for every plan
class Slot(NamedTuple):
    """Folder, file name and extension of one artifact.

    Parameters
    ----------
    folder : str
        The folder, spelled as configured; ``""`` is the working folder.
    stem : str
        File name without extension; each file of the artifact is the stem and a suffix.
    extension : str
        The suffix that is used when none is asked for, such as ``".json"``.
    static : bool
        Whether the path was written out by the user without anything of the parameter set in it.
    given_by_user : bool
        Whether the path was written out by the user at all (``overwrite_path``).
    """

    folder: str
    stem: str
    extension: str = ""
    static: bool = False
    given_by_user: bool = False

    def path(self, suffix: str | None = None) -> str:
        """The path of the file with this suffix, or with the extension if there is none."""
        return self.beside(self.stem + (self.extension if suffix is None else suffix))

    @property
    def metadata_path(self) -> str:
        """The path of the metadata file."""
        return self.beside(self.stem + METADATA_SUFFIX)

    def beside(self, name: str) -> str:
        """The path of a file in the artifact's folder."""
        folder = self.folder
        if folder and name[0] != "/" and folder[-1] not in _SEPARATORS:
            return f"{folder}{os.sep}{name}"
        return os.path.join(folder, name)

    def moved(self, folder: str) -> Slot:
        """The same file names in another folder."""
        return self._replace(folder=folder)

    @classmethod
    def at(cls, path: str | os.PathLike[str], extension: str, static: bool = True) -> Slot:
        """The slot whose main file is exactly `path`."""
        folder, name = os.path.split(os.fspath(path))
        if extension and name.endswith(extension) and name != extension:
            return cls(folder, name.removesuffix(extension), extension, static, True)
        return cls(folder, name, "", static, True)


def artifact_file_name(prefix: str, hash_: str, stage: str, artifact: str) -> str:
    """``<prefix>_<hash>_<stage>_<artifact>``, every part checked."""
    _check_names(prefix, stage, artifact)
    # letters and digits, as most are, lead nowhere
    if not (isinstance(hash_, str) and hash_.isalnum()):
        _check_hash(hash_)
    return check_file_name(f"{prefix}_{hash_}_{stage}_{artifact}")


@functools.lru_cache(maxsize=4096)
def _check_names(prefix: str, stage: str, artifact: str) -> None:
    check_name("prefix", prefix)
    check_name("stage", stage)
    check_name("artifact", artifact)


@functools.lru_cache(maxsize=1024)
def _check_hash(hash_: str) -> None:
    check_name("parameter set's hash", hash_)


def cache_slot(
    cache_path: str, file_name: str, extension: str = "", subdir: str | None = None
) -> Slot:
    """The slot of this file name in the cache folder, or in a folder below it."""
    folder = os.path.join(cache_path, check_subdir(subdir)) if subdir else cache_path
    stem = file_name.removesuffix(extension) if file_name != extension else file_name
    return Slot(folder, stem, extension)


class Readable(Protocol):
    """What a built-in cacher reads from."""

    def read(self, size: int = -1, /) -> bytes: ...


class SlotUse:
    """One use of a slot by one cacher: gives out paths and remembers which.

    Parameters
    ----------
    slot : Slot
        Where the files lie, or are to be written for now.
    on_give : callable, optional
        Called with each path before it is given out (a reader checks it, a writer makes
        room for it).
    on_open : callable, optional
        Called in place of `on_give` with a path that is about to be read as a whole; checks all
        but its bytes, and gives the digest that they must have (``None``: any).
    """

    def __init__(
        self,
        slot: Slot,
        on_give: Callable[[str], None] | None = None,
        on_open: Callable[[str], str | None] | None = None,
    ) -> None:
        self.slot = slot
        self.files: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self._on_give = on_give
        self._on_open = on_open

    def path(self, suffix: str | None = None) -> str:
        """The path of one file; the caller writes or reads exactly there."""
        if suffix:
            check_name("suffix", suffix)
        path = self.slot.path(suffix)
        if self._on_give is not None:
            self._on_give(path)
        if suffix != METADATA_SUFFIX:
            self.files[os.path.basename(path)] = path
        return path

    @contextmanager
    def opened(self, suffix: str | None = None) -> Iterator[Readable]:
        """One file, to be read once; its bytes are compared as they are read.

        Raises
        ------
        UnusableArtifactError
            If it is not what was saved; at the end at the latest.
        OSError
            If it cannot be read.
        """
        path = self.slot.path(suffix)
        digest = None
        if self._on_open is not None:
            digest = self._on_open(path)
        elif self._on_give is not None:
            self._on_give(path)
        if digest is None:
            with open(path, "rb") as file:
                yield file
        else:
            with compared_reading(path, digest) as reader:
                yield reader

    def folder(self, suffix: str | None = None) -> str:
        """The path of a folder whose whole content belongs to the artifact."""
        if suffix:
            check_name("suffix", suffix)
        path = self.slot.path(suffix or "")
        if self._on_give is not None:
            self._on_give(path)
        self.folders[os.path.basename(path)] = path
        os.makedirs(path, exist_ok=True)
        return path
