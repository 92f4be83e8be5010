"""A garbage collection of a real cache: what goes, what stays, and what a run does afterwards."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from keeper import Keeper, going

import curifactory
from curifactory import Record, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.care.survey import survey
from curifactory.runs.pins import artifact_key, pin


@pytest.fixture
def keeper(lab):
    return Keeper()


def experiment(lab):
    """Two stages, of which the first has two outputs."""

    @stage([], ["data", "twin"], [JsonCacher, PickleCacher])
    def make(record):
        lab.ran(record)
        return [1] * record.params.size, "x" * record.params.size

    @stage(["data"], ["sum"], [JsonCacher])
    def add(record, data):
        lab.ran(record)
        return sum(data)

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))

    return run


@pytest.fixture
def run(lab):
    return experiment(lab)


@pytest.fixture
def history_of_runs(lab, run):
    """Three runs: sizes 1 and 2, then 2, then 3."""
    for sizes in ((1, 2), (2,), (3,)):
        lab.run(run, *(lab.Params(f"size {size}", size=size) for size in sizes))
    lab.executed()


def sets_left(lab) -> set[str]:
    """The parameter sets of which all artifacts are there, by looking at the folder alone."""
    names = {path.name for path in lab.cache.iterdir()}
    hashes = {}
    for one in curifactory.history():
        hashes |= one.hashes
    ends = ("make_data.json", "make_twin.pkl", "add_sum.json")
    return {
        name for name, hash_ in hashes.items() if all(f"lab_{hash_}_{end}" in names for end in ends)
    }


@pytest.mark.usefixtures("history_of_runs")
def test_what_the_newest_runs_made_or_used_stays(lab, run, keeper):
    assert keeper.collect(keep_runs=2).kept == {}
    # the second run made nothing: it used what the first one made
    assert sets_left(lab) == {"size 2", "size 3"}
    assert survey(str(lab.cache)).of("valid") == list(survey(str(lab.cache)).items)
    assert len(survey(str(lab.cache)).items) == 6
    lab.run(run, *(lab.Params(f"size {size}", size=size) for size in (1, 2, 3)))
    assert lab.executed() == {"make size 1": 1, "add size 1": 1}


@pytest.mark.usefixtures("history_of_runs")
def test_a_dry_run_is_what_is_done(lab, keeper):
    before = {path.name for path in lab.cache.iterdir()}
    plan = keeper.collection(keep_runs=1)
    assert {path.name for path in lab.cache.iterdir()} == before
    keeper.collect(keep_runs=1)
    gone = before - {path.name for path in lab.cache.iterdir()}
    assert {name for name in gone if not name.endswith("_metadata.json")} == {*going(plan)}
    assert plan.gone.count == len(going(plan)) == 6


@pytest.mark.usefixtures("history_of_runs")
def test_what_a_pinned_run_needs_stays_whatever_the_limits(lab, keeper):
    pin(keeper.history, [("run", curifactory.history()[0].reference)])
    keeper.collect(keep_runs=0, max_size=0)
    assert sets_left(lab) == {"size 1", "size 2"}


@pytest.mark.usefixtures("history_of_runs")
def test_what_a_pinned_run_needs_stays_when_it_was_made_again_with_equal_content(lab, run, keeper):
    pin(keeper.history, [("run", curifactory.history()[0].reference)])
    lab.run(run, lab.Params("size 2", size=2), overwrite=True)
    assert lab.executed() == {"make size 2": 1, "add size 2": 1}
    keeper.collect(keep_runs=0, max_size=0)
    assert sets_left(lab) == {"size 1", "size 2"}


@pytest.mark.usefixtures("history_of_runs")
def test_a_pinned_artifact_stays_with_its_whole_step(lab, keeper):
    hash_ = curifactory.history()[0].hashes["size 1"]
    name = f"lab_{hash_}_make_twin_metadata.json"
    pin(keeper.history, [("artifact", artifact_key(keeper.cache.place.folder, name))])
    keeper.collect(keep_runs=0)
    assert {path.name for path in lab.cache.iterdir() if "_metadata" not in path.name} == {
        f"lab_{hash_}_make_data.json",
        f"lab_{hash_}_make_twin.pkl",
    }


@pytest.mark.usefixtures("history_of_runs")
def test_what_is_left_fits_and_the_cheapest_per_byte_went_first(lab, keeper):
    # data of a set takes 3 bytes a number and a character, the sum one
    total = sum(one.size for one in curifactory.artifacts())
    plan = keeper.collection(max_size=total - 1)
    assert 0 < plan.gone.size < total
    costs = [step.seconds / step.size for step in plan.steps]
    assert costs == sorted(costs)
    keeper.carry_out(plan, "gc")
    assert sum(one.size for one in curifactory.artifacts()) <= total - 1


@pytest.mark.usefixtures("history_of_runs")
def test_what_was_used_since_a_moment_is_not_older(lab, keeper):
    second = curifactory.history()[1].started.timestamp()
    keeper.collect(since=second - 0.0001)
    assert sets_left(lab) == {"size 2", "size 3"}
    keeper.collect(since=time.time())
    assert sets_left(lab) == set()


def test_runs_that_failed_do_not_take_the_place_of_those_that_did_not(lab, run, keeper):
    lab.run(run, lab.Params("size 1", size=1))

    def failing(param_sets, manager):
        raise RuntimeError

    for _ in range(3):
        with pytest.raises(RuntimeError):
            lab.run(failing)
    keeper.collect(keep_runs=1)
    assert sets_left(lab) == {"size 1"}


def test_an_interrupted_run_needs_what_it_made_and_read(lab, run, keeper):
    """Killed at the end, so the history does not know what it made."""
    lab.run(run, lab.Params("size 1", size=1))
    lab.file("add_sum.json").unlink()
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from laboratory import Lab\n"
        "from test_garbage import experiment\n"
        "lab = Lab(Path.cwd())\n"
        "whole = experiment(lab)\n"
        "def run(param_sets, manager):\n"
        "    whole(param_sets, manager)\n"
        "    if not manager.map_mode:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "lab.run(run, lab.Params('size 1', size=1))\n"
    )
    folders = os.pathsep.join(str(Path(__file__).parents[level]) for level in (0, 1))
    environment = {**os.environ, "PYTHONPATH": folders}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == -9
    # counted as none of the newest, but newer than all of these
    lab.run(run, lab.Params("size 5", size=5), lab.Params("size 6", size=6))
    keeper.collect(keep_runs=2)
    assert sets_left(lab) == {"size 1", "size 5", "size 6"}
    keeper.collect(keep_runs=1)
    assert sets_left(lab) == {"size 5", "size 6"}


def test_of_an_experiment_that_is_running_nothing_goes(lab, run, keeper):
    seen = []

    def running(param_sets, manager):
        run(param_sets, manager)
        if not manager.map_mode:
            seen.append(going(keeper.collection(keep_runs=0)))

    lab.run(run, lab.Params("size 1", size=1))
    lab.run(running, lab.Params("size 2", size=2))
    assert seen == [[]]
    assert len(going(keeper.collection(keep_runs=0))) == 6


def test_of_other_experiments_all_goes_that_is_theirs_alone(lab, run, keeper):
    @stage([], ["own", "shared"], [JsonCacher, JsonCacher(prefix="common")])
    def other(record):
        return 1, 2

    @stage([], ["alone"], [JsonCacher])
    def alone(record):
        return 1

    seen = []
    manager = curifactory.ArtifactManager("other", suppress_live_log=True)
    alone(other(Record(manager, lab.Params("one"))))
    manager.close()

    def running(param_sets, manager):
        if not manager.map_mode:
            seen.append(going(keeper.collection(keep_runs=0)))

    lab.run(running)
    (paths,) = seen
    assert [path.split("_", 2)[-1] for path in paths] == ["alone_alone.json"]


def test_what_another_project_put_into_the_same_cache_stays_unless_asked_for(lab, run, keeper):
    for size in (1, 2):
        manager = curifactory.ArtifactManager(
            "theirs", manager_cache_path="their_data", suppress_live_log=True
        )
        run([lab.Params("theirs", size=size)], manager)
        manager.close()
    lab.run(run, lab.Params("ours", size=3))
    plan = keeper.collection(keep_runs=1)
    assert going(plan) == []
    # of those that only artifacts tell of, one is the newest, too
    assert [share.count for share in plan.stays.values()] == [6, 3]
    keeper.collect(keep_runs=1, unknown=True)
    left = {pickle.loads(path.read_bytes()) for path in lab.cache.glob("*twin.pkl")}
    assert left == {"xx", "xxx"}


@pytest.mark.usefixtures("history_of_runs")
def test_a_copied_cache_without_any_history_is_kept_in_order_by_its_metadata(lab, keeper):
    copy = lab.root / "elsewhere"
    shutil.copytree(lab.cache, copy)
    shutil.rmtree(lab.root / "data")
    keeper = Keeper(str(copy))
    assert going(keeper.collection(keep_runs=0)) == []
    done = keeper.collect(keep_runs=1, unknown=True)
    assert len(done.artifacts) == 6
    assert len([*copy.glob("*.pkl")]) == 1
    # and the history knows of it now
    assert [one.gone for one in curifactory.artifacts(gone=None)] == [True] * 6


def test_metadata_whose_data_was_removed_by_hand_is_put_in_order(lab, run, keeper):
    lab.run(run, lab.Params("size 1", size=1))
    lab.file("add_sum.json").unlink()
    plan = keeper.collection(keep_runs=1)
    assert [Path(path).name.split("_", 2)[-1] for path in going(plan)] == ["add_sum.json"]
    keeper.carry_out(plan, "gc")
    assert not [*lab.cache.glob("*sum*")]
    assert [one.name for one in curifactory.artifacts(gone=True)] == ["sum"]
    lab.executed()
    lab.run(run, lab.Params("size 1", size=1))
    assert lab.executed() == {"add size 1": 1}


def test_metadata_of_an_older_layout_stays(lab, keeper):
    lab.cache.mkdir(parents=True)
    (lab.cache / "old_1_make_data.json").write_text("1")
    metadata = lab.cache / "old_1_make_data_metadata.json"
    metadata.write_text('{"artifact_name": "data", "stage": "make", "cacher_type": "JsonCacher"}')
    plan = keeper.collection(keep_runs=0, unknown=True)
    assert going(plan) == []
    (why,) = plan.stays
    assert "older layout" in why


@pytest.mark.usefixtures("history_of_runs")
def test_a_damaged_text_in_the_history_hides_nothing(lab, keeper):
    with closing(sqlite3.connect(lab.root / "data/runs.sqlite")) as connection, connection:
        connection.execute("UPDATE artifacts SET path = CAST(x'ff' AS TEXT) WHERE id = 1")
    assert keeper.collection(keep_runs=0).gone.count == 9
