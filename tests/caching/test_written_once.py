"""The large formats: each byte is touched once, when it is written."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from curifactory import Record, caching, stage
from curifactory.caching import ArrowCacher, NumpyCacher, PathRef, PickleCacher
from curifactory.caching.array_files import write_array
from curifactory.caching.cacheable import Cacheable, can_unpickle, is_staged
from curifactory.store import commit
from curifactory.store.digest import digest_file, known

ARRAY = np.arange(400_000.0).reshape(400, 1000)

ARRAYS = {
    "C order": ARRAY,
    "Fortran order": np.asfortranarray(ARRAY),
    "neither": ARRAY[::2, ::3],
    "no axis": np.array(3.5),
    "empty": np.empty((0, 3)),
    "fields": np.zeros(3, [("a", "i4"), ("b", "U3")]),
    "times": np.array(["2020-01-01", "NaT"], "datetime64[D]"),
    "another class": ARRAY.view(np.recarray),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_is_written_as_numpy_does_and_its_digest_is_known(tmp_path, array):
    path, usual = str(tmp_path / "x.npy"), io.BytesIO()
    write_array(array, path)
    np.save(usual, array)
    assert (tmp_path / "x.npy").read_bytes() == usual.getvalue()
    assert known(path) == digest_file(path)


@pytest.mark.parametrize(
    "field", ["長さ", "x" * 70_000], ids=["of another script", "longer than version 1.0 allows"]
)
@pytest.mark.filterwarnings("ignore:Stored array in format")
def test_a_header_of_a_later_version(tmp_path, field):
    array = np.zeros(3, [(field, "f8")])
    NumpyCacher(tmp_path / "x.npy").save(array)
    assert np.array_equal(np.load(tmp_path / "x.npy", max_header_size=100_000), array)
    assert NumpyCacher(tmp_path / "x.npy").load().dtype == array.dtype


@pytest.mark.parametrize(
    ("cacher", "value"),
    [
        (NumpyCacher(), ARRAY),
        (NumpyCacher(mmap=True), ARRAY),
        (PickleCacher(), ARRAY),
        (PickleCacher(mmap=True), ARRAY),
        (ArrowCacher(), pd.DataFrame(ARRAY[:, :3], columns=["a", "b", "c"])),
    ],
    ids=["numpy", "numpy mapped", "pickle", "pickle mapped", "arrow"],
)
def test_no_file_is_read_again_for_its_digest(lab, monkeypatch, cacher, value):
    @stage(outputs=["value"], cachers=[cacher])
    def make(record):
        return value

    read = []
    monkeypatch.setattr(commit, "digest_file", lambda path: read.append(path) or digest_file(path))
    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("a"))
    assert read == []
    metadata = json.loads(lab.file("_metadata.json").read_bytes())
    for name, size, digest in metadata["commit"]["files"]:
        assert digest == digest_file(str(lab.cache / name))
        assert size == (lab.cache / name).stat().st_size


def test_the_cachers_that_come_along_write_aside_and_only_pickles_run_code():
    kinds = [getattr(caching, name) for name in caching.__all__]
    cachers = [kind("x") for kind in kinds if issubclass(kind, Cacheable) and kind is not Cacheable]
    assert {type(one) for one in cachers if not is_staged(one)} == {PathRef}
    assert {type(one).__name__ for one in cachers if can_unpickle(one)} == {
        "PickleCacher",
        "PandasCacher",
    }
