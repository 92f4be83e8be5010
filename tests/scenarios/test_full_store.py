"""Full stores: a folder that holds all of a run, and from which it can be done again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from curifactory import Lazy, Record, stage
from curifactory.caching import JsonCacher, PickleCacher


@pytest.fixture
def run(lab):
    @stage(outputs=["numbers"], cachers=[JsonCacher(subdir="raw")])
    def make(record):
        lab.ran(record)
        return list(range(record.params.size))

    @stage(
        ["numbers"],
        [Lazy("scaled"), "huge"],
        [PickleCacher, PickleCacher(track=False)],
    )
    def scale(record, numbers):
        lab.ran(record)
        with open(record.get_path("notes.txt"), "w") as file:
            file.write("by hand")
        with open(record.get_path("scratch.txt", track=False), "w") as file:
            file.write("not kept")
        return [number * record.params.factor for number in numbers], b"x" * 1000

    @stage(["scaled", "huge"], ["total"], [JsonCacher])
    def add(record, scaled, huge):
        lab.ran(record)
        return sum(scaled) + len(huge)

    def run(param_sets, manager):
        folders.append(manager.get_run_output_path())
        records = [add(scale(make(Record(manager, params)))) for params in param_sets]
        return [record.state["total"] for record in records]

    folders = []
    run.folders = folders
    return run


def stored(lab, run):
    """File names in the store's artifacts, without the part that all begin with."""
    artifacts = lab.root / run.folders[-1] / "artifacts"
    hash_ = lab.Params("a").params_hash()
    return {
        str(path.relative_to(artifacts)).replace(f"lab_{hash_}_", "")
        for path in artifacts.rglob("*")
        if path.is_file()
    }


ALL = {
    f"{name}{suffix}"
    for name, extension in (
        ("raw/make_numbers", ".json"),
        ("scale_scaled", ".pkl"),
        ("add_total", ".json"),
    )
    for suffix in (extension, "_metadata.json")
} | {"scale_notes.txt"}


def test_the_store_of_a_cold_run_holds_every_tracked_artifact(lab, run, mode):
    assert lab.run(run, lab.Params("a"), mode=mode, store_full=True) == [1006]
    assert stored(lab, run) == ALL
    folder = lab.root / run.folders[-1]
    assert not (folder / "INCOMPLETE").exists()
    assert {"run_info.json", "requirements.txt", "environment_meta.txt"} <= {
        path.name for path in folder.iterdir()
    }
    assert json.loads((folder / "run_info.json").read_text())["reference"] == folder.name


def test_the_store_of_a_warm_run_holds_what_was_reused_and_what_was_skipped(lab, run, mode):
    lab.run(run, lab.Params("a"), mode=mode)
    lab.executed()
    assert lab.run(run, lab.Params("a"), mode=mode, store_full=True) == [1006]
    assert lab.executed() == {}
    assert ALL - {"scale_notes.txt"} <= stored(lab, run)


def test_metadata_and_files_in_the_store_are_those_of_the_cache(lab, run):
    lab.run(run, lab.Params("a"), store_full=True)
    artifacts = lab.root / run.folders[-1] / "artifacts"
    for path in artifacts.rglob("*_*.*"):
        assert path.read_bytes() == (lab.cache / path.relative_to(artifacts)).read_bytes()


def test_the_store_alone_is_enough_to_do_the_run_again(lab, run, mode, tmp_path_factory):
    lab.run(run, lab.Params("a"), lab.Params("b", size=5), mode=mode, store_full=True)
    lab.executed()
    carried = tmp_path_factory.mktemp("elsewhere") / "store"
    shutil.move(lab.root / run.folders[-1], carried)
    shutil.rmtree(lab.cache)
    result = lab.run(
        run,
        lab.Params("a"),
        lab.Params("b", size=5),
        mode="plan",
        cache_path=carried / "artifacts",
        dry_cache=True,
    )
    assert result == [1006, 1020]
    assert lab.executed() == {}


def test_a_run_that_fails_leaves_its_mark_in_the_store(lab, run):
    def fail(param_sets, manager):
        run(param_sets, manager)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lab.run(fail, lab.Params("a"), mode="no plan", store_full=True)
    assert (lab.root / run.folders[-1] / "INCOMPLETE").exists()
    assert stored(lab, run) == ALL


def test_what_is_damaged_in_the_cache_is_never_stored_as_if_it_were_whole(lab, run):
    lab.run(run, lab.Params("a"))
    damaged = lab.file("_make_numbers.json")
    damaged.write_bytes(damaged.read_bytes().replace(b"1", b"7"))
    lab.run(run, lab.Params("a"), store_full=True)
    folder = lab.root / run.folders[-1]
    assert damaged.name in (folder / "INCOMPLETE").read_text()


def test_a_live_manager_stores_from_the_moment_it_is_asked_to(lab, run):
    manager = lab.manager()
    run([lab.Params("b", size=5)], manager)
    manager.store_full = True
    run([lab.Params("a")], manager)
    manager.close()
    assert stored(lab, run) == ALL


def test_a_file_of_the_stages_own_stays_inside_the_store(lab):
    outside = lab.root / "far" / "away" / "thing.json"

    @stage(outputs=["thing"], cachers=[JsonCacher(overwrite_path=str(outside))])
    def make(record):
        with open(record.get_path("own.txt"), "w") as file:
            file.write("mine")
        return {"a": 1}

    def run(param_sets, manager):
        make(Record(manager, param_sets[0]))
        return manager.get_run_output_path()

    store = Path(lab.run(run, lab.Params("a"), store_full=True))
    assert not (store / "INCOMPLETE").exists()
    copies = [path for path in lab.root.rglob("*own.txt") if path.is_file()]
    inside = [path for path in copies if (lab.root / store) in path.parents]
    assert inside == [
        lab.root / store / "artifacts" / path.name for path in copies if path.parent == lab.cache
    ]
    assert len(copies) == 2
