from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import Record, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher


class InAFolder(Cacheable):
    """A user's cacher: a folder of files, written in place."""

    def save(self, obj):
        for name, text in obj.items():
            Path(self.get_dir(), name).write_text(text)

    def load(self):
        return {path.name: path.read_text() for path in sorted(Path(self.get_dir()).iterdir())}


@pytest.fixture
def run(lab):
    """Three artifacts of one stage; the stage writes a file of its own, which it does not track."""

    @stage(outputs=["numbers", "twin", "texts"], cachers=[JsonCacher, PickleCacher, InAFolder])
    def make(record):
        lab.ran(record)
        Path(record.get_path("by_hand.txt", track=False)).write_text("by hand")
        size = record.params.size
        return [size] * 4, [size] * 4, {"a": f"{size}", "b": f"{size}"}

    def run(param_sets, manager):
        for params in param_sets:
            make(Record(manager, params))

    return run


@pytest.fixture
def cache(lab, run) -> Path:
    """A cache folder with the artifacts of two parameter sets, the first with a hash by hand."""
    lab.run(run, lab.Params("one", hash="one", size=1), lab.Params("two", size=2))
    lab.executed()
    return lab.cache
