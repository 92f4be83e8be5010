"""The kinds of tables that Arrow files hold: how each becomes an Arrow table and comes back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from curifactory.caching.exact_frames import exact_as_parquet
from curifactory.caching.frame_difference import frame_difference

_MARK = b"curifactory_table"


@dataclass(frozen=True, slots=True)
class TableKind:
    """One library's tables.

    Parameters
    ----------
    library, type_name : str
        Where the class of these tables is found.
    to_arrow : callable
        Makes an Arrow table.
    from_arrow : callable
        Makes such a table of ``(arrow table, whether it may share the memory)``.
    difference : callable
        Tells where ``(saved, loaded)`` differ, or ``None``.
    """

    library: str
    type_name: str
    to_arrow: Callable[[Any], Any]
    from_arrow: Callable[[Any, bool], Any]
    difference: Callable[[Any, Any], str | None]


def kind_of(obj: Any) -> TableKind | None:
    """The kind of a table; ``None`` if it is none."""
    for kind in KINDS:
        # a table exists only where its library was imported
        library = sys.modules.get(kind.library)
        if library is not None and isinstance(obj, getattr(library, kind.type_name)):
            return kind
    return None


def marked_table(obj: Any, kind: TableKind) -> Any:
    """The Arrow table of `obj`, which says of what kind that was."""
    table = kind.to_arrow(obj)
    metadata = {**(table.schema.metadata or {}), _MARK: kind.library.encode()}
    return table.replace_schema_metadata(metadata)


def unmarked_table(table: Any, shared: bool) -> Any:
    """What `marked_table` was made of; a table that somebody else wrote stays as it is."""
    metadata = dict(table.schema.metadata or {})
    library = metadata.pop(_MARK, b"pyarrow").decode()
    kind = next(kind for kind in KINDS if kind.library == library)
    return kind.from_arrow(table.replace_schema_metadata(metadata or None), shared)


def _pandas_to_arrow(frame: Any) -> Any:
    import pyarrow

    return pyarrow.Table.from_pandas(frame)


def _pandas_from_arrow(table: Any, shared: bool) -> Any:
    # one block per column is what lets a column be the file's memory itself
    frame = table.to_pandas(split_blocks=shared)
    return frame if shared else frame.copy()


def _pandas_difference(saved: Any, loaded: Any) -> str | None:
    return None if exact_as_parquet(saved) else frame_difference(saved, loaded)


def _polars_from_arrow(table: Any, _: bool) -> Any:
    import polars

    # polars never writes to memory that others see
    return polars.from_arrow(table, rechunk=False)


def _polars_difference(saved: Any, loaded: Any) -> str | None:
    if type(saved) is not type(loaded):
        return f"{type(saved).__name__} becomes {type(loaded).__name__}"
    for name, dtype in saved.schema.items():
        if loaded.schema.get(name) != dtype:
            return f"column {name!r}: dtype {dtype} becomes {loaded.schema.get(name)}"
    return None if saved.equals(loaded, null_equal=True) else "some values differ"


def _arrow_difference(saved: Any, loaded: Any) -> str | None:
    if not saved.schema.equals(loaded.schema, check_metadata=True):
        return f"schema {saved.schema} becomes {loaded.schema}"
    return None


KINDS = (
    TableKind("pandas", "DataFrame", _pandas_to_arrow, _pandas_from_arrow, _pandas_difference),
    TableKind(
        "polars",
        "DataFrame",
        lambda frame: frame.to_arrow(),
        _polars_from_arrow,
        _polars_difference,
    ),
    TableKind("pyarrow", "Table", lambda table: table, lambda table, _: table, _arrow_difference),
)
