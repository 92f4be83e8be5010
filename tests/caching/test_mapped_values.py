"""Values that are mapped from their file: read-only, on the first run as on every later one."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from curifactory import Record, stage
from curifactory.caching import ArrowCacher, NumpyCacher, PickleCacher
from curifactory.errors import ArtifactSaveError, UnusableArtifactError

ARRAY = np.arange(1000.0).reshape(10, 100)


def is_mapped(array):
    base = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return not isinstance(base, np.ndarray) and not array.flags.writeable


def making(lab, cacher, value):
    """An experiment of one stage that makes `value`, and reads it afterwards."""

    @stage(outputs=["value"], cachers=[cacher])
    def make(record):
        lab.ran(record)
        return value

    def run(param_sets, manager):
        (params,) = param_sets
        return make(Record(manager, params)).state["value"]

    return run


@pytest.mark.parametrize("cacher", [NumpyCacher(mmap=True), PickleCacher(mmap=True)])
@pytest.mark.parametrize("mode", ["live", "plan"])
def test_a_stage_hands_on_a_map_at_once_and_later(lab, cacher, mode):
    run = making(lab, cacher, ARRAY)
    for executed in ({"make a": 1}, {}):
        array = lab.run(run, lab.Params("a"), mode=mode)
        assert is_mapped(array)
        assert np.array_equal(array, ARRAY)
        assert lab.executed() == executed


@pytest.mark.parametrize("kind", [NumpyCacher, PickleCacher, ArrowCacher])
def test_whether_it_is_mapped_makes_no_artifact_stale(lab, kind):
    value = pd.DataFrame({"a": ARRAY[0]}) if kind is ArrowCacher else ARRAY
    for mmap in (True, False, True):
        lab.run(making(lab, kind(mmap=mmap), value), lab.Params("a"))
    assert lab.executed() == {"make a": 1}


def test_unmapped_values_can_be_written_to(lab):
    for mmap in (True, False):
        for cacher in (NumpyCacher(mmap=mmap), PickleCacher(mmap=mmap)):
            array = lab.run(making(lab, cacher, ARRAY), lab.Params("a"))
            assert array.flags.writeable is not mmap


def test_a_map_outlives_the_artifact(lab):
    array = lab.run(making(lab, NumpyCacher(mmap=True), ARRAY), lab.Params("a"))
    lab.run(making(lab, NumpyCacher(mmap=True), ARRAY + 1), lab.Params("a"), overwrite=True)
    lab.file("_value.npy").unlink()
    assert np.array_equal(array, ARRAY)


@pytest.mark.parametrize("ending", [".pkl", "_buffers.bin", "_metadata.json"])
def test_a_damaged_part_is_made_again(lab, ending):
    run = making(lab, PickleCacher(mmap=True), ARRAY)
    lab.run(run, lab.Params("a"))
    data = bytearray(lab.file(ending).read_bytes())
    data[-5] ^= 1
    lab.file(ending).write_bytes(data)
    assert np.array_equal(lab.run(run, lab.Params("a")), ARRAY)
    assert lab.executed() == {"make a": 2}


@pytest.mark.parametrize("at", [3, 60, -1])
@pytest.mark.parametrize("mmap", [True, False])
def test_a_flipped_byte_of_an_array_is_found(lab, at, mmap):
    run = making(lab, NumpyCacher(mmap=mmap), ARRAY)
    lab.run(run, lab.Params("a"))
    data = bytearray(lab.file(".npy").read_bytes())
    data[at] ^= 1
    lab.file(".npy").write_bytes(data)
    assert np.array_equal(lab.run(run, lab.Params("a")), ARRAY)
    assert lab.executed() == {"make a": 2}


def test_an_array_after_a_dictionary_and_back(lab):
    for value in (ARRAY, {"a": ARRAY}, ARRAY):
        lab.run(making(lab, NumpyCacher, value), lab.Params("a"), overwrite=True)
        found = lab.run(making(lab, NumpyCacher, value), lab.Params("a"))
        assert type(found) is type(value)
    assert len(list(lab.cache.iterdir())) == 2


def test_what_numpy_itself_reads(tmp_path):
    NumpyCacher(tmp_path / "one.npy").save(ARRAY)
    NumpyCacher(tmp_path / "two.npz").save({"a": ARRAY, "b": ARRAY[::2, ::3]})
    assert np.array_equal(np.load(tmp_path / "one.npy"), ARRAY)
    with np.load(tmp_path / "two.npz") as archive:
        assert np.array_equal(archive["b"], ARRAY[::2, ::3])


def test_equal_dictionaries_make_equal_files(tmp_path):
    for name in ("one.npz", "two.npz"):
        NumpyCacher(tmp_path / name).save({"a": ARRAY})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.parametrize(
    "value",
    [np.array([object()]), np.ma.masked_array([1, 2], [True, False]), {1: ARRAY}, {"a\0": ARRAY}],
    ids=["objects", "mask", "key", "zero byte"],
)
def test_what_an_array_file_has_no_room_for_is_an_error(tmp_path, value):
    with pytest.raises(ArtifactSaveError, match="use PickleCacher"):
        NumpyCacher(tmp_path / "x").save(value)
    assert list(tmp_path.iterdir()) == []


def test_a_mapped_pickle_needs_its_own_buffers(tmp_path):
    for name, array in (("one", ARRAY), ("two", ARRAY[1:])):
        PickleCacher(tmp_path / f"{name}.pkl", mmap=True).save(array)
    os.replace(tmp_path / "two_buffers.bin", tmp_path / "one_buffers.bin")
    with pytest.raises(UnusableArtifactError, match="another pickle"):
        PickleCacher(tmp_path / "one.pkl").load()


def test_a_pickle_without_a_map_is_one_plain_file(tmp_path):
    PickleCacher(tmp_path / "x.pkl", mmap=True).save(ARRAY)
    PickleCacher(tmp_path / "x.pkl").save(ARRAY)
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]
    assert np.array_equal(pickle.loads((tmp_path / "x.pkl").read_bytes()), ARRAY)


def test_an_arrow_table_is_the_memory_of_its_file(tmp_path):
    frame = pd.DataFrame({"a": ARRAY[0], "b": range(100)})
    cacher = ArrowCacher(tmp_path / "x.arrow")
    cacher.save(frame)
    assert all(is_mapped(cacher.load()[name].to_numpy()) for name in frame)
    loaded = ArrowCacher(tmp_path / "x.arrow", mmap=False).load()
    loaded.loc[0, "a"] = 7.0
    assert pd.read_feather(tmp_path / "x.arrow").equals(frame)
    assert pl.read_ipc(tmp_path / "x.arrow")["b"].to_list() == list(range(100))


def test_a_table_that_somebody_else_wrote(tmp_path):
    pl.DataFrame({"a": [1]}).write_ipc(tmp_path / "x.arrow")
    assert type(ArrowCacher(tmp_path / "x.arrow").load()).__module__ == "pyarrow.lib"
    with pytest.raises(ArtifactSaveError, match="list"):
        ArrowCacher(tmp_path / "y.arrow").save([1])
