"""Encoders for pandas: labels, data types and every value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curifactory.hashing.classes import class_token
from curifactory.hashing.containers import in_order, named
from curifactory.hashing.registry import Walk, encoder, leaf_encoder
from curifactory.hashing.tokens import node, text

if TYPE_CHECKING:
    import pandas as pd


def add_encoders() -> None:
    """Make the encoders known; called when a value of pandas is first seen."""
    import pandas as pd

    encoder(pd.DataFrame, family=True)(_frame)
    encoder(pd.Series, family=True)(_series)
    encoder(pd.MultiIndex)(_multi_index)
    encoder(pd.Index, family=True)(_index)
    encoder(pd.api.extensions.ExtensionArray, family=True)(_values)
    encoder(pd.api.extensions.ExtensionDtype, family=True)(_dtype)
    encoder(pd.Timestamp)(_timestamp)
    encoder(pd.Timedelta)(_timedelta)
    encoder(pd.Period, family=True)(_period)
    encoder(pd.Interval, family=True)(_interval)
    encoder(pd.offsets.BaseOffset, family=True)(_offset)
    leaf_encoder(type(pd.NaT), family=True)(lambda _: b"NaT:")
    leaf_encoder(type(pd.NA), family=True)(lambda _: b"NA:")


def _frame(value: pd.DataFrame, walk: Walk) -> bytes:
    import pandas as pd

    columns = [
        walk.part(f"[{label!r}]", value.iloc[:, position].array)
        for position, label in enumerate(value.columns)
    ]
    token = node(b"DataFrame:", (walk.token(value.index), walk.token(value.columns), *columns))
    return _of_class(value, pd.DataFrame, token, walk)


def _series(value: pd.Series[Any], walk: Walk) -> bytes:
    import pandas as pd

    parts = walk.token(value.index), walk.token(value.array), walk.token(value.name)
    return _of_class(value, pd.Series, node(b"Series:", parts), walk)


_NAMES = ("name", "_name")


def _of_class(value: Any, base: type, token: bytes, walk: Walk) -> bytes:
    """Add what a class that extends one of pandas declares as its own."""
    if type(value) is base:
        return token
    own = {name: getattr(value, name, None) for name in value._metadata if name not in _NAMES}
    parts = class_token(type(value), walk), token, named(b"attributes:", own, walk)
    return node(b"extended:", parts)


def _index(value: pd.Index[Any], walk: Walk) -> bytes:
    # a range of labels and the same labels written out are one index
    return node(b"Index:", (walk.token(value.name), walk.token(value.array)))


def _multi_index(value: pd.MultiIndex, walk: Walk) -> bytes:
    # by label, since levels may hold labels that nothing uses
    levels = [walk.token(value.get_level_values(n)) for n in range(value.nlevels)]
    return node(b"MultiIndex:", levels)


def _values(value: Any, walk: Walk) -> bytes:
    import numpy as np
    import pandas as pd

    dtype = value.dtype
    if isinstance(dtype, np.dtype) or isinstance(value, pd.arrays.NumpyExtensionArray):
        return walk.token(np.asarray(value))
    parts: tuple[object, ...]
    if isinstance(dtype, pd.CategoricalDtype):
        parts = (value.codes.astype("int64"),)
    elif isinstance(dtype, pd.DatetimeTZDtype | pd.PeriodDtype):
        parts = (value.asi8,)
    elif isinstance(dtype, pd.IntervalDtype):
        parts = (value.left, value.right)
    elif isinstance(dtype, pd.SparseDtype):
        parts = (np.asarray(value),)
    elif _is_masked(value):
        missing = np.asarray(value.isna())
        # what lies under a missing value is nobody's
        parts = (value.to_numpy(dtype.numpy_dtype, na_value=dtype.type(0)), missing)
    else:
        parts = (value.to_numpy(dtype=object),)
    return node(b"values:", (walk.token(dtype), in_order(b"parts:", parts, walk)))


def _is_masked(value: Any) -> bool:
    import pandas as pd

    kinds = pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray
    return isinstance(value, kinds)


def _dtype(value: Any, walk: Walk) -> bytes:
    import pandas as pd

    if isinstance(value, pd.CategoricalDtype):
        return node(b"category:", (walk.token(value.categories), walk.token(value.ordered)))
    # pandas names a data type by all that belongs to it, except how strings are kept
    facts = [text(value.name), *(walk.token(getattr(value, name, None)) for name in _FACTS)]
    return node(b"dtype:", (class_token(type(value), walk), *facts))


_FACTS = ("storage", "na_value", "fill_value", "closed")


def _timestamp(value: pd.Timestamp, walk: Walk) -> bytes:
    parts = walk.token(value.asm8), walk.token(value.tzinfo), walk.token(value.fold)
    return node(b"Timestamp:", parts)


def _timedelta(value: pd.Timedelta, walk: Walk) -> bytes:
    return node(b"Timedelta:", (walk.token(value.asm8),))


def _period(value: pd.Period, walk: Walk) -> bytes:
    return node(b"Period:", (walk.token(value.ordinal), text(value.freqstr)))


def _interval(value: pd.Interval[Any], walk: Walk) -> bytes:
    return in_order(b"Interval:", (value.left, value.right, value.closed), walk)


def _offset(value: Any, walk: Walk) -> bytes:
    facts = (value.n, value.normalize, value.kwds)
    return node(b"offset:", (class_token(type(value), walk), in_order(b"facts:", facts, walk)))
