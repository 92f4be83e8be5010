"""Cachers of data frames, in the formats that pandas writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from curifactory.caching.cacheable import AsLoaded
from curifactory.caching.file_cacher import FileCacher
from curifactory.caching.frame_difference import frame_difference
from curifactory.caching.pandas_formats import FORMATS, FrameFormat
from curifactory.errors import ArtifactSaveError, DefinitionError, UnusableArtifactError

_Path = str | os.PathLike[str] | None
_Args = Mapping[str, Any] | None
_ARGUMENTS = ("format", "to_args", "read_args")


class PandasCacher(FileCacher):
    """Stores a data frame or a series in a file format of pandas' choice of formats.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    format : str
        ``csv``, ``json``, ``parquet``, ``pickle``, ``orc``, ``hdf5``, ``excel`` or ``xml``.
    to_args : dict, optional
        Arguments for the writer of pandas, such as ``to_csv``; they replace our defaults.
    read_args : dict, optional
        Arguments for the reader, such as ``read_csv``; they replace our defaults.
    **kwargs
        What every cacher takes.

    Raises
    ------
    DefinitionError
        If there is no such format.
    """

    needs = "pandas"

    def __init__(
        self,
        path_override: _Path = None,
        format: str = "pickle",
        to_args: _Args = None,
        read_args: _Args = None,
        **kwargs: Any,
    ) -> None:
        if format not in FORMATS:
            raise DefinitionError(
                f"{type(self).__name__} knows no format {format!r}; choose one of "
                f"{', '.join(FORMATS)}."
            )
        super().__init__(path_override, **{"extension": FORMATS[format].extension, **kwargs})
        self.format = format
        # pandas pickles the objects in an HDF5 file
        self.may_unpickle = format in ("pickle", "hdf5")
        self.to_args = dict(to_args or {})
        self.read_args = dict(read_args or {})

    def as_loaded(self, obj: Any) -> AsLoaded:
        """The frame as the file holds it; read back only if its dtypes leave a doubt.

        Raises
        ------
        ArtifactSaveError
            If the format, or the user's arguments for it, wrote what cannot be read.
        """
        if not self.to_args and not self.read_args and self._format.is_exact(obj):
            return AsLoaded(obj)
        try:
            loaded = self.load()
        except UnusableArtifactError as error:
            raise ArtifactSaveError(
                f"The {type(obj).__name__} of {self._what()} was written as {self.format}, but "
                f"cannot be read back: {error.__cause__ or error}"
            ) from error
        return AsLoaded(loaded, frame_difference(obj, loaded))

    def take_arguments(self, arguments: dict[str, Any]) -> None:
        """Take over format and arguments; the format says whether loading unpickles."""
        mine = {name: arguments[name] for name in _ARGUMENTS if name in arguments}
        PandasCacher.__init__(self, **mine)

    @property
    def _format(self) -> FrameFormat:
        return FORMATS[self.format]

    def _write(self, obj: Any, path: str) -> None:
        from pandas import DataFrame, Series

        if not isinstance(obj, DataFrame | Series):
            raise ArtifactSaveError(
                f"{type(self).__name__} stores data frames and series, but {self._what()} is of "
                f"type {type(obj).__name__}; use another cacher for it."
            )
        if isinstance(obj, Series) and not self._format.holds_series:
            obj = obj.to_frame("0" if obj.name is None else obj.name)
        self._format.write(obj, path, self.to_args)

    def _read(self, path: str) -> Any:
        return self._format.read(path, self.to_args, self.read_args)


class PandasCsvCacher(PandasCacher):
    """Stores a data frame as ``.csv``; its first column is the index.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    to_csv_args, read_csv_args : dict, optional
        Arguments for ``to_csv`` and ``read_csv``; they replace our defaults.
    **kwargs
        What every cacher takes.
    """

    def __init__(
        self,
        path_override: _Path = None,
        to_csv_args: _Args = None,
        read_csv_args: _Args = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(path_override, "csv", to_csv_args, read_csv_args, **kwargs)


class PandasJsonCacher(PandasCacher):
    """Stores a data frame as ``.json``: an array with one object per row.

    Parameters
    ----------
    path_override : str or path-like, optional
        Use exactly this path.
    to_json_args, read_json_args : dict, optional
        Arguments for ``to_json`` and ``read_json``; with any of them, pandas does the work.
    **kwargs
        What every cacher takes.
    """

    def __init__(
        self,
        path_override: _Path = None,
        to_json_args: _Args = None,
        read_json_args: _Args = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(path_override, "json", to_json_args, read_json_args, **kwargs)
