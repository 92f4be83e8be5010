"""PickleCacher: any Python object, in one file that plain ``pickle.load`` reads."""

from __future__ import annotations

import pickle
from typing import Any

from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.store.streams import digested_writing


class PickleCacher(FileCacher):
    """Stores an object with pickle, protocol 5, as ``.pkl``."""

    default_extension = ".pkl"
    may_unpickle = True

    def as_loaded(self, obj: Any) -> AsLoaded:
        """Pickle gives back an equal object."""
        return AsLoaded(obj)

    def _write(self, obj: Any, path: str) -> None:
        with digested_writing(path) as file:
            pickle.dump(obj, file, protocol=5)

    def _read(self, path: str) -> Any:
        with open(path, "rb") as file:
            return pickle.load(file)
