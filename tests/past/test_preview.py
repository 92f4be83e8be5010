"""A preview says in a few lines what a value looks like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars
import pytest

from curifactory.past.preview import preview


def lines(value):
    return list(preview(value).lines())


def test_a_data_frame_has_shape_columns_and_head():
    frame = pd.DataFrame({"x": range(1000), "name": ["a"] * 1000})
    kind, columns, *head = lines(frame)
    assert kind == "DataFrame, 1000 x 2"
    assert columns.startswith("columns: x int64, name ")
    assert [line.split() for line in head][:2] == [["x", "name"], ["0", "0", "a"]]
    assert len(head) == 6


def test_a_wide_frame_stays_readable():
    found = lines(pd.DataFrame(np.zeros((3, 500))))
    assert found[0] == "DataFrame, 3 x 500"
    assert found[1].endswith("and 488 more")
    assert max(map(len, found)) < 400


def test_a_series_and_an_array_have_dtype_and_shape():
    assert lines(pd.Series([1.5, 2.5], name="x"))[0] == "Series, 2, float64"
    assert lines(np.zeros((3, 4)))[0] == "ndarray, 3 x 4, float64"
    assert len(lines(np.zeros((1000, 1000)))) < 14


def test_frames_of_other_libraries_are_tables_too():
    found = preview(polars.DataFrame({"x": [1, 2]}))
    assert (found.shape, found.columns) == ((2, 1), {"x": "Int64"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, ["float", "0.5"]),
        (None, ["NoneType", "None"]),
        ("one\ntwo", ["str of 7", "one", "two"]),
        ([1, 2], ["list of 2", "[1, 2]"]),
        ({"a": {"b": 1}}, ["dict of 1", '{"a": {"b": 1}}']),
        ((1, "x"), ["tuple of 2", '[1, "x"]']),
    ],
)
def test_small_values_are_shown_whole(value, expected):
    assert lines(value) == expected


def test_large_values_are_cut():
    for value in (list(range(10**6)), dict.fromkeys(range(10**4), "x" * 500), "line\n" * 10**6):
        found = lines(value)
        assert len(found) <= 14
        assert max(map(len, found)) <= 110


def test_what_cannot_even_say_what_it_is_is_no_error():
    class Odd:
        def __repr__(self):
            raise RuntimeError("no words")

    assert lines(Odd()) == ["Odd", "it cannot be shown (RuntimeError: no words)"]
