"""What a value looks like, in a few lines: kind, shape, columns, the first rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

_MOST_LINES = 12
_MOST_CHARACTERS = 2000
_WIDEST = 110
_ROWS = 5
_MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Preview:
    """A few facts about a value.

    Parameters
    ----------
    kind : str
        Its type.
    shape : tuple of int, optional
        For a table or array; the number of items for a collection.
    columns : dict of str to str
        Name and dtype of each column of a table.
    dtype : str, optional
        Of an array.
    head : tuple of str
        The first lines of it.
    """

    kind: str
    shape: tuple[int, ...] | None = None
    columns: Mapping[str, str] | None = None
    dtype: str | None = None
    head: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """For a reader."""
        facts = [self.kind]
        if self.shape is not None:
            size = " x ".join(map(str, self.shape))
            facts.append(size if self.columns is not None or self.dtype else f"of {size}")
        if self.dtype:
            facts.append(self.dtype)
        yield ", ".join(facts).replace(", of ", " of ")
        if self.columns is not None:
            named = [f"{name} {dtype}" for name, dtype in self.columns.items()]
            rest = len(named) - _MOST_COLUMNS
            named[_MOST_COLUMNS:] = [f"and {rest} more"] if rest > 0 else []
            yield f"columns: {', '.join(named)}"
        yield from self.head


def preview(value: Any) -> Preview:
    """Look at a value; whatever its own methods raise, a preview comes out."""
    kind = type(value).__name__
    try:
        for look in (_table, _array, _plain):
            found = look(kind, value)
            if found is not None:
                return found
        return Preview(kind, head=_head(repr(value)))
    except Exception as error:
        return Preview(kind, head=(f"it cannot be shown ({type(error).__name__}: {error})",))


def _table(kind: str, value: Any) -> Preview | None:
    """A data frame or series of pandas, or what behaves like one."""
    if not (callable(getattr(value, "head", None)) and hasattr(value, "shape")):
        return None
    rows = value.head(_ROWS)
    if hasattr(rows, "to_string"):
        text = rows.to_string(**({"max_cols": 8} if hasattr(value, "columns") else {}))
    else:
        text = str(rows)
    columns = None
    if hasattr(value, "columns"):
        dtypes = [str(dtype) for dtype in value.dtypes]
        columns = dict(zip(map(str, value.columns), dtypes, strict=True))
    dtype = None if columns is not None else str(getattr(value, "dtype", "")) or None
    return Preview(kind, tuple(value.shape), columns, dtype, _head(text))


def _array(kind: str, value: Any) -> Preview | None:
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or not hasattr(value, "dtype"):
        return None
    return Preview(kind, shape, dtype=str(value.dtype), head=_head(str(value)))


def _plain(kind: str, value: Any) -> Preview | None:
    if isinstance(value, str):
        return Preview(kind, (len(value),), head=_head(value))
    part: Any
    # as much as can be seen of it: a million items take their time
    if isinstance(value, dict):
        shape, part = (len(value),), dict(islice(value.items(), _MOST_LINES))
    elif isinstance(value, (list, tuple, set, frozenset)):
        shape, part = (len(value),), list(islice(value, 10 * _MOST_LINES))
    elif value is None or isinstance(value, (bool, int, float)):
        return Preview(kind, head=(repr(value),))
    else:
        return None
    text = _json(part)
    if len(text) > _WIDEST and isinstance(part, dict):
        lines = [_shortened(f"{key}: {_json(one)}", _WIDEST) for key, one in part.items()]
        text = "\n".join([*lines, *(["…"] if len(value) > len(part) else [])])
    return Preview(kind, shape, head=_head(text))


def _json(value: Any) -> str:
    return json.dumps(value, default=repr, ensure_ascii=False)


def _head(text: str) -> tuple[str, ...]:
    lines = text[:_MOST_CHARACTERS].splitlines()
    shown = [_shortened(line, _WIDEST) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES or len(text) > _MOST_CHARACTERS:
        shown.append("…")
    return tuple(shown)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
