"""Whether two values are the same: equal, and of equal types, all the way down."""

from __future__ import annotations

import sys
from typing import Any


def same(first: Any, second: Any) -> bool:
    """Whether two values are the same; ``nan`` is the same as ``nan``, and 1 is not 1.0."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and same(list(first.values()), list(second.values()))
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(first, pandas.DataFrame | pandas.Series):
        from curifactory.caching.frame_difference import frame_difference

        return frame_difference(first, second) is None
    if numpy is not None and isinstance(first, numpy.ndarray):
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and same(first.tolist(), second.tolist())
        )
    if type(first).__module__.partition(".")[0] in ("polars", "pyarrow"):
        return bool(first.equals(second))
    return first is second or bool(first == second) or bool(first != first and second != second)
