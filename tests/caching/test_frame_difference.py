"""Where two frames differ, said in a few words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from curifactory.caching.frame_difference import frame_difference


def frame(values, **options):
    return pd.DataFrame({"a": values}, **options)


@pytest.mark.parametrize(
    ("saved", "loaded", "difference"),
    [
        (frame([1, 2]), frame([1, 2]), None),
        (frame([1.0, np.nan]), frame([1.0, np.nan]), None),
        (frame([1, 2]), frame([1, 2], index=pd.Index([0, 1])), None),
        (frame([1]), {"a": [1]}, "DataFrame becomes dict"),
        (frame([1]), frame([1, 2]), "shape (1, 1) becomes (2, 1)"),
        (frame([1]), pd.DataFrame({"b": [1]}), "columns, row 0: 'a' becomes 'b'"),
        (frame([1]), frame([1.0]), "column 'a': dtype int64 becomes float64"),
        (frame([1, 2]), frame([1, 3]), "column 'a', row 1: 2 becomes 3"),
        (
            frame([None, "x"], dtype=object),
            frame([np.nan, "x"], dtype=object),
            "column 'a', row 0: None becomes nan",
        ),
        (frame([1, "x"]), frame([True, "x"]), "column 'a', row 0: 1 becomes True"),
        (frame([(1,)]), frame([[1]]), "column 'a', row 0: (1,) becomes [1]"),
        (frame([1], index=["p"]), frame([1], index=["q"]), "index, row 0: 'p' becomes 'q'"),
        (frame([1], index=[0]), frame([1], index=[0.0]), "index: dtype int64 becomes float64"),
        (
            frame([1], index=pd.Index([0], name="n")),
            frame([1]),
            "index: names ['n'] become [None]",
        ),
        (
            frame([1, 2], index=pd.date_range("2020", periods=2)),
            frame([1, 2], index=pd.DatetimeIndex(list(pd.date_range("2020", periods=2)))),
            "index: freq <Day> becomes None",
        ),
        (
            frame([1], index=pd.MultiIndex.from_tuples([("p", 1)])),
            frame([1], index=pd.MultiIndex.from_tuples([("p", 2)])),
            "index, row 0: 1 becomes 2",
        ),
        (pd.Series([1], name="a"), pd.Series([1], name="b"), "name 'a' becomes 'b'"),
        (pd.Series([1]), pd.Series([2]), "values, row 0: 1 becomes 2"),
        (pd.Series([1], index=[3]), pd.Series([1]), "index, row 0: 3 becomes 0"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            pd.DataFrame([[1, 3]], columns=["a", "a"]),
            "column 'a', row 0: 2 becomes 3",
        ),
    ],
)
def test_the_first_difference_is_told(saved, loaded, difference):
    assert frame_difference(saved, loaded) == difference


def test_lost_attrs_are_told():
    saved = frame([1])
    saved.attrs["unit"] = "m"
    assert frame_difference(saved, frame([1])) == "attrs ['unit'] are not kept"
