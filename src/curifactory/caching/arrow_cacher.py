"""ArrowCacher: tables in Arrow's own file format, mapped into memory when they are loaded."""

from __future__ import annotations

import os
from typing import Any

from curifactory.caching.arrow_tables import kind_of, marked_table, unmarked_table
from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.errors import ArtifactSaveError
from curifactory.store.streams import digested_writing


class ArrowCacher(FileCacher):
    """Stores a table of pandas, polars or pyarrow in Arrow's IPC file format, as ``.arrow``.

    It comes back as what it was. The file is mapped into memory, not read: a column of numbers
    without gaps costs nothing before it is used, and cannot be written to.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    mmap : bool
        Whether the file is mapped. Without, everything is read, and a frame of pandas has memory
        of its own that may be written to.
    **kwargs
        What every cacher takes.
    """

    needs = "arrow"
    default_extension = ".arrow"
    handing_over = ("mmap",)

    def __init__(
        self,
        path_override: str | os.PathLike[str] | None = None,
        mmap: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(path_override, **kwargs)
        self.mmap = mmap

    def as_loaded(self, obj: Any) -> AsLoaded:
        """The table as the file holds it, as on every later run."""
        loaded, kind = self.load(), kind_of(obj)
        return AsLoaded(loaded, None if kind is None else kind.difference(obj, loaded))

    def _write(self, obj: Any, path: str) -> None:
        kind = kind_of(obj)
        if kind is None:
            raise ArtifactSaveError(
                f"{type(self).__name__} stores tables of pandas, polars and pyarrow, but "
                f"{self._what()} is of type {type(obj).__name__}; use another cacher for it."
            )
        import pyarrow

        table = marked_table(obj, kind)
        with (
            digested_writing(path) as file,
            pyarrow.PythonFile(file, mode="w") as output,
            pyarrow.ipc.new_file(output, table.schema) as writer,
        ):
            writer.write_table(table)

    def _read(self, path: str) -> Any:
        import pyarrow

        opened = pyarrow.memory_map if self.mmap else pyarrow.OSFile
        with opened(path) as file:
            table = pyarrow.ipc.open_file(file).read_all()
        return unmarked_table(table, shared=self.mmap)
