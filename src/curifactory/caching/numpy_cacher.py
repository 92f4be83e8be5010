"""NumpyCacher: arrays in the files that ``numpy.load`` reads, mapped into memory if asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from curifactory.caching.array_archives import mapped_archive, read_archive, write_archive
from curifactory.caching.array_files import (
    changed_by_storing,
    mapped_array,
    read_array,
    write_array,
)
from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.errors import ArtifactSaveError
from curifactory.store.files import remove

if TYPE_CHECKING:
    from curifactory.caching.array_files import Array

_ARCHIVE = ".npz"


class NumpyCacher(FileCacher):
    """Stores an array as ``.npy``, and a dictionary of arrays, by name, as ``.npz``.

    Arrays of any shape and of every dtype but objects come back exactly: in C order, or in
    Fortran order if they were.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    mmap : bool
        Whether arrays are handed over as read-only maps of the file: nothing is read before
        it is used, and memory that is short can be taken back.
    **kwargs
        What every cacher takes.
    """

    # said of the `save` and `load` below: what is inherited speaks of those of the base
    staged = True
    may_unpickle = False
    needs = "numpy"
    default_extension = ".npy"
    handing_over = ("mmap",)

    def __init__(
        self,
        path_override: str | os.PathLike[str] | None = None,
        mmap: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(path_override, **kwargs)
        self.mmap = mmap

    def check(self) -> bool:
        """Whether there is an array, or an archive of arrays."""
        return super().check() or os.path.exists(self.get_path(self._archive_suffix))

    def save(self, obj: Any) -> None:
        """Write the array, or the dictionary of arrays.

        Raises
        ------
        ArtifactSaveError
            If it holds objects, or is a masked array.
        OSError
            If the disk or a permission refused.
        """
        with self._explained_save(obj):
            if isinstance(obj, dict):
                arrays = {self._checked_name(name): _array(item) for name, item in obj.items()}
                with self.atomic_path(self._archive_suffix) as path:
                    write_archive(arrays, path)
            else:
                array = _array(obj)
                with self.atomic_path() as path:
                    write_array(array, path)
        self._settle_kind(isinstance(obj, dict))

    def load(self) -> Any:
        """Read or map the array, or the dictionary of arrays.

        Raises
        ------
        FileNotFoundError
            If there is none.
        UnusableArtifactError
            If the file is damaged or of another format.
        """
        use = self._current_use()
        suffix = None if os.path.exists(use.slot.path()) else self._archive_suffix
        with self._explained_load(use.slot.path(suffix)):
            if _is_archive(use.slot.path(suffix)):
                path = self.get_path(suffix)
                return mapped_archive(path) if self.mmap else read_archive(path)
            if self.mmap:
                with open(self.get_path(suffix), "rb") as file:
                    return mapped_array(file)
            with use.opened(suffix) as file:
                return read_array(file)

    def as_loaded(self, obj: Any) -> AsLoaded:
        """The arrays as the file holds them; read back only where that is not the same."""
        changed = _changed(obj)
        return AsLoaded(self.load() if changed or self.mmap else obj, changed)

    @property
    def _archive_suffix(self) -> str | None:
        """What an archive's file name ends with; a path that the user wrote out stays as it is."""
        return _ARCHIVE if self.path_override is None else None

    def _settle_kind(self, is_archive: bool) -> None:
        """Where an artifact of the other kind could lie, there is none."""
        if self._archive_suffix is None:
            return
        other = self.get_path(None if is_archive else self._archive_suffix)
        if self._use is None:
            remove(other)

    def _checked_name(self, name: Any) -> str:
        if type(name) is str and "\0" not in name:
            return name
        raise ArtifactSaveError(
            f"NumpyCacher stores arrays under texts as names, but a name in {self._what()} is "
            f"{name!r}. Rename it, or use PickleCacher."
        )


def _is_archive(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"PK"


def _array(value: Any) -> Array:
    import numpy

    array: Array = numpy.asanyarray(value)
    if array.dtype.hasobject or isinstance(array, numpy.ma.MaskedArray):
        what = "objects" if array.dtype.hasobject else "a mask"
        raise TypeError(f"the format has no room for {what}; use PickleCacher for it")
    return array


def _changed(value: Any) -> str | None:
    if not isinstance(value, dict):
        return changed_by_storing(value)
    if type(value) is not dict:
        return f"{type(value).__name__} becomes dict"
    for name, item in value.items():
        changed = changed_by_storing(item)
        if changed is not None:
            return f"at [{name!r}]: {changed}"
    return None
