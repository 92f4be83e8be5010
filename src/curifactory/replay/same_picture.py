"""Whether two reports show the same: pictures are compared by what they show."""

from __future__ import annotations

from typing import Any

from curifactory.replay.file_sets import Files, first_other

_PICTURES = (".png",)


def same_but_for_encoding(then: Files, now: Files) -> bool:
    """Whether two sets of files are the same, but that pictures may be encoded in other bytes."""
    pictures = {name for name in then if name.endswith(_PICTURES)}
    if then.keys() != now.keys() or not pictures:
        return False
    rest = [{n: p for n, p in files.items() if n not in pictures} for files in (then, now)]
    return first_other(*rest) is None and all(_same(then[name], now[name]) for name in pictures)


def _same(first: str, second: str) -> bool:
    try:
        from matplotlib.image import imread
    except ImportError:
        return False
    one: Any = imread(first)
    other: Any = imread(second)
    return bool(one.shape == other.shape and (one == other).all())
