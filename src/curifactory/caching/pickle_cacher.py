"""PickleCacher: any Python object, in one file that plain ``pickle.load`` reads."""

from __future__ import annotations

import os
import pickle
from typing import Any

from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.caching.pickle_buffers import mapped_buffers, write_buffers
from curifactory.store.files import remove
from curifactory.store.streams import digested_writing

_BUFFERS = "_buffers.bin"


class PickleCacher(FileCacher):
    """Stores an object with pickle, protocol 5, as ``.pkl``.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    mmap : bool
        Whether the large parts of the object (the memory of arrays and frames) lie in a second
        file, which is mapped into memory on loading: they are not read before they are used, and
        cannot be written to.
    **kwargs
        What every cacher takes.
    """

    default_extension = ".pkl"
    may_unpickle = True
    handing_over = ("mmap",)

    def __init__(
        self,
        path_override: str | os.PathLike[str] | None = None,
        mmap: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(path_override, **kwargs)
        self.mmap = mmap

    def as_loaded(self, obj: Any) -> AsLoaded:
        """Pickle gives back an equal object; what is mapped can only be read."""
        return AsLoaded(self.load() if self.mmap else obj)

    def _write(self, obj: Any, path: str) -> None:
        buffers: list[pickle.PickleBuffer] = []
        with digested_writing(path) as file:
            pickle.dump(obj, file, 5, buffer_callback=buffers.append if self.mmap else None)
        if self.mmap:
            with self.atomic_path(_BUFFERS) as buffers_path:
                write_buffers(buffers, file.digest, buffers_path)
        elif self._use is None:
            remove(self.slot().path(_BUFFERS))

    def _read(self, path: str) -> Any:
        buffers: list[Any] | None = None
        if os.path.exists(self._current_use().slot.path(_BUFFERS)):
            buffers = mapped_buffers(self.get_path(_BUFFERS), path)
            if not self.mmap:
                buffers = list(map(bytearray, buffers))
        with open(path, "rb") as file:
            return pickle.load(file, buffers=buffers)
