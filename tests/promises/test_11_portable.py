"""Promise 11: a full store can be carried away, done again, and verified artifact by artifact."""

from __future__ import annotations

import json
import shlex
import shutil

import pytest

from curifactory.store.digest import digest_file

EXPERIMENT = """\
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Lazy, Record, stage
    from curifactory.caching import JsonCacher, PickleCacher

    @dataclass
    class P(ExperimentParameters):
        size: int = 1

    @stage(outputs=["numbers", Lazy("blob")], cachers=[JsonCacher, PickleCacher(subdir="raw")])
    def make(record):
        ran("make", record)
        return list(range(record.params.size)), b"x" * record.params.size

    @stage(["numbers", "blob"], ["total"], [JsonCacher])
    def add(record, numbers, blob):
        ran("add", record)
        return sum(numbers) + len(blob)

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))

    def get_params():
        return [P("small", size=3), P("large", size=5)]
    """


@pytest.fixture
def store(project):
    """A full store, carried to another place; the project has lost everything else it made."""
    project.write("experiments/portable.py", EXPERIMENT)
    project.succeed("portable", "--store-full", "--no-report")
    (folder,) = (project.root / "data" / "runs").iterdir()
    carried = project.root.parent / "another machine" / "a store"
    shutil.copytree(folder, carried)
    for name in ("data", "logs", "reports"):
        shutil.rmtree(project.root / name, ignore_errors=True)
    project.executed()
    return carried


def test_a_store_that_was_carried_away_is_done_again_without_computing(project, store):
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    project.succeed("portable", "--cache", str(store), "--dry-cache", "--no-report")
    assert project.executed() == {}
    project.succeed("portable", "--cache", str(store / "artifacts"), "--dry-cache", "--no-report")
    assert project.executed() == {}
    assert before == {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}


def test_each_artifact_can_be_verified_from_the_store_alone(store):
    documents = sorted((store / "artifacts").rglob("*_metadata.json"))
    assert len(documents) == 6
    for path in documents:
        files = json.loads(path.read_text())["commit"]["files"]
        assert files
        for name, size, digest in files:
            assert (path.parent / name).stat().st_size == size
            assert digest_file(str(path.parent / name), digest.partition(":")[0]) == digest


def test_a_store_says_how_it_was_made(project, store):
    info = json.loads((store / "run_info.json").read_text())
    program, *arguments = shlex.split(info["command_line"])
    assert program == "experiment"
    assert info["status"] == "complete"
    assert "curifactory==" in (store / "requirements.txt").read_text()
    assert "python: " in (store / "environment_meta.txt").read_text()
    # the command as it stands does the run again
    project.succeed(*arguments)
    assert set(project.executed().values()) == {1}


def test_the_commands_in_a_store_do_it_again(project, store):
    shutil.rmtree(project.root / "experiments")
    lines = (store / "README.md").read_text().splitlines()
    commands = [shlex.split(line)[1:] for line in lines if "/bin/curifactory " in line]
    assert [command[0] for command in commands] == ["verify", "replay", "replay"]
    project.root = store
    for command in commands:
        project.succeed(*command, program="curifactory")
        # the last one computes everything anew
        assert set(project.executed().values()) == ({1} if "--recompute" in command else set())


def test_damage_in_a_store_is_found_when_it_is_done_again(project, store):
    path, _ = sorted((store / "artifacts").rglob("*_add_total.json"))
    path.write_bytes(path.read_bytes()[::-1].swapcase() + b" ")
    said = project.succeed("portable", "--cache", str(store), "--dry-cache", "--no-report")
    assert path.stem in said
    (stage,) = project.executed()
    assert stage.startswith("add ")
