"""How pandas writes and reads each format, with defaults under which most of a frame survives."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from curifactory.caching import frame_rows
from curifactory.caching.exact_frames import (
    always_exact,
    exact_as_parquet,
    exact_as_rows,
    exact_as_text,
    is_plain_index,
    never_known,
)

Args = Mapping[str, Any]

_COMPRESSED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """One file format for data frames.

    Parameters
    ----------
    extension : str
        What file names end with.
    writer, reader : str
        Names of the method of a frame and of the function of pandas.
    is_exact : callable
        Whether a frame is certain to come back as it is when no arguments are given.
    shared : tuple of str
        Arguments of the writer that the reader must be given alike.
    write_defaults : callable
        Gives our arguments for ``writer`` from the frame.
    read_defaults : callable
        Gives our arguments for ``reader`` from the user's arguments for both.
    holds_series : bool
        Whether a series is stored as such, and not as a frame of one column.
    """

    extension: str
    writer: str
    reader: str
    is_exact: Callable[[Any], bool]
    shared: tuple[str, ...] = ()
    write_defaults: Callable[[Any], Args] = lambda _: {}
    read_defaults: Callable[[Args, Args], Args] = lambda *_: {}
    holds_series: bool = False

    def write(self, frame: Any, path: str, to_args: Args) -> None:
        """Write a frame; the user's arguments replace ours."""
        getattr(frame, self.writer)(path, **{**self.write_defaults(frame), **to_args})

    def read(self, path: str, to_args: Args, read_args: Args) -> Any:
        """Read what was written with `to_args`."""
        import pandas

        shared = {name: to_args[name] for name in self.shared if name in to_args}
        defaults = self.read_defaults(to_args, read_args)
        return getattr(pandas, self.reader)(path, **{**defaults, **shared, **read_args})


class _RowsFormat(FrameFormat):
    """JSON: an array of row objects that we write in full; with arguments, pandas does it."""

    def write(self, frame: Any, path: str, to_args: Args) -> None:
        if _rows_suffice(path, to_args):
            frame_rows.write_rows(frame, path)
        else:
            FrameFormat.write(self, frame, path, to_args)

    def read(self, path: str, to_args: Args, read_args: Args) -> Any:
        if _rows_suffice(path, to_args, read_args):
            return frame_rows.read_rows(path)
        return FrameFormat.read(self, path, to_args, read_args)


def _rows_suffice(path: str, *arguments: Args) -> bool:
    return not any(arguments) and os.path.splitext(path)[1] not in _COMPRESSED


def _table_defaults(to_args: Args, read_args: Args) -> dict[str, Any]:
    """For a table whose first column is the index and whose empty cells are missing values."""
    defaults: dict[str, Any] = {}
    if to_args.get("index", True):
        defaults["index_col"] = 0
    if "na_rep" not in to_args and not {"na_values", "keep_default_na"} & set(read_args):
        # else the text "NA" would come back as a missing value
        defaults |= {"keep_default_na": False, "na_values": [""]}
    return defaults


def _csv_defaults(to_args: Args, read_args: Args) -> dict[str, Any]:
    import pandas

    defaults = _table_defaults(to_args, read_args)
    own_parser = not {"engine", "sep", "delimiter"} & {*to_args, *read_args}
    if own_parser and tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1):
        # until then the default parser was off by one bit now and then
        defaults["float_precision"] = "round_trip"
    return defaults


_CSV = FrameFormat(
    ".csv",
    "to_csv",
    "read_csv",
    exact_as_text,
    shared=("sep", "encoding", "compression", "decimal", "quotechar", "quoting", "escapechar"),
    read_defaults=_csv_defaults,
)
_JSON = _RowsFormat(
    ".json",
    "to_json",
    "read_json",
    exact_as_rows,
    shared=("orient", "lines", "compression"),
    write_defaults=lambda _: {"orient": "records", "date_format": "iso", "double_precision": 15},
    read_defaults=lambda *_: {"orient": "records"},
)
_PARQUET = FrameFormat(
    ".parquet", "to_parquet", "read_parquet", exact_as_parquet, shared=("engine",)
)
_PICKLE = FrameFormat(
    ".pkl", "to_pickle", "read_pickle", always_exact, shared=("compression",), holds_series=True
)
_ORC = FrameFormat(".orc", "to_orc", "read_orc", never_known)
_HDF5 = FrameFormat(
    ".h5",
    "to_hdf",
    "read_hdf",
    never_known,
    shared=("key",),
    write_defaults=lambda _: {"key": "data", "mode": "w"},
    read_defaults=lambda *_: {"key": "data"},
    holds_series=True,
)
_EXCEL = FrameFormat(
    ".xlsx",
    "to_excel",
    "read_excel",
    never_known,
    shared=("sheet_name",),
    write_defaults=lambda _: {"engine": "openpyxl"},
    read_defaults=lambda to_args, read_args: {
        "engine": "openpyxl",
        **_table_defaults(to_args, read_args),
    },
)
_XML = FrameFormat(
    ".xml",
    "to_xml",
    "read_xml",
    never_known,
    shared=("encoding", "compression", "parser"),
    write_defaults=lambda frame: {"index": not is_plain_index(frame)},
)

FORMATS: Mapping[str, FrameFormat] = {
    "csv": _CSV,
    "json": _JSON,
    "parquet": _PARQUET,
    "pickle": _PICKLE,
    "orc": _ORC,
    "hdf5": _HDF5,
    "excel": _EXCEL,
    "xml": _XML,
}
