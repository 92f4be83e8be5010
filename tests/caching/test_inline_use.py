"""A cacher with a path, outside of any stage."""

from __future__ import annotations

import os
import pathlib
import pickle

import pytest

from curifactory.caching import Cacheable, JsonCacher, PandasCacher, PickleCacher
from curifactory.caching.cacheable import is_staged, round_trip
from curifactory.errors import ArtifactSaveError, DefinitionError, UnusableArtifactError


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_path_is_used_exactly_whatever_its_type(tmp_path, kind):
    path = kind(tmp_path / "results.data")
    JsonCacher(path).save([1])
    assert JsonCacher(path).load() == [1]
    assert JsonCacher(path).get_path() == str(path)
    assert os.listdir(tmp_path) == ["results.data"]


def test_overwrite_path_and_path_override_are_one_argument(tmp_path):
    path = str(tmp_path / "x.json")
    assert JsonCacher(overwrite_path=path).get_path() == path
    assert JsonCacher(path_override=path).get_path() == path
    with pytest.raises(DefinitionError, match="one argument"):
        JsonCacher(path, overwrite_path=path)


def test_an_extension_given_by_the_user_replaces_the_built_in_one():
    assert JsonCacher(extension=".txt").extension == ".txt"
    assert PandasCacher(format="csv", extension=".txt").extension == ".txt"


def test_a_cacher_without_path_says_how_to_get_one():
    with pytest.raises(DefinitionError, match=r"JsonCacher\('results/thing'\)"):
        JsonCacher().save(1)


def test_a_missing_folder_is_made_and_nothing_else_stays_in_it(tmp_path):
    PickleCacher(tmp_path / "new" / "x.pkl").save({1, 2})
    assert os.listdir(tmp_path / "new") == ["x.pkl"]


def test_plain_pickle_reads_the_file(tmp_path):
    PickleCacher(tmp_path / "x.pkl").save({1, 2})
    assert pickle.loads((tmp_path / "x.pkl").read_bytes()) == {1, 2}


def test_check_is_whether_the_file_is_there(tmp_path):
    cacher = JsonCacher(tmp_path / "x.json")
    assert not cacher.check()
    cacher.save(1)
    assert cacher.check()


def test_a_missing_file_is_the_error_that_people_expect(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"x\.json"):
        JsonCacher(tmp_path / "x.json").load()


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    cacher = PickleCacher(tmp_path / "x.pkl")
    cacher.save("old")
    with pytest.raises(ArtifactSaveError, match=r"PickleCacher cannot store the list of .*x\.pkl"):
        cacher.save(["x" * 100_000, lambda: None])
    assert cacher.load() == "old"
    assert os.listdir(tmp_path) == ["x.pkl"]


@pytest.mark.parametrize("data", [b"", b"\x80\x05not a pickle", b"cno_such_module\nThing\n."])
def test_a_damaged_pickle_is_an_error_that_names_the_file(tmp_path, data):
    (tmp_path / "x.pkl").write_bytes(data)
    with pytest.raises(UnusableArtifactError, match=r"x\.pkl.*something else wrote it") as caught:
        PickleCacher(tmp_path / "x.pkl").load()
    assert caught.value.__cause__ is not None


def test_metadata_can_be_saved_and_loaded_by_hand(tmp_path):
    cacher = JsonCacher(tmp_path / "x.json")
    assert cacher.load_metadata() is None
    cacher.save(1)
    cacher.extra_metadata["best"] = 13
    cacher.save_metadata()
    later = JsonCacher(tmp_path / "x.json")
    metadata = later.load_metadata()
    assert metadata["cacher_type"] == "curifactory.caching.JsonCacher"
    assert metadata["extra"] == later.extra_metadata == {"best": 13}
    assert later.metadata == metadata
    assert sorted(os.listdir(tmp_path)) == ["x.json", "x_metadata.json"]


def test_every_path_that_was_given_out_is_known(tmp_path):
    cacher = Cacheable(tmp_path / "x.bin", extension=".bin")
    folder = cacher.get_dir("_parts")
    assert cacher.get_path() == cacher.get_path()
    assert cacher.cache_paths == [folder, str(tmp_path / "x.bin")]
    assert os.path.isdir(folder)


class OwnSave(JsonCacher):
    def save(self, obj):
        JsonCacher(self.get_path()).save([obj])


class OwnSaveSaidToBeStaged(OwnSave):
    staged = True

    def save(self, obj):
        super().save(obj)


class OwnLoad(JsonCacher):
    def load(self):
        return tuple(super().load())


def test_a_subclass_that_replaces_save_writes_in_place_unless_it_says_otherwise():
    assert is_staged(JsonCacher())
    assert is_staged(OwnLoad())
    assert not is_staged(OwnSave())
    assert is_staged(OwnSaveSaidToBeStaged())


def test_a_subclass_that_replaces_save_or_load_answers_for_its_own_values():
    assert round_trip(JsonCacher(), (1,)).value == [1]
    assert round_trip(OwnSave(), (1,)).value == (1,)
    assert round_trip(OwnLoad(), (1,)).value == (1,)


def test_a_cacher_without_save_and_load_says_so(tmp_path):
    with pytest.raises(NotImplementedError, match=r"no save\(obj\)"):
        Cacheable(tmp_path / "x").save(1)
    with pytest.raises(NotImplementedError, match=r"no load\(\)"):
        Cacheable(tmp_path / "x").load()
