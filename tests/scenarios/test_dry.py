"""Dry runs: everything is computed as ever, and nothing is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import Cacheable, JsonCacher, PickleCacher

DRY = pytest.mark.parametrize("how", ["dry", "dry_cache"])


class InAFolder(Cacheable):
    """A user's cacher that writes several files."""

    def save(self, obj):
        for name, text in obj.items():
            Path(self.get_dir(), name).write_text(text)

    def load(self):
        return {path.name: path.read_text() for path in Path(self.get_dir()).iterdir()}


@pytest.fixture
def run(lab):
    @stage(outputs=["pair", Lazy("texts")], cachers=[JsonCacher, InAFolder])
    def make(record):
        lab.ran(record)
        Path(record.get_path("notes.txt")).write_text("by hand")
        return (1, record.params.size), {"a.txt": "a", "b.txt": "b"}

    @stage(["pair", "texts"], ["result"], [PickleCacher])
    def join(record, pair, texts):
        lab.ran(record)
        return [pair, sorted(texts)]

    def run(param_sets, manager):
        return [join(make(Record(manager, params))).state["result"] for params in param_sets]

    return run


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def artifacts(lab):
    return files_below(lab.cache) if lab.cache.exists() else {}


EXPECTED = [[[1, 3], ["a.txt", "b.txt"]]]


def test_a_dry_run_changes_no_file_at_all(lab, run, mode):
    before = files_below(lab.root)
    assert lab.run(run, lab.Params("a"), mode=mode, dry=True) == EXPECTED
    assert lab.executed() == {"make a": 1, "join a": 1}
    assert files_below(lab.root) == before


@DRY
def test_nothing_reaches_the_cache(lab, run, mode, how):
    assert lab.run(run, lab.Params("a"), mode=mode, **{how: True}) == EXPECTED
    assert artifacts(lab) == {}


@DRY
def test_what_is_in_the_cache_is_used_and_stays_as_it_is(lab, run, mode, how):
    lab.run(run, lab.Params("a"), mode=mode)
    lab.executed()
    before = artifacts(lab)
    expected = [*EXPECTED, [[1, 9], ["a.txt", "b.txt"]]]
    sets = [lab.Params("a"), lab.Params("b", size=9)]
    assert lab.run(run, *sets, mode=mode, **{how: True}) == expected
    assert lab.executed() == {"make b": 1, "join b": 1}
    assert artifacts(lab) == before


@DRY
def test_an_overwrite_leaves_the_old_artifacts(lab, run, mode, how):
    lab.run(run, lab.Params("a"), mode=mode)
    before = artifacts(lab)
    lab.executed()
    assert lab.run(run, lab.Params("a"), mode=mode, overwrite=True, **{how: True}) == EXPECTED
    assert lab.executed() == {"make a": 1, "join a": 1}
    assert artifacts(lab) == before


def test_a_dry_run_takes_no_run_number(lab, run):
    lab.run(run, lab.Params("a"))
    lab.run(run, lab.Params("a"), dry=True)
    assert lab.manager().experiment_run_number == 2


def test_the_values_make_the_round_trip_through_their_cachers(lab, run):
    assert lab.run(run, lab.Params("a"), dry=True)[0][0] == [1, 3], "JSON has no tuples"


@DRY
def test_what_a_stage_writes_to_a_path_of_its_own_leaves_the_cache_as_it_is(lab, run, how, mode):
    @stage(outputs=["length"], cachers=[JsonCacher])
    def note(record):
        path = Path(record.get_path("notes.txt"))
        before = path.read_text() if path.exists() else ""
        path.write_text(f"{before}{record.params.size}")
        folder = Path(record.get_dir("pages"))
        (folder / "page.txt").write_text(f"{record.params.size}")
        return len(path.read_text())

    def noted(param_sets, manager):
        return note(Record(manager, param_sets[0])).state["length"]

    assert lab.run(noted, lab.Params("a"), mode=mode) == 1
    before = artifacts(lab)
    lab.run(noted, lab.Params("a"), mode=mode, overwrite=True, **{how: True})
    assert artifacts(lab) == before
