"""The index of metadata: it knows a file in the very state in which it was read, and no other."""

from __future__ import annotations

import os
import time

import pytest

from curifactory.store.metadata import BrokenMetadata, render
from curifactory.store.metadata_index import MetadataIndex

DOCUMENT = {
    "schema": 1,
    "stage": "make",
    "recipe_digest": "abc",
    "unseeded": False,
    "timing": {},
    "commit": {"generation": "1"},
}


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path, cache):
    return MetadataIndex(str(tmp_path / "manager" / "index" / "some"), str(cache))


def written(cache, name="one_metadata.json", **facts):
    path = cache / name
    path.write_bytes(render({**DOCUMENT, **facts}))
    return str(path)


def known(index, path, *others):
    """Have a file in the index, once its times tell of every later change; offer others, too."""
    give_up = time.monotonic() + 20
    while index.find(path) is None:
        assert time.monotonic() < give_up
        for one in (path, *others):
            index.note(one)
        index.save()
    index.forget()
    return path


def test_what_was_read_before_is_known_without_reading_it(index, cache):
    path = known(index, written(cache))
    document = index.find(path)
    assert document.get("recipe_digest") == "abc"
    assert document.get("commit") == {"generation": "1"}


def test_what_stands_before_its_end_is_read_when_it_is_asked_for(index, cache):
    path = known(index, written(cache))
    assert index.find(path).get("stage") == "make"


def test_another_file_in_its_place_meanwhile_is_not_mixed_with_it(index, cache):
    document = index.find(known(index, written(cache)))
    written(cache, recipe_digest="xyz")
    with pytest.raises(BrokenMetadata, match="another one took its place"):
        document.get("stage")


def test_a_changed_file_is_not_known_even_if_size_and_time_are_as_before(index, cache):
    path = known(index, written(cache))
    before = os.stat(path)
    written(cache, recipe_digest="abd")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(path).st_size == before.st_size
    assert index.find(path) is None


def test_a_copy_that_was_renamed_into_its_place_is_not_known(index, cache):
    path = known(index, written(cache))
    copy = written(cache, "copy")
    os.replace(copy, path)
    assert index.find(path) is None


def test_a_file_that_was_just_written_is_not_taken_in_yet(index, cache):
    path = written(cache)
    # the clock of the file system may be coarse: a change right now might leave its times equal
    os.utime(path, (time.time() + 3600, time.time() + 3600))
    index.note(path)
    index.save()
    assert index.find(path) is None


@pytest.mark.parametrize("name", ["recipe_digest", "unseeded", "timing", "commit"])
def test_metadata_that_has_to_be_read_as_a_whole_is_not_taken_in(index, cache, name):
    other = cache / "other_metadata.json"
    document = {**DOCUMENT, name: None}
    if name != "recipe_digest":
        del document[name]
    other.write_bytes(render(document))
    # written later, so whenever this one is taken in, the other could be
    known(index, written(cache), str(other))
    assert index.find(str(other)) is None


def test_metadata_that_is_broken_or_gone_is_not_taken_in(index, cache):
    path = written(cache)
    with open(path, "ab") as file:
        file.write(b"x")
    index.note(path)
    index.note(str(cache / "gone_metadata.json"))
    index.save()
    assert not os.path.exists(index._path)


def test_what_is_gone_leaves_the_index_when_something_is_added(index, cache):
    gone = known(index, written(cache, "gone_metadata.json"))
    os.unlink(gone)
    known(index, written(cache))
    with open(index._path, encoding="utf-8") as file:
        assert "gone_metadata.json" not in file.read()


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "a folder", "not ours"])
def test_a_damaged_index_is_no_index(index, cache, damage):
    path = known(index, written(cache))
    with open(index._path, "rb") as file:
        data = file.read()
    os.unlink(index._path)
    if damage == "a folder":
        os.mkdir(index._path)
    else:
        place = data.index(b"abc")
        flipped = data[:place] + b"abd" + data[place + 3 :]
        contents = {"flipped": flipped, "cut": data[:-5], "empty": b"", "not ours": b"\xff\n\x00"}
        with open(index._path, "wb") as file:
            file.write(contents[damage])
    assert index.find(path) is None
