"""Where two data frames differ: one question after the other, the first difference is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Index, Series


def frame_difference(saved: Any, loaded: Any) -> str | None:
    """The first place where `loaded` is not what was saved, or ``None``.

    Types, shape, labels, dtypes and every value count; whether a plain index is stored as a
    range does not.

    Parameters
    ----------
    saved, loaded : DataFrame or Series
        What is compared. `loaded` may be anything else too, which is a difference.
    """
    from pandas import Series

    if type(saved) is not type(loaded):
        return f"{type(saved).__name__} becomes {type(loaded).__name__}"
    if saved.shape != loaded.shape:
        return f"shape {saved.shape} becomes {loaded.shape}"
    if saved.attrs and not loaded.attrs:
        return f"attrs {list(saved.attrs)} are not kept"
    if isinstance(saved, Series):
        if saved.name != loaded.name:
            return f"name {saved.name!r} becomes {loaded.name!r}"
        return _labels("index", saved.index, loaded.index) or _values("values", saved, loaded)
    return (
        _labels("columns", saved.columns, loaded.columns)
        or _labels("index", saved.index, loaded.index)
        or _columns(saved, loaded)
    )


def _labels(what: str, saved: Index[Any], loaded: Index[Any]) -> str | None:
    if list(saved.names) != list(loaded.names):
        return f"{what}: names {list(saved.names)} become {list(loaded.names)}"
    frequency, new_frequency = getattr(saved, "freq", None), getattr(loaded, "freq", None)
    if saved.identical(loaded) and frequency == new_frequency:
        return None
    for level in range(saved.nlevels):
        before = saved.get_level_values(level).to_series()
        after = loaded.get_level_values(level).to_series()
        difference = _values(what, before, after)
        if difference is not None:
            return difference
    if frequency != new_frequency:
        return f"{what}: freq {frequency} becomes {new_frequency}"
    return None


def _columns(saved: DataFrame, loaded: DataFrame) -> str | None:
    # by position: labels may occur twice
    for position, label in enumerate(saved.columns):
        before, after = saved.iloc[:, position], loaded.iloc[:, position]
        difference = _values(f"column {label!r}", before, after)
        if difference is not None:
            return difference
    return None


def _values(place: str, saved: Series[Any], loaded: Series[Any]) -> str | None:
    if saved.dtype != loaded.dtype:
        return f"{place}: dtype {saved.dtype} becomes {loaded.dtype}"
    saved, loaded = saved.reset_index(drop=True), loaded.reset_index(drop=True)
    if saved.equals(loaded) and (saved.dtype != object or _types(saved) == _types(loaded)):
        return None
    for row, (before, after) in enumerate(zip(saved, loaded, strict=True)):
        if type(before) is not type(after) or repr(before) != repr(after):
            return f"{place}, row {row}: {before!r:.60} becomes {after!r:.60}"
    return f"{place}: some values differ"


def _types(values: Series[Any]) -> list[type]:
    # an object column may hold 1 or 1.0 or True, which are equal and not the same
    return list(map(type, values))
