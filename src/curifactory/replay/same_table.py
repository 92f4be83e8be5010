"""Whether arrays and tables are the same but for rounding."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from curifactory.replay.apart import Tolerance, require


class Comparison(Protocol):
    """What is asked of a `curifactory.replay.same_value.Comparison` here."""

    tolerance: Tolerance
    largest: float

    def compare(self, first: Any, second: Any, place: str = "") -> None: ...


def compare_table(comparison: Comparison, first: Any, second: Any, place: str) -> bool:
    """Compare two values of one type, if they are arrays or tables.

    Returns
    -------
    bool
        Whether they are.

    Raises
    ------
    DifferentError
        If they are not the same.
    """
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if type(first).__module__.partition(".")[0] in ("polars", "pyarrow"):
        return _columnar(comparison, first, second, place)
    if numpy is None:
        return False
    if pandas is not None and isinstance(first, pandas.DataFrame):
        _frames(comparison, first, second, place)
    elif pandas is not None and isinstance(first, pandas.Series | pandas.Index):
        _column(comparison, first, second, place)
    elif hasattr(first, "__array__"):
        _arrays(comparison, numpy.asarray(first), numpy.asarray(second), place)
    else:
        return False
    return True


def _arrays(comparison: Comparison, first: Any, second: Any, place: str) -> None:
    require(first.dtype == second.dtype, f"{place}.dtype", str(first.dtype), str(second.dtype))
    require(first.shape == second.shape, f"{place}.shape", first.shape, second.shape)
    kind = first.dtype.kind
    if first.dtype.names is not None:
        for name in first.dtype.names:
            _arrays(comparison, first[name], second[name], f"{place}[{name!r}]")
    elif kind == "O":
        comparison.compare(first.tolist(), second.tolist(), place)
    elif kind == "c":
        _arrays(comparison, first.real, second.real, f"{place}.real")
        _arrays(comparison, first.imag, second.imag, f"{place}.imag")
    elif kind == "f":
        _floats(comparison, first, second, place)
    else:
        _require_all(first == second, first, second, place)


def _floats(comparison: Comparison, first: Any, second: Any, place: str) -> None:
    import numpy

    with numpy.errstate(all="ignore"):
        distance = numpy.abs(first - second)
        scale = numpy.maximum(numpy.abs(first), numpy.abs(second))
        same = (first == second) | (numpy.isnan(first) & numpy.isnan(second))
        # what is infinite or missing on one side only has no distance
        near = numpy.isfinite(distance) & (distance <= comparison.tolerance.allowed(scale))
        _require_all(same | near, first, second, place)
        apart = numpy.where(same, 0, distance / scale)
    comparison.largest = max(comparison.largest, float(apart.max(initial=0.0)))


def _require_all(same: Any, first: Any, second: Any, place: str) -> None:
    import numpy

    if not numpy.all(same):
        index = tuple(map(int, numpy.argwhere(~numpy.atleast_1d(same))[0])) if first.ndim else ()
        spot = f"{place}[{', '.join(map(str, index))}]" if index else place
        require(False, spot, first[index].item(), second[index].item())


def _frames(comparison: Comparison, first: Any, second: Any, place: str) -> None:
    comparison.compare(first.columns, second.columns, f"{place}.columns")
    comparison.compare(first.index, second.index, f"{place}.index")
    for position, name in enumerate(first.columns):
        one, other = first.iloc[:, position], second.iloc[:, position]
        _values(comparison, one, other, f"{place}[{name!r}]")


def _column(comparison: Comparison, first: Any, second: Any, place: str) -> None:
    """A series, or an index of whatever kind."""
    comparison.compare(_names(first), _names(second), f"{place}.name")
    if hasattr(first, "index"):
        comparison.compare(first.index, second.index, f"{place}.index")
    _values(comparison, first, second, place)


def _values(comparison: Comparison, first: Any, second: Any, place: str) -> None:
    require(first.dtype == second.dtype, f"{place}.dtype", str(first.dtype), str(second.dtype))
    _arrays(comparison, first.to_numpy(), second.to_numpy(), place)


def _columnar(comparison: Comparison, first: Any, second: Any, place: str) -> bool:
    """A table of polars or pyarrow; other objects of theirs must be equal."""
    if not hasattr(first, "schema"):
        require(first.equals(second), place, first, second)
        return True
    require(first.schema == second.schema, f"{place}.schema", first.schema, second.schema)
    if not first.equals(second):
        comparison.compare(_columns(first), _columns(second), place)
    return True


def _names(one: Any) -> list[Any]:
    return list(getattr(one, "names", None) or [one.name])


def _columns(table: Any) -> Any:
    if hasattr(table, "to_pydict"):
        return table.to_pydict()
    return table.to_dict(as_series=False)
