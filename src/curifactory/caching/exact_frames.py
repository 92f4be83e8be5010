"""Frames that a format is certain to give back exactly, told from their dtypes and labels alone.

A ``False`` costs reading the file back and comparing; a wrong ``True`` would be a wrong value.
"""

from __future__ import annotations

from typing import Any

_TEXT_DTYPES = ("int64", "float64", "bool")


def always_exact(frame: Any) -> bool:  # noqa: ARG001 - the format keeps every frame
    """For a format that holds everything."""
    return True


def never_known(frame: Any) -> bool:  # noqa: ARG001 - the format decides value by value
    """For a format where only reading back tells."""
    return False


def exact_as_text(frame: Any) -> bool:
    """For csv: numbers, whose text tells their dtype."""
    return _is_ordinary(frame) and all(dtype in _TEXT_DTYPES for dtype in frame.dtypes)


def exact_as_rows(frame: Any) -> bool:
    """For row objects: numbers; a column without a single one has no dtype in JSON."""
    return exact_as_text(frame) and not frame.isna().all().any()


def exact_as_parquet(frame: Any) -> bool:
    """For parquet, whose file holds the dtypes of numbers, times of pandas and ordinary texts."""
    return _is_ordinary(frame) and all(map(_kept_by_parquet, frame.dtypes))


def is_plain_index(frame: Any) -> bool:
    """Whether the rows are just numbered from 0."""
    from pandas import RangeIndex

    index = frame.index
    return type(index) is RangeIndex and (index.start, index.step, index.name) == (0, 1, None)


def _is_ordinary(frame: Any) -> bool:
    """Whether rows and columns are labelled as those of a new frame with named columns."""
    from pandas import DataFrame, Index

    if type(frame) is not DataFrame or frame.empty:
        return False
    columns = frame.columns
    return (
        not frame.attrs
        and is_plain_index(frame)
        and columns.nlevels == 1
        and columns.name is None
        and columns.dtype == Index(["text"]).dtype
        and all(type(label) is str and label.isidentifier() for label in columns)
        and columns.is_unique
    )


def _kept_by_parquet(dtype: Any) -> bool:
    from numpy import dtype as numpy_dtype
    from pandas import Series, StringDtype

    if isinstance(dtype, numpy_dtype):
        return dtype.kind in "biufM" and dtype != "float16" and dtype != "datetime64[s]"
    return isinstance(dtype, StringDtype) and dtype == Series(["text"]).dtype
