"""What a run leaves in the history: made by real runs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import closing

import pytest

import curifactory
from curifactory import Record, aggregate, stage
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.runs.changing import remove_run
from curifactory.runs.history import History


@stage(None, ["data"], [JsonCacher])
def make(record):
    return list(range(record.params.size))


@stage(["data"], ["low", "high"], [JsonCacher, PickleCacher])
def split(record, data):
    return data[:1], data[1:]


@aggregate(["high"], ["longest"], [JsonCacher])
def longest(record, records, high):
    return max(len(one) for one in high.values())


def run(param_sets, manager):
    for params in param_sets:
        split(make(Record(manager, params)))
    longest(Record(manager, None), manager.records)


@pytest.fixture
def two(lab):
    return lab.Params(name="short", size=2), lab.Params(name="long", size=5)


def only(runs):
    (found,) = runs
    return found


def test_a_run_says_what_it_made_and_with_which_parameters(lab, mode, two):
    lab.run(run, *two, mode=mode, notes="first")
    found = only(curifactory.history())
    assert found.status == ("LIVE" if mode == "live" else "complete")
    assert (found.experiment, found.number, found.notes) == ("lab", 1, "first")
    assert found.steps == {"run": 5, "loaded": 0, "skipped": 0}
    assert found.parameter_sets == {
        "long": {"size": 5, "factor": 2},
        "short": {"size": 2, "factor": 2},
    }
    made = {(one.stage, one.name, one.parameter_set) for one in found.made}
    assert ("make", "data", "long") in made
    assert ("split", "high", "short") in made
    assert len(made) == len(found.artifacts) == 7
    for artifact in found.artifacts:
        assert os.path.isfile(artifact.path)
        assert artifact.size == os.path.getsize(artifact.path)
        assert artifact.made_by == found.reference
        assert artifact.seconds is not None
        assert not artifact.gone


def test_a_run_that_loads_used_what_the_first_one_made(lab, mode, two):
    lab.run(run, *two, mode=mode)
    lab.run(run, *two, mode=mode)
    first, second = curifactory.history()
    assert (len(second.made), len(second.used)) == (0, 7)
    assert {one.path for one in second.artifacts} == {one.path for one in first.artifacts}
    assert {one.made_by for one in second.artifacts} == {first.reference}
    assert second.steps["run"] == 0


def test_what_a_run_used_survives_the_database_and_the_run_that_made_it(lab, two):
    lab.run(run, *two)
    lab.run(run, *two)
    first, second = curifactory.history()
    before = sorted((one.path, one.size, one.content) for one in second.used)
    remove_run(History("data", pytest.fail), first.reference)
    (lab.root / "data/runs.sqlite").unlink()
    found = only(curifactory.history())
    assert found.reference == second.reference
    assert sorted((one.path, one.size, one.content) for one in found.used) == before
    assert {one.made_by for one in found.used} == {first.reference}


def test_what_a_run_only_used_takes_little_room_in_its_file(lab, two):
    lab.run(run, *two)
    lab.run(run, *two)
    made, used = (
        json.loads((lab.root / "data/history" / f"{one.reference}.json").read_text())
        for one in curifactory.history()
    )
    assert (len(made["made"]), made["reused"]) == (7, {})
    assert used["made"] == used["used"] == []
    assert [len(keys) for keys in used["reused"].values()] == [7]


def test_what_was_made_anew_replaces_what_was_there(lab, two):
    lab.run(run, two[0], mode="live")
    lab.file("make_data_metadata.json").unlink()
    lab.run(run, two[0], mode="live")
    first, second = curifactory.history()
    assert {one.name for one in first.artifacts if one.gone} == {"data"}
    assert {one.name for one in second.made} == {"data"}
    assert not any(one.gone for one in second.artifacts)
    assert len(second.artifacts) == 4


def test_what_an_artifact_was_made_from_is_known(lab, two, rows_of):
    lab.run(run, *two)
    inputs = rows_of(
        "SELECT name, input, inputs.hash <> '', inputs.stage, inputs.content = made.content "
        "FROM inputs JOIN artifacts ON artifacts.id = inputs.artifact JOIN "
        "(SELECT content, stage FROM artifacts) AS made ON made.content = inputs.content "
        "AND made.stage = inputs.stage ORDER BY name, input"
    )
    assert set(inputs) == {
        ("high", "data", 0, "make", 1),
        ("longest", "high", 1, "split", 1),
        ("low", "data", 0, "make", 1),
    }
    assert len(inputs) == 6


@pytest.fixture
def rows_of(lab):
    import sqlite3

    def ask(question):
        with closing(sqlite3.connect(lab.root / "data" / "runs.sqlite")) as connection, connection:
            found = connection.execute(question).fetchall()
        connection.close()
        return found

    return ask


def test_paths_of_a_project_that_moved_lead_to_where_it_is_now(lab, two, tmp_path, monkeypatch):
    lab.run(run, two[0])
    new = tmp_path / "moved"
    new.mkdir()
    (tmp_path / "data").rename(new / "data")
    (tmp_path / "curifactory_config.json").rename(new / "curifactory_config.json")
    monkeypatch.chdir(new)
    artifacts = only(curifactory.history()).artifacts
    assert len(artifacts) == 4
    assert all(os.path.isfile(one.path) and str(new) in one.path for one in artifacts)


def test_what_another_cache_holds_is_told_apart(lab, two, tmp_path):
    lab.run(run, two[0])
    lab.run(run, two[0], cache_path=tmp_path / "other")
    first, second = curifactory.history()
    paths = [
        {os.path.dirname(one.path) for one in one_run.artifacts} for one_run in (first, second)
    ]
    assert paths == [{str(tmp_path / "data" / "cache")}, {str(tmp_path / "other")}]
    assert not any(one.gone for one in first.artifacts)


def test_artifacts_that_came_with_a_copied_cache_say_who_made_them(lab, two, tmp_path):
    lab.run(run, two[0])
    maker = only(curifactory.history()).reference
    for name in ("runs.sqlite", "store.json"):
        (tmp_path / "data" / name).unlink()
    (tmp_path / "data" / "history").rename(tmp_path / "gone")
    lab.run(run, two[0])
    found = only(curifactory.history())
    assert {one.made_by for one in found.artifacts} == {maker}
    assert all(one.seconds is not None for one in found.artifacts)


def test_a_dry_run_leaves_nothing(lab, two):
    lab.run(run, two[0], dry=True)
    assert len(curifactory.history()) == 0
    assert not (lab.root / "data").exists()


def test_what_a_run_without_cache_made_is_no_artifact(lab, two):
    lab.run(run, two[0], dry_cache=True)
    assert len(only(curifactory.history()).artifacts) == 0


def test_seconds_are_those_that_passed_whatever_the_clock_says(lab, two, monkeypatch):
    manager = lab.manager("plan")
    monkeypatch.setattr(time, "time", lambda: 5.0)
    manager.finish("complete")
    manager.close()
    found = only(curifactory.history())
    assert found.ended.timestamp() == 5.0
    assert 0 < found.seconds < 600


def test_two_runs_in_one_second_are_two(lab, two):
    for _ in range(3):
        lab.run(run, two[0])
    references = [one.reference for one in curifactory.history()]
    assert len({*references}) == 3
    assert [one.number for one in curifactory.history()] == [1, 2, 3]


def test_a_clock_that_was_set_back_does_not_change_which_run_is_the_latest(lab, two, change):
    lab.run(run, two[0])
    lab.run(run, two[0])
    change("UPDATE runs SET started = 5 WHERE number = 2")
    assert curifactory.history()["latest"].number == 2


@pytest.fixture
def change(lab):
    import sqlite3

    def do(statement):
        with closing(sqlite3.connect(lab.root / "data" / "runs.sqlite")) as connection, connection:
            connection.execute(statement)
        connection.close()

    return do


def test_nothing_of_the_environment_variables_is_kept(lab, two, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "very-secret-value")
    lab.run(run, two[0])
    for path in (lab.root / "data").rglob("*"):
        if path.is_file():
            assert b"very-secret-value" not in path.read_bytes(), path


def test_python_and_packages_are_kept_once(lab, two):
    lab.run(run, two[0])
    lab.run(run, two[0])
    environment = curifactory.history()[1].environment
    assert environment["packages"]["pytest"] == pytest.__version__
    assert environment["python"].startswith("3.")
    assert len([*(lab.root / "data" / "history" / "environments").iterdir()]) == 1


def test_the_runs_are_data_frames_when_that_is_wanted(lab, two):
    lab.run(run, *two)
    lab.run(run, *two)
    frame = curifactory.history().frame()
    assert list(frame["steps_run"]) == [5, 0]
    assert list(frame["reference"].str.startswith("lab_")) == [True, True]
    artifacts = curifactory.history()["lab_1"].artifacts.frame()
    assert artifacts["size"].sum() > 0
    assert len(artifacts) == 7


def test_runs_are_found_by_what_they_are(lab, two):
    lab.run(run, two[0])
    lab.run(run, two[1])
    find = curifactory.history
    assert [one.number for one in find(params={"size": 5})] == [2]
    assert [one.number for one in find("lab", status="complete", limit=1)] == [2]
    assert [one.number for one in find("lab", limit=1)] == [2]
    assert len(find("other")) == 0
    assert len(find(since="1h")) == 2
    assert len(find(since="2100-01-01")) == 0
    assert len(find(commit="abc")) == 0
    assert find()["lab_2"] == find()[1]


class TestInARepository:
    @pytest.fixture
    def git(self, lab):
        def do(*arguments):
            identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
            done = subprocess.run(
                ["git", *identity, *arguments], cwd=lab.root, capture_output=True, check=True
            )
            return done.stdout.decode().strip()

        do("init", "-q", "-b", "trunk")
        (lab.root / "code.py").write_text("x = 1\n")
        (lab.root / ".gitignore").write_text("data/\n")
        do("add", "code.py", ".gitignore", "curifactory_config.json")
        do("commit", "-q", "-m", "one")
        return do

    def test_a_clean_run_names_commit_and_branch(self, lab, two, git):
        lab.run(run, two[0])
        found = only(curifactory.history())
        assert found.commit == git("rev-parse", "HEAD")
        assert len(found.commit) == 40
        assert (found.branch, found.dirty, found.patch) == ("trunk", False, None)

    def test_uncommitted_changes_are_kept_so_that_they_can_be_applied(self, lab, two, git):
        (lab.root / "code.py").write_text("x = 2\n")
        (lab.root / "new.py").write_text("secret = 3\n")
        lab.run(run, two[0])
        lab.run(run, two[0])
        first, second = curifactory.history()
        assert first.dirty
        assert first.patch == second.patch
        assert "new.py" in first.patch
        assert "secret" not in first.patch
        assert len([*(lab.root / "data" / "history" / "patches").iterdir()]) == 1
        git("checkout", "-q", "code.py")
        (lab.root / "held.diff").write_text(first.patch)
        git("apply", "held.diff")
        assert (lab.root / "code.py").read_text() == "x = 2\n"

    def test_a_large_patch_is_cut_and_says_so(self, lab, two, git, monkeypatch):
        monkeypatch.setattr("curifactory.runs.patch.MOST_BYTES", 1000)
        (lab.root / "code.py").write_text("".join(f"line {n}\n" for n in range(1000)))
        lab.run(run, two[0])
        patch = only(curifactory.history()).patch
        assert len(patch) < 1200
        assert "# cut here" in patch.splitlines()[-1]

    def test_a_commit_without_a_branch_has_none(self, lab, two, git):
        git("checkout", "-q", "--detach")
        lab.run(run, two[0])
        found = only(curifactory.history())
        assert found.branch is None
        assert found.commit == git("rev-parse", "HEAD")
        assert len(curifactory.history(commit=found.commit[:7])) == 1

    def test_git_itself_is_left_alone(self, lab, two, git):
        (lab.root / "code.py").write_text("x = 2\n")
        before = (lab.root / ".git" / "index").read_bytes()
        lab.run(run, two[0])
        assert (lab.root / ".git" / "index").read_bytes() == before


def test_the_view_has_branch_error_and_seconds(lab, two):
    lab.run(run, two[0])
    (shown,) = json.loads((lab.root / "data" / "store.json").read_text())
    assert shown["branch"] is None
    assert shown["error"] is None
    assert shown["seconds"] > 0


def test_a_commit_made_after_the_clock_was_set_back_is_the_one_that_is_there(lab, two, change):
    lab.run(run, two[0], mode="live")
    change("UPDATE artifacts SET generated = generated + 86400")
    lab.file("make_data_metadata.json").unlink()
    lab.run(run, two[0], mode="live")
    first, second = curifactory.history()
    assert {one.name for one in first.artifacts if one.gone} == {"data"}
    assert not any(one.gone for one in second.artifacts)


def test_artifacts_that_come_back_are_there_again(lab, two, change):
    lab.run(run, two[0])
    change("UPDATE artifacts SET gone = 5.0")
    lab.run(run, two[0])
    assert not any(one.gone for one in only(curifactory.history()[:1]).artifacts)


def test_a_live_manager_whose_process_is_gone_is_dead(lab, two, change):
    lab.run(run, two[0], mode="live")
    lab.manager("live").close()
    change("UPDATE runs SET ended = NULL, process = process || '0' WHERE number = 2")
    assert [one.status for one in curifactory.history()] == ["LIVE", "dead"]
    lab.run(run, two[0])
    assert '"dead"' in (lab.root / "data" / "store.json").read_text()


def test_what_a_killed_run_made_is_known_as_soon_as_it_is_used(lab, two):
    manager = lab.manager("plan")
    make(Record(manager, two[0]))
    manager.close()
    killed = only(curifactory.history())
    assert len(killed.made) == 0
    lab.run(run, two[0])
    assert [one.name for one in killed.made] == ["data"]
    assert {one.made_by for one in killed.made} == {killed.reference}
