"""Pairs of values that must not have one hash."""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
import re
import struct
import types
import uuid
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import one_house
import other_house
import pandas as pd
import samples as s
from scipy import sparse


def nan(payload: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 + payload))[0]


def changed(values, position, value):
    copy = values.copy()
    copy[position] = value
    return copy


def framed(**changes):
    columns = {"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": ["x", "y", "z"]}
    return pd.DataFrame({**columns, **changes})


LONG = np.arange(100_000, dtype="float64")
FRAME = framed()
BIG_FRAME = pd.DataFrame({"a": LONG, "b": LONG})
CATEGORIES = pd.Series(pd.Categorical(["a", "b"], categories=["a", "b"]))
TIMES = pd.Series(pd.to_datetime(["2020-01-01", "2020-06-01"]))
UTC = TIMES.dt.tz_localize("UTC")
CSR = sparse.csr_matrix(np.eye(3))
one_lambda, two_lambda = lambda x: x + 1, lambda x: x + 2
nested_lambda, flat_lambda = lambda x: lambda y: x, lambda x: x
RECORD = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])

NUMBERS = {
    "int and float": (1, 1.0),
    "int and bool": (1, True),
    "int and str": (1, "1"),
    "zero and false": (0, False),
    "float and complex": (1.0, 1 + 0j),
    "None and text": (None, "None"),
    "None and zero": (None, 0),
    "None and empty": (None, ()),
    "Ellipsis and None": (..., None),
    "NotImplemented and None": (NotImplemented, None),
    "two zeros": (0.0, -0.0),
    "two complex zeros": (0j, complex(0, -0.0)),
    "two kinds of NaN": (nan(0), nan(1)),
    "NaN and its negative": (math.nan, -math.nan),
    "neighbouring floats": (0.1 + 0.2, 0.3),
    "an int and its negative": (255, -255),
    "an int and its low byte": (1, 257),
    "ints beyond 64 bits": (2**64, 2**64 + 1),
    "ints of many digits": (10**5000, 10**5000 + 1),
    "Decimals of two precisions": (Decimal("1.0"), Decimal("1.00")),
    "Decimal and float": (Decimal("1"), 1.0),
    "Fraction and its value": (Fraction(1, 2), 0.5),
    "two Fractions": (Fraction(1, 2), Fraction(2, 1)),
    "two UUIDs": (uuid.UUID(int=1), uuid.UUID(int=2)),
    "int and a class of int": (1, s.Number(1)),
    "enumeration and its value": (s.Level.LOW, 1),
    "two members": (s.Level.LOW, s.Level.ALSO_LOW_ELSEWHERE),
    "members of two enumerations": (one_house.Colour.RED, other_house.Colour.RED),
    "two combined flags": (s.Access.READ | s.Access.WRITE, s.Access.READ | s.Access.RUN),
}

TEXTS = {
    "text and bytes": ("a", b"a"),
    "bytes and bytearray": (b"a", bytearray(b"a")),
    "bytes and memoryview": (b"a", memoryview(b"a")),
    "text and a class of text": ("a", s.Text("a")),
    "two normal forms": ("\u00e9", "e\u0301"),
    "empty text and space": ("", " "),
    "text with a zero at its end": ("a", "a\0"),
    "long text, changed in the middle": ("a" * 10_000, "a" * 5000 + "b" + "a" * 4999),
    "a lone surrogate": ("\udc80", "?"),
    "two patterns": (re.compile("a"), re.compile("b")),
    "pattern flags": (re.compile("a"), re.compile("a", re.I)),
    "pattern and its text": (re.compile("a"), "a"),
    "two paths": (PurePosixPath("a/b"), PurePosixPath("a/c")),
    "path and text": (PurePosixPath("a/b"), "a/b"),
    "paths of two systems": (PurePosixPath("a/b"), PureWindowsPath("a/b")),
}

DATES = {
    "date and its midnight": (dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)),
    "a microsecond": (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, microsecond=1)),
    "time zone and none": (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    "one moment in two zones": (
        dt.datetime(2020, 1, 1, 12, tzinfo=ZoneInfo("UTC")),
        dt.datetime(2020, 1, 1, 13, tzinfo=ZoneInfo("Europe/Berlin")),
    ),
    "the hour that comes twice": (dt.time(2, 30), dt.time(2, 30, fold=1)),
    "two spans": (dt.timedelta(seconds=1), dt.timedelta(microseconds=1)),
    "two offsets": (dt.timezone(dt.timedelta(hours=1)), dt.timezone(dt.timedelta(hours=2))),
    "two zones": (ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Paris")),
}

CONTAINERS = {
    "tuple and list": ((1, 2), [1, 2]),
    "order in a list": ([1, 2], [2, 1]),
    "nesting": ([1, [2]], [[1], 2]),
    "brackets moved": ([[1, 2], [3]], [[1], [2, 3]]),
    "one and one in a list": (1, [1]),
    "list and deque": ([1], deque([1])),
    "length of a deque": (deque([1]), deque([1], maxlen=3)),
    "set and frozenset": ({1}, frozenset({1})),
    "set and list": ({1, 2}, [1, 2]),
    "sets of sets": ({frozenset({1}), frozenset({2})}, {frozenset({1, 2})}),
    "glued items": (["ab", "c"], ["a", "bc"]),
    "glued key and value": ({"a": "b1"}, {"ab": "1"}),
    "values swapped": ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
    "key and value swapped": ({"a": "b"}, {"b": "a"}),
    "types of keys": ({1: "x"}, {"1": "x"}),
    "None against missing": ({"a": None}, {}),
    "dict and its items": ({"a": 1}, [("a", 1)]),
    "order in an OrderedDict": (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
    "dict and OrderedDict": ({"a": 1}, OrderedDict(a=1)),
    "dict and defaultdict": ({"a": 1}, defaultdict(int, a=1)),
    "default factories": (defaultdict(int), defaultdict(list)),
    "dict and Counter": ({"a": 1}, Counter("a")),
    "dict and a class of dict": ({"a": 1}, s.Table(a=1)),
    "dict and its proxy": ({"a": 1}, types.MappingProxyType({"a": 1})),
    "sets in dictionaries": ({"a": {1, 2}}, {"a": {1, 3}}),
    "two ranges": (range(3), range(4)),
    "range and list": (range(3), [0, 1, 2]),
    "two slices": (slice(1), slice(0, 1)),
    "typed arrays": (array("i", [1]), array("f", [1])),
    "contents of typed arrays": (array("i", [1]), array("i", [2])),
    "named tuple and tuple": (s.Point(1, 2), (1, 2)),
    "two named tuples": (s.Point(1, 2), s.Spot(1, 2)),
    "namespaces": (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
    "a cycle and its core": ((loop := [1], loop.append(loop))[0], [1]),
}

INSTANCES = {
    "fields of an instance": (s.Thing(a=1), s.Thing(a=2)),
    "names of fields": (s.Thing(a=1), s.Thing(b=1)),
    "two classes": (s.Thing(a=1), s.OtherThing(a=1)),
    "two classes without fields": (s.Empty(), s.AlsoEmpty()),
    "one name in two modules": (one_house.Tool(), other_house.Tool()),
    "slots": (s.Slotted(1, 2), s.Slotted(2, 1)),
    "attribute of a class of list": ((r := s.Row(), setattr(r, "label", 1))[0], s.Row()),
    "exceptions": (ValueError("a"), ValueError("b")),
    "two exceptions": (ValueError("a"), TypeError("a")),
    "dataclasses": (s.Left(1), s.Left(2)),
    "two dataclasses": (s.Left(1), s.Right(1)),
    "dataclasses of one name in two modules": (one_house.Part(), other_house.Part()),
    "dataclass and dictionary": (s.Left(1), {"x": 1}),
    "two fields": (s.Left(x=1, y=2), s.Left(x=2, y=1)),
    "nested dataclass of another class than annotated": (
        s.Pair(right=s.Right()),
        s.Pair(right=s.Right2()),
    ),
    "a field annotated with two classes": (s.Pair(either=s.Left()), s.Pair(either=s.Right())),
    "a field annotated with object": (s.Pair(anything=s.Left()), s.Pair(anything=s.Right())),
    "nested dataclasses swapped": (
        s.Pair(left=s.Left(5), right=s.Right(6)),
        s.Pair(left=s.Right(6), right=s.Left(5)),
    ),
    "random states": (Random(1), Random(2)),
}

FUNCTIONS = {
    "two functions": (one_house.work, s.adder),
    "functions of one name in two modules": (one_house.work, other_house.work),
    "classes of one name in two modules": (one_house.Tool, other_house.Tool),
    "class and instance": (s.Empty, s.Empty()),
    "two lambdas on a line": (one_lambda, two_lambda),
    "a lambda in a lambda": (nested_lambda, flat_lambda),
    "a lambda and the one inside it": (nested_lambda, nested_lambda(1)),
    "closure values": (s.adder(1), s.adder(2)),
    "closure code": (s.adder(1), s.subtractor(1)),
    "closure types": (s.adder(1), s.adder(1.0)),
    "defaults": (lambda x=1: x, lambda x=2: x),
    "defaults in a loop": tuple(lambda x=n: x for n in (1, 2)),
    "keyword defaults": (lambda *, x=1: x, lambda *, x=2: x),
    "argument kinds": (lambda x: x, lambda *x: x),
    "local classes": (s.local_class(1), s.local_class(2)),
    "instances of local classes": (s.local_class(1)(), s.local_class(2)()),
    "local dataclasses": (s.local_dataclass(1), s.local_dataclass(2)),
    "two builtins": (len, sum),
    "math functions": (math.sin, math.cos),
    "methods of builtins": ([1].append, [2].append),
    "two methods of one builtin": ([1].append, [1].extend),
    "descriptors": (str.upper, str.lower),
    "bound methods": (s.Careful.__getstate__.__get__(s.Careful(1, 2)), one_house.Tool(1).use),
    "bound methods of two instances": (one_house.Tool(1).use, one_house.Tool(2).use),
    "bound method and its function": (one_house.Tool(1).use, one_house.Tool.use),
    "partial arguments": (functools.partial(max, 1), functools.partial(max, 2)),
    "partial keywords": (functools.partial(max, key=len), functools.partial(max, key=sum)),
    "partial and its function": (functools.partial(max), max),
    "partial functions": (functools.partial(max, 1), functools.partial(min, 1)),
    "getters": (operator.itemgetter("a"), operator.itemgetter("b")),
    "kinds of getters": (operator.itemgetter("a"), operator.attrgetter("a")),
    "modules": (math, re),
    "numpy functions": (np.sin, np.cos),
    "numpy reductions": (np.mean, np.median),
    "type hints": (list[int], list[str]),
    "unions": (int | None, int | str),
}

ARRAYS = {
    "an array changed in the middle": (LONG, changed(LONG, 50_000, -1)),
    "an array changed beyond what is printed": (np.array([0.1]), np.array([0.1 + 1e-16])),
    "array and list": (np.array([1, 2]), [1, 2]),
    "dtype": (np.zeros(3, "int64"), np.zeros(3, "int32")),
    "dtype with equal bytes": (np.zeros(3, "int64"), np.zeros(3, "float64")),
    "byte order": (np.zeros(3, "<i4"), np.zeros(3, ">i4")),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "dimensions": (np.zeros(3), np.zeros((1, 3))),
    "empty shapes": (np.zeros((0, 3)), np.zeros((3, 0))),
    "an array and its transpose": (np.arange(4).reshape(2, 2), np.arange(4).reshape(2, 2).T),
    "zeros of an array": (np.array([0.0]), np.array([-0.0])),
    "scalar and Python number": (np.float64(1), 1.0),
    "scalar and array": (np.float64(1), np.array(1.0)),
    "scalars": (np.int64(1), np.int32(1)),
    "object arrays": (np.array([1, "a"], object), np.array([1, "b"], object)),
    "units of time": (np.array([1], "M8[s]"), np.array([1], "M8[ms]")),
    "not a time": (np.array(["NaT"], "M8[s]"), np.array([0], "M8[s]")),
    "names in a structure": (RECORD, RECORD.astype([("a", "i4"), ("c", "f8")])),
    "values in a structure": (RECORD, np.array([(1, 3.0)], dtype=RECORD.dtype)),
    "masks": (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])),
    "masked and plain": (np.ma.array([1, 2]), np.array([1, 2])),
    "fill values": (np.ma.array([1], fill_value=0), np.ma.array([1], fill_value=1)),
    "matrix and array": (np.ones((2, 2)).view(np.matrix), np.ones((2, 2))),
    "dtypes themselves": (np.dtype("i4"), np.dtype("i8")),
    "dtype and its class": (np.dtype("float64"), np.float64),
    "variable strings": (
        np.array(["a"], np.dtypes.StringDType()),
        np.array(["b"], np.dtypes.StringDType()),
    ),
    "long doubles": (np.array([1], "g"), np.array([2], "g")),
    "generators": (np.random.default_rng(1), np.random.default_rng(2)),
    "a generator that was used": (
        (g := np.random.default_rng(1), g.random())[0],
        np.random.default_rng(1),
    ),
    "kinds of generators": (
        np.random.Generator(np.random.PCG64(1)),
        np.random.Generator(np.random.MT19937(1)),
    ),
    "old random states": (np.random.RandomState(1), np.random.RandomState(2)),
    "sparse values": (CSR, CSR * 2),
    "sparse formats": (CSR, CSR.tocsc()),
    "sparse and dense": (CSR, np.eye(3)),
    "sparse shapes": (
        CSR,
        sparse.csr_matrix(([1.0, 1.0, 1.0], ([0, 1, 2], [0, 1, 2])), shape=(3, 4)),
    ),
    "sparse matrix and array": (CSR, sparse.csr_array(np.eye(3))),
}

FRAMES = {
    "a frame changed in the middle": (BIG_FRAME, BIG_FRAME.assign(b=changed(LONG, 50_000, -1))),
    "a value": (FRAME, framed(a=[1, 2, 4])),
    "a column's dtype": (FRAME, FRAME.astype({"a": "int32"})),
    "a column's name": (FRAME, FRAME.rename(columns={"a": "z"})),
    "the order of columns": (FRAME, FRAME[["b", "a", "c"]]),
    "the order of rows": (FRAME, FRAME.iloc[::-1]),
    "an index": (FRAME, FRAME.set_axis([1, 2, 3])),
    "an index's dtype": (FRAME, FRAME.set_axis([0.0, 1.0, 2.0])),
    "an index's name": (FRAME, FRAME.rename_axis("i")),
    "names of columns": (FRAME, FRAME.rename_axis("i", axis=1)),
    "an index of many levels": (
        FRAME.set_index(["a", "c"]),
        FRAME.set_index(["a", "c"]).rename(index={"x": "w"}),
    ),
    "frame and column": (FRAME[["a"]], FRAME["a"]),
    "column and array": (FRAME["a"], FRAME["a"].to_numpy()),
    "column and index": (pd.Series([1]), pd.Index([1])),
    "names of series": (pd.Series([1], name="a"), pd.Series([1], name="b")),
    "categories and text": (CATEGORIES, CATEGORIES.astype(object)),
    "values of one set of categories": (
        CATEGORIES,
        pd.Series(pd.Categorical(["b", "a"], categories=["a", "b"])),
    ),
    "categories that nothing uses": (CATEGORIES, CATEGORIES.cat.add_categories("c")),
    "ordered categories": (CATEGORIES, CATEGORIES.cat.as_ordered()),
    "time zone or none": (TIMES, UTC),
    "time zones": (UTC, UTC.dt.tz_convert("Europe/Berlin")),
    "resolutions of time": (TIMES.astype("M8[s]"), TIMES.astype("M8[ns]")),
    "nullable and plain": (pd.Series([1, 2]), pd.Series([1, 2], dtype="Int64")),
    "missing and zero": (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64")),
    "kinds of missing": (pd.Series([None], dtype=object), pd.Series([np.nan], dtype=object)),
    "nullable truth": (pd.array([True, None]), pd.array([False, None])),
    "string and object": (pd.Series(["a"], dtype="string"), pd.Series(["a"], dtype=object)),
    "strings kept in two ways": (
        pd.Series(["a"], dtype="string[python]"),
        pd.Series(["a"], dtype="string[pyarrow]"),
    ),
    "values of arrow": (
        pd.Series([1], dtype="int64[pyarrow]"),
        pd.Series([2], dtype="int64[pyarrow]"),
    ),
    "periods": (
        pd.period_range("2020", periods=2, freq="M"),
        pd.period_range("2020", periods=2, freq="D"),
    ),
    "intervals": (pd.interval_range(0, 3), pd.interval_range(0, 3, closed="left")),
    "sparse columns": (
        pd.Series(pd.arrays.SparseArray([0, 1])),
        pd.Series(pd.arrays.SparseArray([0, 2])),
    ),
    "timestamps": (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")),
    "timestamps in two zones": (
        pd.Timestamp("2020", tz="UTC"),
        pd.Timestamp("2020", tz="Asia/Tokyo"),
    ),
    "timestamp and datetime": (pd.Timestamp("2020"), dt.datetime(2020, 1, 1)),
    "spans": (pd.Timedelta("1s"), pd.Timedelta("2s")),
    "single periods": (pd.Period("2020-01", "M"), pd.Period("2020-02", "M")),
    "single intervals": (pd.Interval(0, 1), pd.Interval(0, 1, closed="left")),
    "missing values": (pd.NA, pd.NaT),
    "offsets": (pd.offsets.Day(1), pd.offsets.Day(2)),
    "frames of one class more": (FRAME, type("MyFrame", (pd.DataFrame,), {})(FRAME)),
}

PARAMETERS = {
    "glued name and value": (s.Params(a="b1"), s.Params(ab="1")),
    "two fields of parameters": (s.Params(a=1), s.Params(b=1)),
    "type of a parameter": (s.Params(a=1), s.Params(a=True)),
    "parameters swapped": (s.Params(a=1, b=2), s.Params(a=2, b=1)),
    "nested swapped": (
        s.Params(left=s.Left(5), right=s.Right(6)),
        s.Params(left=s.Left(6), right=s.Right(5)),
    ),
    "nested of each other's class": (
        s.Params(left=s.Left(5), right=s.Right(6)),
        s.Params(left=s.Right(5), right=s.Left(6)),
    ),
    "nested of another class than annotated": (
        s.Params(right=s.Right(1)),
        s.Params(right=s.Right2(1)),
    ),
    "a nested value": (s.Params(left=s.Left(1)), s.Params(left=s.Left(2))),
    "nested and none": (s.Params(left=s.Left()), s.Params()),
    "nested parameters": (s.Params(inner=s.Params(a=1)), s.Params(inner=s.Params(b=1))),
    "depth of nesting": (s.Params(inner=s.Params(a=1)), s.Params(a=1)),
    "what a function gives": (s.Represented(model="ab"), s.Represented(model="abc")),
    "what a function sees of the others": (s.Represented(1, model="a"), s.Represented(a=2, model="a")),
    "empty and none": (s.Params(a=()), s.Params()),
}  # fmt: skip

PAIRS = {
    **NUMBERS,
    **TEXTS,
    **DATES,
    **CONTAINERS,
    **INSTANCES,
    **FUNCTIONS,
    **ARRAYS,
    **FRAMES,
    **PARAMETERS,
}
