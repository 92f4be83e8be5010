"""A data frame as an array of row objects, with every number in full."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from curifactory.caching.plain import to_plain

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_encode = json.JSONEncoder(ensure_ascii=False).encode


def write_rows(frame: DataFrame, path: str) -> None:
    """Write a JSON array with one object per row, one row a line.

    pandas' own ``to_json`` rounds numbers to 15 digits at the most; this does not. A missing
    value is ``null``.

    Raises
    ------
    ValueError
        If two columns have the same name.
    """
    names = [str(label) for label in frame.columns]
    name, count = max(Counter(names).items(), key=itemgetter(1), default=("", 0))
    if count > 1:
        raise ValueError(f"a row object cannot hold {count} columns named {name!r}; rename them")
    columns = [_values(frame.iloc[:, position]) for position in range(len(names))]
    rows = (_encode(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True))
    with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write("[")
        file.writelines(_separated(rows))
        file.write("\n]\n")


def read_rows(path: str) -> DataFrame:
    """Read what `write_rows` wrote; each column gets the dtype that its values have in JSON."""
    from pandas import DataFrame

    with open(path, "rb") as file:
        return DataFrame(json.loads(file.read()))


def _separated(rows: Iterator[str]) -> Iterator[str]:
    separator = "\n"
    for row in rows:
        yield separator + row
        separator = ",\n"


def _values(column: Series[Any]) -> list[Any]:
    if getattr(column.dtype, "kind", "O") in "iub" and not column.hasnans:
        return column.tolist()
    values = column.astype(object).tolist()
    return [
        None if missing else to_plain(value).value
        for value, missing in zip(values, column.isna(), strict=True)
    ]
