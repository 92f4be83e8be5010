"""Values that are the same but for rounding, and the place where others differ."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from curifactory.replay.apart import DifferentError, Tolerance
from curifactory.replay.same_value import Comparison

NEAR = 1 + 1e-9
nan = float("nan")


@dataclass
class Point:
    x: float
    more: list = field(default_factory=list)


def holding_itself(x):
    point = Point(x)
    point.more.append(point)
    return point


def forest(factor=1.0):
    features = np.arange(40.0).reshape(20, 2)
    return RandomForestClassifier(3, random_state=0).fit(features * factor, np.arange(20) % 2)


def line(factor):
    return LinearRegression().fit([[1.0], [2.0], [3.0]], [1.0 * factor, 2.5, 4.0])


def frame(factor=1.0, **options):
    data = {"a": [1.0 * factor, nan], "b": ["x", None], "c": pd.array([1, None], "Int64")}
    return pd.DataFrame(data, **options)


def structured(x):
    return np.array([(1, x)], dtype=[("i", "i4"), ("x", "f8")])


MAKERS = {
    "float": lambda x: x,
    "complex": lambda x: complex(0, x),
    "list": lambda x: [1, "a", [x]],
    "dict": lambda x: {"a": {"b": x}, 3: None},
    "nan and inf": lambda x: [nan, math.inf, x],
    "dataclass": Point,
    "object that holds itself": holding_itself,
    "date": lambda x: (datetime.datetime(2026, 1, 1), x),
    "numpy scalar": np.float32,
    "array": lambda x: np.array([[1.0, nan], [math.inf, x]]),
    "empty array": lambda x: [np.zeros((0, 3)), x],
    "complex array": lambda x: np.array([1j * x]),
    "array of objects": lambda x: np.array([[x], "a", None], dtype=object),
    "structured array": structured,
    "frame": frame,
    "series": lambda x: pd.Series([x], name="s"),
    "index": lambda x: pd.Index([1.0, x]),
    "frame with levels": lambda x: pd.DataFrame(
        {"v": [x, 2.0]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])
    ),
    "polars": lambda x: pl.DataFrame({"a": [x, None]}),
    "pyarrow": lambda x: pa.table({"a": [x, None]}),
    "estimator": line,
}  # fmt: skip


def difference(first, second, **tolerance):
    comparison = Comparison(Tolerance(**tolerance))
    try:
        comparison.compare(first, second)
    except DifferentError as error:
        return str(error)
    return comparison.largest


@pytest.mark.parametrize("kind", MAKERS)
def test_numbers_may_be_apart_by_rounding_wherever_they_are(kind):
    make = MAKERS[kind]
    assert difference(make(1.0), make(1.0)) == 0
    exact = 1e-7 if kind == "numpy scalar" else 1e-9
    apart = difference(make(1.0), make(1 + exact))
    assert 0 < apart < 2e-7, apart
    said = difference(make(1.0), make(1.1))
    assert isinstance(said, str), "a tenth is not rounding"
    assert difference(make(1.0), make(1.1), relative=0.6) < 0.6


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        (1, 1.0, "int then, float now"),
        (1, True, "int then, bool now"),
        ("a", "b", "a then, b now"),
        ([1, 2], [1, 3], "at [1]: 2 then, 3 now"),
        ([1, 2], [1], "at len(): 2 then, 1 now"),
        ((1,), [1], "tuple then, list now"),
        ({"a": 1}, {"b": 1}, "the key a is gone"),
        ({"a": [{}]}, {"a": [{"b": 1}]}, "at ['a'][0]: the key b is new"),
        ({1, 2}, {1, 3}, "{1, 2} then, {1, 3} now"),
        (1.0, nan, "1.0 then, nan now"),
        (math.inf, 1e308, "inf then, 1e+308 now"),
        (math.inf, -math.inf, "inf then, -inf now"),
        (np.array([1, 2]), np.array([1, 3]), "at [1]: 2 then, 3 now"),
        (np.zeros(2), np.zeros(3), "at .shape: (2,) then, (3,) now"),
        (np.zeros(2), np.zeros(2, "f4"), "at .dtype: float64 then, float32 now"),
        (np.array([nan]), np.array([0.0]), "at [0]: nan then, 0.0 now"),
        (frame(), frame(index=[1, 2]), "at .index"),
        (frame(), frame().rename(columns={"a": "z"}), "at .columns"),
        (frame(), frame().astype({"b": "category"}), "at ['b'].dtype"),
        (Point(1, ["a"]), Point(1, ["b"]), "at ['more'][0]: a then, b now"),
        (forest(), forest(2.0), "at ["),
        (len, max, "len then, max now"),
    ],
)  # fmt: skip
def test_the_first_place_that_differs_is_told(first, second, where):
    assert where in difference(first, second)


def test_equal_estimators_are_equal():
    assert difference(forest(), forest()) == 0


def test_what_python_defines_is_compared_by_what_it_says():
    def one():
        return 1

    first, one_more = one, lambda: 2
    assert difference(first, one) == 0
    assert "then" in difference(lambda: 1, one_more)
