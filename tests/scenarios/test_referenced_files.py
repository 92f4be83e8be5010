"""Artifacts that only point at files: who reads such a file depends on what is in it."""

from __future__ import annotations

import pytest

from curifactory import Record, stage
from curifactory.caching import FileReferenceCacher, JsonCacher


@pytest.fixture(params=["from the record", "elsewhere", "a folder elsewhere"])
def place(request, lab):
    """Gives the path to write to and the path to point at."""

    def paths(record):
        if request.param == "from the record":
            path = record.get_path("text.txt")
            return path, path
        folder = lab.root / "elsewhere"
        folder.mkdir(exist_ok=True)
        path = folder / "text.txt"
        return str(path), str(path if request.param == "elsewhere" else folder)

    return paths


def test_a_file_that_was_written_anew_under_its_old_name_is_read_anew(lab, mode, place):
    @stage(outputs=["constant", "files"], cachers=[JsonCacher, FileReferenceCacher])
    def write(record, word):
        lab.ran(record)
        path, pointed_at = place(record)
        with open(path, "w") as file:
            file.write(word)
        return 1, [path, pointed_at]

    @stage(["files"], ["text"], [JsonCacher])
    def read(record, files):
        lab.ran(record)
        with open(files[0]) as file:
            return file.read()

    def run_with(word):
        def run(param_sets, manager):
            record = read(write(Record(manager, param_sets[0]), word=word))
            return None if manager.map_mode else record.state["text"]

        return lab.run(run, lab.Params("a"), mode=mode)

    for word in ("old", "new", "old"):
        assert run_with(word) == word
        assert lab.executed() == {"write a": 1, "read a": 1}
        assert run_with(word) == word
        assert lab.executed() == {}


def test_a_damaged_file_that_the_stage_asked_a_path_for_is_made_anew(lab, mode):
    @stage(outputs=["constant", "files"], cachers=[JsonCacher, FileReferenceCacher])
    def write(record):
        lab.ran(record)
        path = record.get_path("text.txt")
        with open(path, "w") as file:
            file.write("text")
        return 1, [path]

    def run(param_sets, manager):
        record = write(Record(manager, param_sets[0]))
        if manager.map_mode:
            return None
        with open(record.state["files"][0]) as file:
            return file.read()

    assert lab.run(run, lab.Params("a"), mode=mode) == "text"
    lab.file("_write_text.txt").write_text("tex_")
    for _ in range(2):
        assert lab.run(run, lab.Params("a"), mode=mode) == "text"
    assert lab.executed() == {"write a": 2}
