"""Data frames in the formats of pandas: defaults, arguments, exactness, refusals."""

from __future__ import annotations

import importlib.abc
import json
import math
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curifactory.caching import PandasCacher, PandasCsvCacher, PandasJsonCacher
from curifactory.caching.frame_difference import frame_difference
from curifactory.caching.pandas_formats import FORMATS
from curifactory.errors import (
    ArtifactSaveError,
    DefinitionError,
    MissingDependencyError,
    UnusableArtifactError,
)
from curifactory.testing.same import same

EXTENSIONS = {
    "csv": ".csv",
    "json": ".json",
    "parquet": ".parquet",
    "pickle": ".pkl",
    "orc": ".orc",
    "hdf5": ".h5",
    "excel": ".xlsx",
    "xml": ".xml",
}
FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})

numeric_frames = st.integers(1, 5).flatmap(
    lambda rows: st.dictionaries(
        st.sampled_from(["a", "b", "index", "level_0", "_c"]),
        st.one_of(
            st.lists(st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows),
            st.lists(st.floats(), min_size=rows, max_size=rows),
            st.lists(st.booleans(), min_size=rows, max_size=rows),
            st.lists(st.text(st.characters(codec="utf-8")), min_size=rows, max_size=rows),
        ),
        min_size=1,
    )
)


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_has_its_extension(format):
    assert PandasCacher(format=format).extension == EXTENSIONS[format]


def test_an_unknown_format_is_refused_with_the_list():
    with pytest.raises(DefinitionError, match=r"'feather'.*csv, json, parquet, pickle, orc, hdf5"):
        PandasCacher(format="feather")


@pytest.mark.parametrize("format", FORMATS)
def test_a_plain_frame_comes_back(format, tmp_path):
    cacher = PandasCacher(tmp_path / f"x{EXTENSIONS[format]}", format)
    cacher.save(FRAME)
    assert frame_difference(FRAME, cacher.load()) is None


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
@given(columns=numeric_frames)
def test_what_is_handed_on_unread_is_what_is_loaded(format, columns, tmp_path_factory):
    frame = pd.DataFrame(columns)
    cacher = PandasCacher(tmp_path_factory.mktemp("x") / f"x{EXTENSIONS[format]}", format)
    cacher.save(frame)
    handed_on = cacher.as_loaded(frame)
    assert same(handed_on.value, cacher.load())
    assert (handed_on.difference is None) == same(frame, handed_on.value)


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
def test_a_column_without_a_value_is_handed_on_as_it_is_loaded(format, tmp_path):
    frame = pd.DataFrame({"nothing": [math.nan, math.nan], "n": [1, 2]})
    cacher = PandasCacher(tmp_path / f"x{EXTENSIONS[format]}", format)
    cacher.save(frame)
    assert same(cacher.as_loaded(frame).value, cacher.load())


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s"])
def test_parquet_times_are_handed_on_as_they_are_loaded(unit, tmp_path):
    frame = pd.DataFrame({"t": np.array(["2020-01-01", "NaT"], dtype=f"datetime64[{unit}]")})
    cacher = PandasCacher(tmp_path / "x.parquet", "parquet")
    cacher.save(frame)
    assert same(cacher.as_loaded(frame).value, cacher.load())


@pytest.mark.parametrize("dtype", ["int8", "uint16", "uint64", "float32", "bool"])
def test_parquet_keeps_the_dtypes_of_numbers(dtype, tmp_path):
    frame = pd.DataFrame({"n": np.array([0, 1], dtype=dtype)})
    cacher = PandasCacher(tmp_path / "x.parquet", "parquet")
    cacher.save(frame)
    assert frame_difference(frame, cacher.load()) is None
    # decided without the file
    (tmp_path / "x.parquet").unlink()
    assert cacher.as_loaded(frame).value is frame


def test_csv_of_numbers_is_handed_on_without_reading_it_back(tmp_path):
    frame = pd.DataFrame({"n": [1, 2], "f": [0.1, math.nan], "b": [True, False]})
    assert PandasCsvCacher(tmp_path / "not-there.csv").as_loaded(frame).value is frame


def test_csv_keeps_texts_that_look_like_missing_values(tmp_path):
    frame = pd.DataFrame({"country": ["NA", "null", "None", "nan"], "n": [1, 2, 3, 4]})
    cacher = PandasCsvCacher(tmp_path / "x.csv")
    cacher.save(frame)
    assert frame_difference(frame, cacher.load()) is None


@pytest.mark.parametrize("format", ["csv", "excel"])
@pytest.mark.parametrize("name", [None, "model"])
def test_a_table_keeps_the_index_and_its_name(format, name, tmp_path):
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["p", "q"], name=name))
    cacher = PandasCacher(tmp_path / f"x{EXTENSIONS[format]}", format)
    cacher.save(frame)
    assert frame_difference(frame, cacher.load()) is None


def test_without_index_in_the_file_no_column_is_taken_for_it(tmp_path):
    cacher = PandasCsvCacher(tmp_path / "x.csv", to_csv_args={"index": False})
    cacher.save(FRAME)
    assert (tmp_path / "x.csv").read_text() == "a,b\n1,x\n2,y\n"
    assert frame_difference(FRAME, cacher.load()) is None


def test_the_reader_is_told_what_the_writer_was_told(tmp_path):
    cacher = PandasCsvCacher(tmp_path / "x.csv", {"sep": ";", "decimal": ",", "index": False})
    frame = pd.DataFrame({"a": [1.5, 2.25]})
    cacher.save(frame)
    assert (tmp_path / "x.csv").read_text() == "a\n1,5\n2,25\n"
    assert frame_difference(frame, cacher.load()) is None


def test_arguments_of_the_user_replace_ours(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,?\n")
    plain = PandasCsvCacher(tmp_path / "x.csv", read_csv_args={"index_col": None})
    assert list(plain.load().columns) == ["a", "b"]
    missing = PandasCsvCacher(tmp_path / "x.csv", read_csv_args={"na_values": ["?"]})
    assert missing.load()["b"].isna().all()


def test_what_csv_cannot_hold_is_said_and_handed_on_as_loaded(tmp_path):
    frame = pd.DataFrame({"day": pd.to_datetime(["2020-01-01"])})
    cacher = PandasCsvCacher(tmp_path / "x.csv")
    cacher.save(frame)
    handed_on = cacher.as_loaded(frame)
    assert handed_on.difference.startswith("column 'day': dtype datetime64")
    assert list(handed_on.value["day"]) == ["2020-01-01"]


def test_json_is_an_array_of_row_objects_one_a_line(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "f": [0.1 + 0.2, math.nan], "s": ["ü", None]})
    PandasJsonCacher(tmp_path / "x.json").save(frame)
    assert (tmp_path / "x.json").read_text("utf-8").splitlines() == [
        "[",
        '{"a": 1, "f": 0.30000000000000004, "s": "ü"},',
        '{"a": 2, "f": null, "s": null}',
        "]",
    ]


def test_json_arguments_are_those_of_pandas(tmp_path):
    cacher = PandasJsonCacher(tmp_path / "x.json", to_json_args={"orient": "split"})
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 6])
    cacher.save(frame)
    assert json.loads((tmp_path / "x.json").read_text())["index"] == [5, 6]
    assert frame_difference(frame, cacher.load()) is None


def test_json_rows_that_pandas_wrote_are_read(tmp_path):
    FRAME.to_json(tmp_path / "x.json", orient="records")
    assert frame_difference(FRAME, PandasJsonCacher(tmp_path / "x.json").load()) is None


@pytest.mark.parametrize("name", ["x.json.gz", "x.csv.gz"])
def test_a_path_that_says_compressed_is_compressed(name, tmp_path):
    cacher = PandasCacher(tmp_path / name, name.split(".")[1])
    cacher.save(FRAME)
    assert (tmp_path / name).read_bytes()[:2] == b"\x1f\x8b"
    assert frame_difference(FRAME, cacher.load()) is None


def test_two_columns_of_one_name_cannot_be_row_objects(tmp_path):
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ArtifactSaveError, match=r"2 columns named 'a'"):
        PandasJsonCacher(tmp_path / "x.json").save(frame)
    assert list(tmp_path.iterdir()) == []


def test_a_series_is_kept_as_one_where_the_format_can(tmp_path):
    series = pd.Series([1, 2], name="n")
    for format, difference in (
        ("pickle", None),
        ("hdf5", None),
        ("csv", "Series becomes DataFrame"),
    ):
        cacher = PandasCacher(tmp_path / f"x{EXTENSIONS[format]}", format)
        cacher.save(series)
        assert cacher.as_loaded(series).difference == difference


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_no_frame_is_refused(format, tmp_path):
    with pytest.raises(ArtifactSaveError, match=r"data frames and series, but .* is of type dict"):
        PandasCacher(tmp_path / "x", format).save({"a": [1]})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_damaged_file_is_an_error_that_names_it(format, tmp_path):
    path = tmp_path / f"damaged{EXTENSIONS[format]}"
    path.write_bytes(b"")
    with pytest.raises(UnusableArtifactError, match="damaged"):
        PandasCacher(path, format).load()


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_file_is_named(format, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        PandasCacher(tmp_path / f"nowhere{EXTENSIONS[format]}", format).load()


def test_a_frame_that_cannot_be_read_back_is_refused_when_it_is_saved(tmp_path):
    frame = pd.DataFrame({"a": []})
    cacher = PandasCacher(tmp_path / "x.xml", "xml")
    cacher.save(frame)
    with pytest.raises(ArtifactSaveError, match="cannot be read back"):
        cacher.as_loaded(frame)


class _Hidden(importlib.abc.MetaPathFinder):
    """Makes a library appear as not installed."""

    def __init__(self, name):
        self.name = name

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@pytest.mark.parametrize(("format", "library"), [("csv", "pandas"), ("excel", "openpyxl")])
def test_a_missing_library_is_named_with_the_command(format, library, tmp_path, monkeypatch):
    for module in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [_Hidden(library), *sys.meta_path])
    cacher = PandasCacher(tmp_path / "x", format)
    with pytest.raises(MissingDependencyError, match=r'pip install "curifactory\[pandas\]"'):
        cacher.save(FRAME)
    (tmp_path / "x").write_text("")
    with pytest.raises(MissingDependencyError, match=library):
        cacher.load()
