"""Commands that cannot succeed: one clear error on stderr, and the exit status that says why."""

from __future__ import annotations

import json
import signal
import time

import pytest

FAILED, WRONG_USE, INTERRUPTED, TERMINATED = 1, 2, 130, 143

THREE = """\
    import os, time
    from dataclasses import dataclass
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @dataclass
    class P(ExperimentParameters):
        size: int = 1

    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        ran("make", record)
        return list(range(record.params.size))

    @stage(["numbers"], ["total"], [JsonCacher])
    def add(record, numbers):
        ran("add", record)
        if os.environ.get("BURST") == record.params.name:
            raise ZeroDivisionError("it burst")
        if os.environ.get("DAWDLE") == record.params.name:
            open("dawdling", "w").close()
            time.sleep(60)
        return sum(numbers)

    def run(param_sets, manager):
        for params in param_sets:
            add(make(Record(manager, params)))

    def get_params():
        return [P("small", size=3), P("large", size=5)]
    """


@pytest.fixture
def three(project):
    project.write("experiments/three.py", THREE)
    return project


def wrong(project, status, *arguments, **environment):
    """What a command that must end with this status says on stderr, which is no traceback."""
    done = project.command(*arguments, "--no-report", **environment)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr


def test_a_missing_experiment_is_named_with_the_nearest_one(three):
    said = wrong(three, WRONG_USE, "thre")
    assert "no experiment 'thre'" in said
    assert "'three'" in said
    assert "Traceback" not in said


def test_a_missing_parameter_file_is_named_with_the_nearest_one(three):
    three.write("params/grid.py", "from experiments.three import get_params\n")
    said = wrong(three, WRONG_USE, "three", "-p", "grdi")
    assert "'grdi'" in said
    assert "'grid'" in said
    assert "Traceback" not in said


def test_a_broken_configuration_file_is_named(three):
    three.write("curifactory_config.json", '{"cache_path": ')
    said = wrong(three, WRONG_USE, "three")
    assert "curifactory_config.json" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("returned", ["None", "[P('a'), 'b']", "P", "3"])
def test_get_params_that_gives_something_else(three, returned):
    three.write(
        "params/odd.py",
        f"from experiments.three import P\n\ndef get_params():\n    return {returned}\n",
    )
    said = wrong(three, WRONG_USE, "three", "-p", "odd")
    assert "get_params() of params/odd.py gave" in said
    assert "Traceback" not in said
    assert three.executed() == {}


def test_get_params_may_be_a_generator(three):
    three.write(
        "params/lazy.py",
        "from experiments.three import P\n\ndef get_params():\n"
        "    yield P('a', size=2)\n    yield P('b', size=4)\n",
    )
    three.succeed("three", "-p", "lazy")
    assert three.executed() == {f"{s} {p}": 1 for s in ("make", "add") for p in ("a", "b")}


def test_two_parameter_sets_of_one_name_are_said(three):
    three.write(
        "params/twins.py",
        "from experiments.three import P\n\ndef get_params():\n"
        "    return [P('twin', size=2), P('twin', size=4)]\n",
    )
    done = three.command("three", "-p", "twins", "--no-report")
    assert done.returncode == 0
    assert "'twin' (2)" in done.stdout + done.stderr
    assert three.executed() == {"make twin": 2, "add twin": 2}


def test_a_run_that_raises(project):
    project.write(
        "experiments/wrong.py",
        """\
        from curifactory import ExperimentParameters

        def get_params():
            return [ExperimentParameters("a")]

        def run(param_sets, manager):
            raise ZeroDivisionError("in run")
        """,
    )
    said = wrong(project, FAILED, "wrong")
    assert "ZeroDivisionError: in run" in said
    assert "experiments/wrong.py" in said
    assert "curifactory/" not in said, "the user's own lines are enough"
    (info,) = json.loads((project.root / "data/store.json").read_text())
    assert info["status"] == "error"


def test_a_stage_that_raises_leaves_what_was_finished(three):
    said = wrong(three, FAILED, "three", BURST="large")
    for part in ("ZeroDivisionError: it burst", "in stage 'add'", "record 'large_", "three.py"):
        assert part in said
    assert three.executed() == {"make small": 1, "add small": 1, "make large": 1, "add large": 1}
    three.succeed("three")
    assert three.executed() == {"add large": 1}


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal_in_the_middle_leaves_what_was_finished(three, number, status):
    process = three.start("three", "--no-report", DAWDLE="large")
    while not (three.root / "dawdling").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert "Traceback" not in said
    assert three.executed() == {"make small": 1, "add small": 1, "make large": 1, "add large": 1}
    (info,) = json.loads((three.root / "data/store.json").read_text())
    assert info["status"] == "interrupted"
    assert not list(three.root.rglob(".curifactory-*"))
    three.succeed("three")
    assert three.executed() == {"add large": 1}


def test_a_process_that_is_killed_leaves_what_was_finished(three):
    process = three.start("three", DAWDLE="large")
    while not (three.root / "dawdling").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=30)
    three.executed()
    three.succeed("three")
    assert three.executed() == {"add large": 1}
    assert not [path for path in three.cache.iterdir() if path.name.startswith(".")]


def test_an_unknown_key_of_the_configuration_is_said(three):
    three.write("curifactory_config.json", '{"cache_pth": "elsewhere"}')
    done = three.command("three", "--no-report")
    assert done.returncode == 0
    for part in ("cache_pth", "cache_path"):
        assert part in done.stdout + done.stderr
