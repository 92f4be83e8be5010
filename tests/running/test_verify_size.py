"""``verify = "size"``: sizes are compared, and bytes are not."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import JsonCacher


@pytest.fixture
def load(lab, monkeypatch):
    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        lab.ran(record)
        return [1, 2, 3]

    def load(verify):
        monkeypatch.setenv("CURIFACTORY_VERIFY", verify)
        return make(Record(lab.manager(), lab.Params("a"))).state["numbers"]

    return load


def test_another_byte_of_the_same_size_is_found_in_full_only(lab, load):
    assert load("size") == [1, 2, 3]
    path = lab.file("numbers.json")
    path.write_text(path.read_text().replace("2", "7"))
    assert load("size") == [1, 7, 3]
    assert lab.executed() == {"make a": 1}
    assert load("full") == [1, 2, 3]
    assert lab.executed() == {"make a": 1}


def test_another_size_is_always_found(lab, load):
    load("size")
    lab.executed()
    lab.file("numbers.json").write_text("[1, 2]")
    assert load("size") == [1, 2, 3]
    assert lab.executed() == {"make a": 1}


def test_a_missing_file_and_changed_metadata_are_always_found(lab, load):
    for spoil in (
        lambda: lab.file("numbers.json").unlink(),
        lambda: lab.file("numbers_metadata.json").write_text(
            lab.file("numbers_metadata.json").read_text().replace('"a"', '"b"')
        ),
    ):
        load("size")
        lab.executed()
        spoil()
        assert load("size") == [1, 2, 3]
        assert lab.executed() == {"make a": 1}
