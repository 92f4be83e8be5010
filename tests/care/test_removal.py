"""Removing artifacts: whole steps, nothing that is not ours, nothing that somebody works on."""

from __future__ import annotations

import os
import resource
import shutil
import signal
from pathlib import Path

import pytest
from keeper import Keeper, going

import curifactory
from curifactory import Record, stage
from curifactory.caching import JsonCacher
from curifactory.care.garbage import plan_removal
from curifactory.care.selecting import at_paths
from curifactory.care.survey import survey
from curifactory.errors import ArtifactNotFoundError, ArtifactSaveError, RunNotFoundError
from curifactory.reporting import JsonReporter
from curifactory.running.step_lock import lock_path
from curifactory.runs.forgetting import forgotten_metadata
from curifactory.store.locks import PathLock
from curifactory.store.metadata import parse
from curifactory.store.slot import Slot


@pytest.fixture
def keeper(lab):
    return Keeper()


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_all_outputs_of_a_call_go_with_every_file(cache, keeper):
    """One of three outputs is asked for; the second set has a hash of its own."""
    before = names(cache)
    done = keeper.remove(name="twin", params={"size": 1})
    assert sorted(done.artifacts) == [
        f"lab_one_make_{name}_metadata.json" for name in ("numbers", "texts", "twin")
    ]
    gone = before - names(cache)
    # what the stage wrote by itself is not tracked, so it is in no artifact
    assert gone == {
        name for name in before if name.startswith("lab_one_") and "by_hand" not in name
    }
    assert done.kept == {}


def test_the_metadata_is_in_the_history(cache, keeper):
    before = {path.name: parse(path.read_bytes()) for path in cache.glob("*_metadata.json")}
    keeper.remove(params={"size": 1})
    rows = keeper.cache.ask(
        lambda connection: connection.execute(
            "SELECT metadata_path, reason, metadata FROM forgotten "
            "JOIN artifacts ON artifacts.id = artifact"
        ).fetchall()
    )
    assert len(rows) == 3
    for path, reason, text in rows:
        assert (reason, forgotten_metadata(text)) == ("rm", before[path])


def test_the_next_run_makes_it_anew(lab, run, cache, keeper):
    before = names(cache)
    keeper.remove(params={"size": 1})
    lab.run(run, lab.Params("one", hash="one", size=1), lab.Params("two", size=2))
    assert lab.executed() == {"make one": 1}
    assert names(cache) == before
    assert len(survey(str(cache)).of("valid")) == 6


def test_what_a_stage_reported_goes_with_its_artifacts(lab, keeper):
    @stage([], ["made"], [JsonCacher])
    def tell(record):
        record.report(JsonReporter({"a": 1}, name="told"))
        return 1

    lab.run(lambda sets, manager: tell(Record(manager, sets[0])), lab.Params("one"))
    assert "reportables" in " ".join(names(lab.cache))
    assert keeper.remove(stage="tell").artifacts
    assert names(lab.cache) == set()


def test_several_conditions_must_all_hold(cache, keeper):
    assert going(keeper.removal(name="twin", params={"size": 3})) == []
    assert len(going(keeper.removal(name="twin", run="latest"))) == 6
    assert going(keeper.removal(at_least="1GB")) == []
    with pytest.raises(RunNotFoundError):
        keeper.removal(run="nothing")


def removal_at(keeper, path):
    return plan_removal(keeper.cache, lambda inventory: at_paths(inventory, [str(path)]))


def test_artifacts_are_found_by_any_of_their_files(cache, keeper):
    for name in ("lab_one_make_texts/a", "lab_one_make_texts", "lab_one_make_twin_metadata.json"):
        assert len(going(removal_at(keeper, cache / name))) == 3
    for path in (cache / "lab_one", cache.parent):
        with pytest.raises(ArtifactNotFoundError, match=r"no file|is a folder"):
            removal_at(keeper, path)


def test_an_artifact_elsewhere_is_not_removed(lab, cache, keeper):
    shutil.copytree(cache, lab.root / "copy")
    with pytest.raises(ArtifactNotFoundError, match="does not lie in the cache folder"):
        removal_at(keeper, lab.root / "copy" / "lab_one_make_twin.pkl")


def test_what_somebody_works_on_stays(cache, keeper):
    lock = PathLock(lock_path(Slot(str(cache), "lab_one_make_texts"), str(cache), "elsewhere"))
    before = names(cache)
    lock.acquire()
    try:
        done = keeper.remove(params={"size": 1})
    finally:
        lock.release()
    assert names(cache) == before
    (why,) = done.kept.values()
    assert why == f"{os.uname().nodename} process {os.getpid()} is at work on it"


def test_what_was_made_anew_since_it_was_chosen_stays(lab, run, cache, keeper):
    plan = keeper.removal(params={"size": 1})
    lab.run(run, lab.Params("one", hash="one", size=1), overwrite=True)
    before = names(cache)
    done = keeper.carry_out(plan, "rm")
    assert names(cache) == before
    assert [*done.kept.values()] == ["it changed since it was looked at"]


@pytest.mark.parametrize("changed", ["longer", "link", "folder"])
def test_a_file_that_is_not_what_was_saved_stays_with_its_step(lab, cache, keeper, changed):
    path = cache / "lab_one_make_numbers.json"
    if changed == "longer":
        path.write_text("notes of mine, in the place of an artifact")
    else:
        path.unlink()
        (lab.root / "far").mkdir()
        path.symlink_to(lab.root / "far") if changed == "link" else path.mkdir()
    before = names(cache)
    done = keeper.remove(params={"size": 1})
    assert names(cache) == before
    assert done.artifacts == []
    assert str(path.name) in next(iter(done.kept.values()))


def test_files_that_somebody_put_beside_stay(cache, keeper):
    own = [cache / "notes.txt", cache / "lab_one_make_texts" / "mine"]
    for path in own:
        path.write_text("mine")
    keeper.remove(params={"size": 1})
    assert all(path.read_text() == "mine" for path in own)
    assert not (cache / "lab_one_make_texts" / "a").exists()


def test_nothing_goes_behind_a_link_that_leads_out_of_the_cache(lab, keeper):
    (lab.root / "large_disk").mkdir()
    lab.cache.mkdir(parents=True)
    (lab.cache / "sub").symlink_to(lab.root / "large_disk")

    @stage([], ["far"], [JsonCacher(subdir="sub")])
    def make(record):
        return 1

    lab.run(lambda sets, manager: make(Record(manager, sets[0])), lab.Params("one"))
    done = keeper.remove(stage="make")
    assert len([*(lab.root / "large_disk").iterdir()]) == 2
    (why,) = done.kept.values()
    assert why.endswith("does not lie in the cache folder")


def test_a_cache_folder_that_is_a_link_is_looked_after_like_any_other(lab, run, keeper):
    (lab.root / "large_disk").mkdir()
    lab.cache.parent.mkdir()
    lab.cache.symlink_to(lab.root / "large_disk")
    lab.run(run, lab.Params("one", hash="one", size=1))
    # by its other name it is the same folder
    by_its_name = Keeper(str(lab.root / "large_disk"))
    assert len(going(by_its_name.removal(stage="make"))) == 3
    assert len(keeper.remove(stage="make").artifacts) == 3
    assert going(by_its_name.removal(stage="make")) == []


def test_a_folder_that_cannot_be_written_to_keeps_everything(cache, keeper):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    before = names(cache)
    cache.chmod(0o500)
    try:
        done = keeper.remove(params={"size": 1})
    finally:
        cache.chmod(0o700)
    assert names(cache) == before
    assert "cannot be removed" in next(iter(done.kept.values()))


def test_a_full_disk_costs_no_metadata_and_the_next_time_puts_it_in_order(lab, cache, keeper):
    """Nothing can be written, but room is made."""
    before = {path.name for path in cache.glob("lab_one_*_metadata.json")}
    plan = keeper.removal(params={"size": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(ArtifactSaveError):
            keeper.carry_out(plan, "rm")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert {path.name for path in cache.glob("lab_one_*")} == before | {"lab_one_make_by_hand.txt"}
    assert {one.gone for one in curifactory.artifacts(gone=None)} == {False}
    # whatever else is kept
    assert len(keeper.collect(keep_runs=5).artifacts) == 3
    assert {path.name for path in cache.glob("lab_one_*")} == {"lab_one_make_by_hand.txt"}
    assert sum(one.gone for one in curifactory.artifacts(gone=None)) == 3
