"""Slots: where the files of an artifact lie, and which paths were given out."""

from __future__ import annotations

import os

import pytest

from curifactory.errors import InvalidNameError
from curifactory.store.slot import Slot, SlotUse, artifact_file_name, cache_slot


def test_a_file_name_has_prefix_hash_stage_and_artifact():
    assert artifact_file_name("exp", "abc", "train", "model") == "exp_abc_train_model"


@pytest.mark.parametrize("position", range(4))
def test_each_part_of_a_file_name_is_checked(position):
    parts = ["exp", "abc", "train", "model"]
    parts[position] = "../up"
    with pytest.raises(InvalidNameError):
        artifact_file_name(*parts)


def test_the_extension_is_added_once():
    assert cache_slot("c", "e_h_s_x", ".json").path() == "c/e_h_s_x.json"
    assert cache_slot("c", "e_h_s_x.json", ".json").path() == "c/e_h_s_x.json"


def test_a_suffix_takes_the_place_of_the_extension():
    slot = cache_slot("c", "name", ".json")
    assert slot.path("_model.bin") == "c/name_model.bin"
    assert slot.path("") == "c/name"
    assert slot.metadata_path == "c/name_metadata.json"


def test_a_subdir_lies_below_the_cache_folder():
    assert cache_slot("c", "name", ".json", "sub/dir").path() == "c/sub/dir/name.json"
    with pytest.raises(InvalidNameError):
        cache_slot("c", "name", ".json", "../out")


@pytest.mark.parametrize("path", ["d/x.json", "x.json", "/d/x.json", "d/x.data", "d/.json", "d/x"])
def test_a_path_of_the_user_is_used_exactly(path):
    slot = Slot.at(path, ".json")
    assert slot.path() == path
    assert slot.given_by_user


def test_metadata_beside_a_users_path_has_no_extension_in_its_middle():
    assert Slot.at("d/x.json", ".json").metadata_path == "d/x_metadata.json"
    assert Slot.at("d/x.data", ".json").metadata_path == "d/x.data_metadata.json"


def test_a_use_remembers_each_path_once_and_never_the_metadata():
    use = SlotUse(cache_slot("c", "name", ".json"))
    use.path()
    use.path()
    use.path("_more")
    use.path("_metadata.json")
    assert use.files == {"name.json": "c/name.json", "name_more": "c/name_more"}


def test_a_folder_is_made_when_it_is_given_out(tmp_path):
    use = SlotUse(cache_slot(str(tmp_path), "name"))
    path = use.folder("_parts")
    assert os.path.isdir(path)
    assert use.folders == {"name_parts": path}


def test_somebody_may_look_at_a_path_before_it_is_given_out():
    asked = []
    SlotUse(cache_slot("c", "name"), asked.append).path("_more")
    assert asked == ["c/name_more"]


def test_a_refused_path_is_not_remembered():
    def refuse(path):
        raise PermissionError(path)

    use = SlotUse(cache_slot("c", "name"), refuse)
    with pytest.raises(PermissionError):
        use.path()
    assert use.files == {}


@pytest.mark.parametrize("suffix", ["/../x", "a/b", "..", "a\\b"])
def test_a_suffix_leads_nowhere_else(suffix):
    use = SlotUse(cache_slot("c", "name"))
    with pytest.raises(InvalidNameError):
        use.path(suffix)
    with pytest.raises(InvalidNameError):
        use.folder(suffix)
