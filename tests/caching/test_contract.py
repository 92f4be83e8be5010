"""All our own cachers, and one that a user might write, pass the shipped contract."""

from __future__ import annotations

import enum
import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from curifactory.caching import (
    ArrowCacher,
    Cacheable,
    FileReferenceCacher,
    JsonCacher,
    NumpyCacher,
    PandasCacher,
    PandasCsvCacher,
    PandasJsonCacher,
    PathRef,
    PickleCacher,
    RawJupyterNotebookCacher,
)
from curifactory.testing import CacherContract

NUMBERS = pd.DataFrame({"count": [1, 2, 3], "score": [0.1 + 0.2, math.nan, 1e-20]})
TEXTS = pd.DataFrame({"word": ["plain", "NA", 'a "quoted", one'], "count": [1, 2, 3]})
LABELLED = pd.DataFrame({"score": [1.5, -2.5]}, index=pd.Index(["p", "q"], name="model"))
TIMES = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-06-30"])})
MIXED = pd.DataFrame({"anything": [1, "1", None]}, dtype=object)
SMALL = pd.DataFrame({"small": np.array([1, 2], dtype="uint8")})
NOTHING = pd.DataFrame({"score": np.array([], dtype="float64")})
SERIES = pd.Series([1, 2], name="count")


class Colour(enum.Enum):
    RED = 1


class TestJsonCacher(CacherContract):
    cacher = JsonCacher
    values = [
        {"a": [1, 2.5, None, True], "b": {"c": "ü\n\u2028"}},
        [math.nan, math.inf, -0.0, 10**40],
        "half a pair: \ud83d",
        {1: (1, 2), (3, 4): {5, 6}, "array": np.arange(3), None: b"bytes"},
        {"colour": Colour.RED, "when": pd.Timestamp("2020-01-01"), "where": Path("x")},
        None,
    ]


class TestJsonCacherOfNumpyScalars(CacherContract):
    cacher = JsonCacher
    values = [{"score": np.float32(0.1), "count": np.int64(3), "good": np.True_}, np.float64(1)]

    def equal(self, first, second):
        # numpy's numbers come back as equal numbers of Python
        return first == second


class TestPickleCacher(CacherContract):
    cacher = PickleCacher
    values = [{(1, 2): {3, 4}}, np.arange(4.0), TEXTS, Colour.RED, None]


class TestPickleCacherMapped(CacherContract):
    cacher = PickleCacher(mmap=True)
    values = [*TestPickleCacher.values, {"a": np.ones((3, 5)), "b": np.asfortranarray(np.eye(3))}]


class TestPandasPickle(CacherContract):
    cacher = PandasCacher
    values = [NUMBERS, TEXTS, LABELLED, TIMES, MIXED, SMALL, NOTHING, SERIES]


class TestPandasCsvCacher(CacherContract):
    cacher = PandasCsvCacher
    values = [NUMBERS, TEXTS, LABELLED, TIMES, MIXED, SMALL, NOTHING, SERIES]


class TestPandasCsvWithoutIndex(CacherContract):
    cacher = PandasCsvCacher(to_csv_args={"index": False, "sep": ";"})
    values = [NUMBERS, TEXTS, LABELLED]


class TestPandasJsonCacher(CacherContract):
    cacher = PandasJsonCacher
    values = [NUMBERS, TEXTS, LABELLED, TIMES, MIXED, SMALL, NOTHING, SERIES]


class TestPandasParquet(CacherContract):
    cacher = PandasCacher(format="parquet")
    values = [NUMBERS, TEXTS, LABELLED, TIMES, SMALL, NOTHING, SERIES]


class TestPandasOrc(CacherContract):
    cacher = PandasCacher(format="orc")
    values = [NUMBERS, TEXTS, TIMES, NOTHING]


class TestPandasHdf5(CacherContract):
    cacher = PandasCacher(format="hdf5")
    values = [NUMBERS, TEXTS, LABELLED, TIMES, SMALL, NOTHING, SERIES]


class TestPandasExcel(CacherContract):
    cacher = PandasCacher(format="excel")
    values = [NUMBERS, TEXTS, LABELLED, TIMES]


class TestPandasXml(CacherContract):
    cacher = PandasCacher(format="xml")
    values = [NUMBERS, TEXTS, LABELLED, TIMES]


class TestFileReferenceCacher(CacherContract):
    cacher = FileReferenceCacher
    values = [__file__, [__file__, str(Path(__file__).parent)], [Path(__file__)], []]


class TestRawJupyterNotebookCacher(CacherContract):
    cacher = RawJupyterNotebookCacher
    values = [[["import math", "math.pi"], ["print('ü')"]], [], (("x = 1",),)]


class TestPathRefToAFile(CacherContract):
    cacher = PathRef
    values = ["some text", "some other text"]

    def returned(self, value, cacher):
        Path(cacher.get_path()).write_text(value)
        return cacher.get_path()


class TestPathRefToAFolder(CacherContract):
    cacher = PathRef
    values = ["some text"]

    def returned(self, value, cacher):
        folder = Path(cacher.get_path())
        folder.mkdir(exist_ok=True)
        (folder / "inner.txt").write_text(value)
        return folder


class LinesCacher(Cacheable):
    """As a user writes one: two files and a folder, in place."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, extension=".txt", **kwargs)

    def save(self, obj):
        Path(self.get_path()).write_text("\n".join(obj))
        Path(self.get_path("_count.txt")).write_text(str(len(obj)))
        (Path(self.get_dir("_each")) / "0.txt").write_text(obj[0])
        self.extra_metadata["count"] = len(obj)

    def load(self):
        lines = Path(self.get_path()).read_text().split("\n")
        assert Path(self.get_path("_count.txt")).read_text() == str(len(lines))
        assert (Path(self.get_dir("_each")) / "0.txt").read_text() == lines[0]
        return lines


class TestACacherThatAUserWrote(CacherContract):
    cacher = LinesCacher
    values = [["one"], ["two", "three"]]


class TestACacherMadeByAFunction(CacherContract):
    cacher = lambda: LinesCacher(subdir="lines")  # noqa: E731
    values = [["one"]]


class TestNumpyCacher(CacherContract):
    cacher = NumpyCacher
    values = [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.arange(20)[::3],
        np.array(3.5, dtype=">f4"),
        np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
        np.array([("a", 1.5)], dtype=[("näme", "U3"), ("score", "f8")]),
        np.empty((0, 3), dtype="int8"),
        {"weights": np.ones(3), "a/b": np.array([True]), "a": np.zeros(2), "a.npy": np.arange(3)},
        {},
    ]


class TestNumpyCacherMapped(CacherContract):
    cacher = NumpyCacher(mmap=True)
    values = TestNumpyCacher.values


class TestNumpyCacherOfInexact(CacherContract):
    cacher = NumpyCacher
    values = [[1, 2], np.float64(0.5), {"a": 3}]


class TestArrowCacher(CacherContract):
    cacher = ArrowCacher
    values = [
        *(NUMBERS, TEXTS, LABELLED, TIMES, SMALL, NOTHING),
        pl.DataFrame({"a": [1, None], "word": ["x", "y"], "all": [[1.5], []]}),
        pl.DataFrame({"kind": pl.Series(["a", "b"], dtype=pl.Categorical)}),
        pa.table({"a": [1, 2], "b": [None, {"c": 3}]}),
    ]


class TestArrowCacherUnmapped(CacherContract):
    cacher = ArrowCacher(mmap=False)
    values = TestArrowCacher.values
