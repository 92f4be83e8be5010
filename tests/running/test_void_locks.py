"""A lock that somebody else was given, too: what was saved in place may be of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import Record, stage
from curifactory.caching import Cacheable, FileReferenceCacher, JsonCacher


class Disturbed(Cacheable):
    """Two files that are written in place; while it saves, another process does the same."""

    disturbances: list = []

    def save(self, obj):
        for suffix in ("_one", "_two"):
            Path(self.get_path(suffix)).write_text(obj)
        if self.disturbances:
            self.disturbances.pop()(self)

    def load(self):
        return tuple(Path(self.get_path(suffix)).read_text() for suffix in ("_one", "_two"))


def writes_over(cacher):
    Path(cacher.get_path("_two")).write_text("other")


def removes(cacher):
    Path(cacher.get_path("_two")).unlink()


def other_is_given_the_locks(lab):
    for path in (lab.root / "data" / ".cache-locks").iterdir():
        with open(path, "a") as file:
            file.write("elsewhere process 1 since 2999-01-01T00:00:00 00\n")


@pytest.mark.parametrize("harm", [writes_over, removes])
def test_what_may_be_of_two_writers_is_saved_again_aside(lab, mode, harm):
    def other_comes(cacher):
        other_is_given_the_locks(lab)
        harm(cacher)

    Disturbed.disturbances = [other_comes]

    @stage(outputs=["pair"], cachers=[Disturbed])
    def make(record):
        lab.ran(record)
        return "mine"

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        return None if manager.map_mode else record.state["pair"]

    assert lab.run(run, lab.Params("a"), mode=mode) in ("mine", ("mine", "mine"))
    assert any("locks do not exclude" in notice for notice in lab.notices)
    assert lab.run(run, lab.Params("a"), mode=mode) == ("mine", "mine")
    assert lab.executed() == {"make a": 1}


def test_who_had_company_once_compares_the_files_that_a_stage_opened(lab):
    late_writers = [lambda: lab.file("_write_text.txt").write_text("late")]

    @stage(outputs=["files"], cachers=[FileReferenceCacher])
    def write(record):
        lab.ran(record)
        other_is_given_the_locks(lab)
        path = record.get_path("text.txt")
        Path(path).write_text("mine")
        return [path]

    @stage(["files"], ["text"], [JsonCacher])
    def read(record, files):
        lab.ran(record)
        if late_writers:
            late_writers.pop()()
        return Path(files[0]).read_text()

    def run(param_sets, manager):
        record = read(write(Record(manager, param_sets[0])))
        return None if manager.map_mode else record.state["text"]

    assert lab.run(run, lab.Params("a")) == "mine"
    assert lab.executed() == {"write a": 2, "read a": 2}
