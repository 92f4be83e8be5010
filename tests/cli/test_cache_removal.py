"""``cache du | ls | rm | gc | pin`` as typed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import curifactory
from curifactory.errors import UnusableArtifactError


@pytest.fixture
def care(command):
    """Run ``curifactory cache …``; it must end with this status."""

    def run(*arguments, status=0, **environment):
        done = command("curifactory", "cache", *arguments, **environment)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def cache(command, project) -> Path:
    """Two runs: one of two parameter sets, one of the second of these."""
    assert command("experiment", "one").returncode == 0
    assert command("experiment", "one", "-n", "large").returncode == 0
    return project / "data" / "cache"


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_usage_is_shown_by_experiment_stage_and_age(care, cache):
    lines = care("du").stdout.splitlines()
    assert [line.split()[:2] for line in lines if line and " " in line][:-1] == [
        ["experiment", "artifacts"],
        ["one", "4"],
        ["stage", "artifacts"],
        ["make", "2"],
        ["add", "2"],
        ["age", "artifacts"],
        ["under", "a"],
    ]
    assert lines[-1].startswith("data/cache: ")
    assert "in 4 artifacts (" in lines[-1]
    assert "one_1_" in care("du", "--by", "run").stdout
    found = json.loads(care("du", "--json").stdout)
    assert found["size"] == sum(path.stat().st_size for path in cache.iterdir())
    assert found["by"]["stage"]["make"]["count"] == 2


def test_artifacts_in_the_cache_are_listed_by_what_they_are(care, cache, project):
    assert len(care("ls").stdout.splitlines()) == 5
    (line,) = care("ls", "--stage", "add", "--param", "size=9").stdout.splitlines()[1:]
    assert "_add_total.json" in line
    (project / "data/runs.sqlite").unlink()
    for path in (project / "data/history").glob("*.json"):
        path.unlink()
    found = json.loads(care("ls", "--stage", "add", "--param", "size=9", "--json").stdout)
    assert [one["parameter_set"] for one in found] == ["large"]


def test_rm_shows_what_goes_and_the_next_run_makes_it_anew(care, command, cache):
    before = names(cache)
    shown = care("rm", "--stage", "add", "--dry-run")
    assert names(cache) == before
    assert shown.stdout.count("remove  data/cache/") == 2
    done = care("rm", "--stage", "add", "--yes")
    assert done.stdout.splitlines()[-1].startswith("Removed 2 artifacts, ")
    assert {name.split("_")[2] for name in names(cache)} == {"make"}
    assert "2 executed" in command("experiment", "one").stdout
    assert names(cache) == before


@pytest.mark.usefixtures("cache")
def test_a_mistyped_stage_is_told_with_what_was_meant(care):
    done = care("rm", "--stage", "mak", "--yes")
    assert "No artifact in the history is of stage 'mak'. Did you mean 'make'?" in done.stderr


def test_rm_takes_paths(care, cache):
    metadata = sorted(cache.glob("*_add_total_metadata.json"))[0]
    care("rm", str(metadata), "--yes")
    assert not metadata.exists()
    assert len([*cache.glob("*_metadata.json")]) == 3


def test_gc_keeps_what_the_newest_run_needs(care, command, cache):
    found = json.loads(care("gc", "--keep-runs", "1", "--dry-run", "--json").stdout)
    done = json.loads(care("gc", "--keep-runs", "1", "--yes", "--json").stdout)
    assert [one["path"] for one in found["planned"]["artifacts"]] == [
        one["path"] for one in done["planned"]["artifacts"]
    ]
    assert len(done["removed"]) == 2
    assert found["removed"] == []
    assert "0 executed" in command("experiment", "one", "-n", "large").stdout
    assert "2 executed" in command("experiment", "one", "-n", "small").stdout


def test_pinned_runs_and_artifacts_stay_until_they_are_unpinned(care, cache):
    assert care("pin").stdout == "No pins.\n"
    care("pin", "one_1", "--note", "the paper")
    assert care("gc", "--keep-runs", "0", "--yes").stdout.endswith("pinned runs\n")
    refused = care("rm", "--stage", "add", "--yes", status=1)
    assert "2  " in refused.stdout
    assert "pinned" in refused.stdout
    assert len([*cache.glob("*_metadata.json")]) == 4
    pins = json.loads(care("pin", "--json").stdout)
    assert [(one["kind"], one["note"]) for one in pins] == [("run", "the paper")]
    artifact = sorted(cache.glob("*_add_total.json"))[0]
    care("pin", str(artifact))
    care("unpin", pins[0]["key"])
    care("gc", "--keep-pinned", "--yes")
    assert names(cache) == {artifact.name, artifact.name.replace(".json", "_metadata.json")}
    care("unpin", str(artifact))
    care("gc", "--keep-pinned", "--yes")
    assert names(cache) == set()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gc", "--dry-run"], "Say what to keep"),
        (["gc", "--unknown", "--dry-run"], "Say what to keep"),
        (["gc", "--keep-runs", "1"], "nothing was removed. Give --yes"),
        (["gc", "--keep-runs", "-1", "--dry-run"], "--keep-runs"),
        (["gc", "--max-size", "lots", "--dry-run"], "'lots' is no size"),
        (["gc", "--max-size", "50 XB", "--dry-run"], "'50 XB' is no size"),
        (["gc", "--older-than", "a while", "--dry-run"], "'a while' is no time"),
        (["gc", "--keep-runs", "1", "--dry-run", "-c", "nowhere"], "nowhere"),
        (["rm", "--yes"], "Say which artifacts"),
        (["rm", "some/path", "--stage", "add", "--yes"], "Say which artifacts"),
        (["rm", "--stage", "add"], "nothing was removed. Give --yes"),
        (["rm", "--run", "two", "--dry-run"], "no run 'two'"),
        (["rm", "--param", "size", "--dry-run"], "'size' is no parameter"),
        (["pin", "two"], "no run 'two'"),
        (["pin", "--note", "why"], "Say what to pin"),
    ],
)
def test_wrong_use_is_told_and_changes_nothing(care, cache, arguments, says):
    before = names(cache)
    assert says in care(*arguments, status=2).stderr
    assert names(cache) == before


def test_what_is_no_artifact_is_neither_removed_nor_pinned(care, cache, project):
    for command in (["rm", "--yes"], ["pin"], ["unpin"]):
        done = care(command[0], "curifactory_config.json", *command[1:], status=2)
        assert "no metadata" in done.stderr
    assert "is not pinned" in care("unpin", "one_1", status=2).stderr


@pytest.mark.parametrize("size", ["0", "1KB", "1 KiB", "0.001 GB"])
def test_sizes_are_given_with_units(care, cache, size):
    found = json.loads(care("gc", "--max-size", size, "--dry-run", "--json").stdout)
    assert (len(found["planned"]["artifacts"]) == 4) is (size == "0")


@pytest.mark.parametrize("age", ["30d", "2w", "1h", "2026-01-01"])
def test_what_is_younger_stays(care, cache, age):
    assert "4  " in care("gc", "--older-than", age, "--yes").stdout.splitlines()[-1]


def test_a_size_that_cannot_be_met_is_told(care, cache):
    done = care("gc", "--keep-runs", "1", "--max-size", "0", "--yes", status=1)
    assert "more than 0" in done.stderr
    assert len([*cache.glob("*_metadata.json")]) == 2


@pytest.mark.parametrize(
    ("answer", "status", "left"), [("n\n", 1, 4), ("\x04", 130, 4), ("y\n", 0, 2)]
)
def test_it_asks_on_a_terminal(project, cache, answer, status, left):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "curifactory"), "cache", "gc", "--keep-runs", "1"],
        cwd=project,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(ours, answer.encode())
    process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == status
    assert len([*cache.glob("*_metadata.json")]) == left


def test_a_full_store_stays_whole(care, command, project):
    assert command("experiment", "one", "--store-full").returncode == 0
    (store,) = (project / "data" / "runs").iterdir()
    for folder in (store, store / "artifacts"):
        assert len(care("ls", "-c", str(folder)).stdout.splitlines()) == 5
        for removal in (["gc", "--keep-runs", "0"], ["rm", "--stage", "add"]):
            done = care(*removal, "--yes", "-c", str(folder), status=2)
            assert "is a full store" in done.stderr
    assert len([*(store / "artifacts").glob("*_metadata.json")]) == 4


def test_removal_needs_locks_to_be_on(care, cache):
    done = care("gc", "--keep-runs", "0", "--yes", status=2, CURIFACTORY_LOCKING="false")
    assert "CURIFACTORY_LOCKING=1" in done.stderr


def test_a_history_from_the_future_keeps_everything(care, cache, project):
    import sqlite3

    with closing(sqlite3.connect(project / "data/runs.sqlite")) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer version" in care("gc", "--keep-runs", "0", "--yes", status=1).stderr
    assert "newer version" in care("du").stderr
    assert len([*cache.glob("*_metadata.json")]) == 4


def test_of_what_was_removed_it_is_said_by_which_command_and_how_it_is_made_again(
    care, command, cache
):
    (path,) = (one["path"] for one in _listed(command, "--stage", "make", "--param", "size=9"))
    content = command("curifactory", "show", path, "--json").stdout
    care("rm", path, "--yes")
    shown = command("curifactory", "show", path)
    # its total is there: a run would not make it without being told to
    again = "experiment one --overwrite-stage make"
    assert f"by `curifactory cache rm {path} --yes`" in shown.stdout
    assert f"make it again  {again}\n" in shown.stdout
    assert json.loads(content)["content"] in shown.stdout
    by_name = command("curifactory", "show", "--stage", "make", "--param", "size=9")
    assert by_name.stdout == shown.stdout
    why = command("curifactory", "why", path)
    assert why.stdout.startswith("make of large is not needed")
    assert f"`curifactory cache rm {path} --yes`" in why.stderr
    assert command(*again.split()).returncode == 0
    assert "make it again" not in command("curifactory", "show", path).stdout


def test_loading_what_was_removed_tells_so(care, cache, project):
    care("gc", "--keep-runs", "0", "--yes")
    (one, *_) = curifactory.artifacts(gone=True, folder=project / "data")
    with pytest.raises(
        UnusableArtifactError, match=r"removed on .* by `curifactory cache gc .*again: exp"
    ):
        one.load()


def test_one_of_something_is_told_from_several(care, cache):
    assert (
        "Removed 1 artifact, " in care("rm", str(next(cache.glob("*_total.json"))), "--yes").stdout
    )


def _listed(command, *query):
    return json.loads(command("curifactory", "artifacts", "ls", *query, "--json").stdout)
