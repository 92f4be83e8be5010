"""Something else lies where a file of an artifact should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import Record, stage
from curifactory.caching import Cacheable


class TwoFiles(Cacheable):
    """A user's cacher: writes in place, to two files."""

    def save(self, obj):
        for suffix in ("_one", "_two"):
            Path(self.get_path(suffix)).write_text(obj)

    def load(self):
        one, two = (Path(self.get_path(suffix)).read_text() for suffix in ("_one", "_two"))
        return one if one == two else (one, two)


def in_a_loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("put", [Path.mkdir, in_a_loop])
@pytest.mark.parametrize("suffix", ["_one", "_two"])
def test_it_is_removed_and_the_stage_runs_again(lab, mode, put, suffix):
    @stage(outputs=["pair"], cachers=[TwoFiles])
    def make(record):
        lab.ran(record)
        return "x"

    def run(param_sets, manager):
        record = make(Record(manager, param_sets[0]))
        return None if manager.map_mode else record.state["pair"]

    assert lab.run(run, lab.Params("a"), mode=mode) == "x"
    path = lab.file(f"_make_pair{suffix}")
    path.unlink()
    put(path)
    for _ in range(2):
        assert lab.run(run, lab.Params("a"), mode=mode) == "x"
    assert lab.executed() == {"make a": 2}
