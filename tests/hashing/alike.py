"""Pairs of values that must have one hash."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pickle
import re
import tempfile
from collections import OrderedDict, defaultdict
from pathlib import Path, PurePosixPath

import numpy as np
import one_house
import pandas as pd
import samples as s
from differing import BIG_FRAME, CATEGORIES, CSR, FRAME, LONG, RECORD, UTC
from scipy import sparse

from curifactory.hashing import digest

TABLE = np.arange(600_000, dtype="float64").reshape(300, 2000)
SQUARE = {1, "a", None, (1, 2), frozenset({3})}
# fmt: off
spaced = lambda x:  x  +  1  # noqa
close = lambda x: x + 1  # noqa: E731, another comment
# fmt: on


def documented():
    def inner(x: int) -> int:
        """Say what it does."""
        # and why
        y: int = x + 1
        return y

    return inner


def bare():
    def inner(x):
        y = (x + 1)  # fmt: skip
        return y  # noqa: RET504

    return inner


def mapped() -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        LONG.tofile(Path(folder) / "x")
        return np.memmap(Path(folder) / "x", dtype="float64", mode="c")


def gap(filling: int) -> np.ndarray:
    """Give an array with bytes between its fields that are nobody's."""
    dtype = np.dtype(
        {"names": ["a", "b"], "formats": ["i1", "i4"], "offsets": [0, 4], "itemsize": 8}
    )
    raw = np.full(16, filling, "uint8")
    values = raw.view(dtype)
    values["a"], values["b"] = 1, 2
    return values


def padded(filling: int) -> np.ndarray:
    """Give long doubles with bytes behind their 80 bits that are nobody's."""
    values = np.array([1, 2], "g")
    if np.finfo("g").nmant == 63:
        values.view("uint8").reshape(2, -1)[:, 10:] = filling
    return values


def hashed(cls: type) -> type:
    """Give a class after one of its instances was hashed, which leaves a note in the class."""
    assert digest(cls())
    return cls


def looked_at(thing: s.Lazybones) -> s.Lazybones:
    assert thing.double
    return thing


def cyclic() -> list:
    loop: list = [1]
    loop.append({"back": loop})
    return loop


def with_duplicates() -> sparse.coo_array:
    return sparse.coo_array(([1.0, 1.0, 3.0], ([1, 1, 0], [1, 1, 0])), shape=(2, 2))


def hidden_under_missing(value: int) -> pd.Series:
    return pd.Series(pd.arrays.IntegerArray(np.array([1, value]), np.array([False, True])))


def remembering(function):
    cached = functools.lru_cache(function)
    cached(1)
    return cached


VALUES = {
    "dict in two orders": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "dict of mixed keys in two orders": ({1: 1, "a": 2, None: 3}, {None: 3, "a": 2, 1: 1}),
    "set in two orders": ({8, 0, 16}, {16, 8, 0}),
    "set that grew and shrank": (set(range(3)), set(range(1000)) - set(range(3, 1000))),
    "sets in dictionaries": (
        {"a": SQUARE},
        {"a": dict.fromkeys(reversed(list(SQUARE))).keys() | set()},
    ),
    "defaultdict in two orders": (defaultdict(int, a=1, b=2), defaultdict(int, b=2, a=1)),
    "OrderedDicts": (OrderedDict(a=1), OrderedDict(a=1)),
    "one int computed in two ways": (10**30, 10**15 * 10**15),
    "text joined and written": ("ab" * 500, "".join(["ab"] * 500)),
    "one list twice, and two lists": ([[1, 2]] * 2, [[1, 2], [1, 2]]),
    "cycles": (cyclic(), cyclic()),
    "cycle and its copy": (cyclic(), copy.deepcopy(cyclic())),
    "NaN from two places": (float("nan"), float("nan")),
    "concrete and pure paths": (Path("a/b"), PurePosixPath("a/b")),
    "paths with and without a slash": (PurePosixPath("a/b/"), PurePosixPath("a//b")),
    "patterns": (re.compile("a"), re.compile("a")),
    "memory in steps": (memoryview(b"abcd")[::2], memoryview(b"ac")),
    "enumeration": (s.Level.LOW, s.Level(1)),
    "flags in two orders": (s.Access.READ | s.Access.WRITE, s.Access.WRITE | s.Access.READ),
}

INSTANCES = {
    "attributes in two orders": (s.Thing(a=1, b=2), s.Thing(b=2, a=1)),
    "deep copy": (s.Thing(a=[1, {2}]), copy.deepcopy(s.Thing(a=[1, {2}]))),
    "slots and a copy": (s.Slotted(1, [2]), copy.deepcopy(s.Slotted(1, [2]))),
    "what a class leaves out of its state": (s.Careful(1, cache=2), s.Careful(1, cache=open)),
    "a cached property that was looked at": (s.Lazybones(2), looked_at(s.Lazybones(2))),
    "instances without fields": (s.Empty(), s.Empty()),
    "through pickle": (s.Pair(), pickle.loads(pickle.dumps(s.Pair()))),
    "a field that is None": (s.Left(1), s.Left(1, None)),
    "nodes in a ring": (
        (a := s.Node(1, s.Node(2)), setattr(a.next, "next", a))[0],
        (b := s.Node(1, s.Node(2)), setattr(b.next, "next", b))[0],
    ),
}

FUNCTIONS = {
    "a function and itself": (one_house.work, pickle.loads(pickle.dumps(one_house.work))),
    "formatting and comments": (spaced, close),
    "docstrings, annotations and comments": (documented(), bare()),
    "closures over equal values": (s.adder([1, 2]), s.adder([1, 2])),
    "functions that call themselves": (s.powers(), s.powers()),
    "local classes": (s.local_class(1), s.local_class(1)),
    "a local class that was used": (s.local_class(1), hashed(s.local_class(1))),
    "local dataclasses": (s.local_dataclass(1), s.local_dataclass(1)),
    "instances of local dataclasses": (s.local_dataclass(1)(), s.local_dataclass(1)()),
    "bound methods": (one_house.Tool(1).use, one_house.Tool(1).use),
    "partials": (functools.partial(max, key=len), functools.partial(max, key=len)),
    "a cache and what it remembers": (functools.lru_cache(close), remembering(close)),
    "unions": (int | None, None | int),
}

ARRAYS = {
    "C and Fortran order": (TABLE, np.asfortranarray(TABLE)),
    "a transpose and its copy": (TABLE.T, TABLE.T.copy()),
    "a view and its copy": (LONG[::3], LONG[::3].copy()),
    "backwards": (LONG[::-1], LONG[::-1].copy()),
    "a slice of a table": (TABLE[5:250, 3:1000:7], TABLE[5:250, 3:1000:7].copy()),
    "broadcast and written out": (np.broadcast_to(1.5, (3, 4)), np.full((3, 4), 1.5)),
    "read only": (LONG, (v := LONG.copy(), v.setflags(write=False))[0]),
    "in a file": (LONG, mapped()),
    "times": (np.array(["2020"], "M8[ns]"), np.array(["2020-01-01"], "M8[ns]")),
    "object arrays": (
        np.array([[1, "a"], [2, "b"]], object),
        np.array([[1, "a"], [2, "b"]], object, order="F"),
    ),
    "structures": (RECORD, RECORD.copy()),
    "what lies behind a long double": (padded(0), padded(255)),
    "what lies between fields": (gap(0), gap(255)),
    "no mask and an empty one": (np.ma.array([1, 2]), np.ma.array([1, 2], mask=[False, False])),
    "names of one dtype": (np.zeros(2, "int64"), np.zeros(2, "longlong")),
    "scalars of one dtype": (np.int64(1), np.arange(3)[1]),
    "generators": (np.random.default_rng(1), copy.deepcopy(np.random.default_rng(1))),
    "sparse copies": (CSR, CSR.copy()),
    "sparse and its duplicates": (
        with_duplicates(),
        sparse.coo_array(np.array([[3.0, 0], [0, 2]])),
    ),
    "widths of sparse indices": (
        CSR,
        sparse.csr_matrix((CSR.data, CSR.indices.astype("int64"), CSR.indptr.astype("int64"))),
    ),
}

FRAMES = {
    "a frame and its copy": (FRAME, FRAME.copy()),
    "a frame through pickle": (FRAME, pickle.loads(pickle.dumps(FRAME))),
    "blocks and columns": (BIG_FRAME, pd.DataFrame({c: BIG_FRAME[c].copy() for c in BIG_FRAME})),
    "a frame made from a table": (
        pd.DataFrame(TABLE[:, :3], columns=list("abc")),
        pd.DataFrame({c: TABLE[:, n] for n, c in enumerate("abc")}),
    ),
    "notes on a frame": (FRAME, (f := FRAME.copy(), f.attrs.update(a=1))[0]),
    "a range and its labels": (FRAME, FRAME.set_axis(pd.Index([0, 1, 2]))),
    "categories": (CATEGORIES, CATEGORIES.copy()),
    "time zones": (UTC, UTC.copy()),
    "what lies under missing values": (hidden_under_missing(0), hidden_under_missing(7)),
    "levels that nothing uses": (
        FRAME.set_index(["a", "c"]).iloc[:1],
        FRAME.iloc[:1].set_index(["a", "c"]),
    ),
    "frequency of an index": (
        pd.date_range("2020", periods=3),
        pd.DatetimeIndex(list(pd.date_range("2020", periods=3))).as_unit(
            pd.date_range("2020", periods=3).unit
        ),
    ),
}

PARAMETERS = {
    "names": (s.Params("one", a=1), s.Params("two", a=1)),
    "overwrite": (s.Params(a=1), s.Params(a=1, overwrite=True)),
    "the class of a parameter set": (s.Params(a=1, b=2), s.SameFields(a=1, b=2)),
    "None and not given": (s.Params(a=1), s.Params(a=1, b=None)),
    "nested that is None": (s.Params(left=s.Left(1)), s.Params(left=s.Left(1, y=None))),
    "names of nested sets": (s.Params(inner=s.Params("x", a=1)), s.Params(inner=s.Params("y", a=1))),
    "a nested set that has its hash": (s.Params(inner=s.Params(a=1)), s.Params(inner=s.Params(a=1, hash="h"))),
    "a field that is left out": (s.Represented(a=1), s.Represented(a=1, workers=8)),
    "what a function makes equal": (s.Represented(a=1, model="ab"), s.Represented(a=1, model="xy")),
    "left out in a nested set": (
        s.Params(inner=s.Represented(a=1)),
        s.Params(inner=s.Represented(a=1, workers=8)),
    ),
    "replaced and back": (s.Params(a=1), dataclasses.replace(s.Params(a=2), a=1)),
}  # fmt: skip

PAIRS = {**VALUES, **INSTANCES, **FUNCTIONS, **ARRAYS, **FRAMES}
