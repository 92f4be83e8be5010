"""A full store is replayed by one command, wherever it was carried to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time

import pytest

from laboratory import Project

from .conftest import contents, keep_store
from .test_what_is_kept import PARTIAL, SOURCES, outside


def replay(project, store, *options, **environment):
    """Replay a store from an empty folder; nothing of the store may change by it."""
    before = contents(store)
    temporary = project.root.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {"TMPDIR": str(temporary), **environment}
    done = project.command("replay", str(store), *options, program="curifactory", **environment)
    assert contents(store) == before
    assert list(temporary.iterdir()) == [], "what it made for itself is gone"
    return done


def said(done) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_run_is_done_again_from_its_artifacts_alone(project, store):
    done = replay(project, store)
    assert project.executed() == {}
    assert said(done).splitlines()[-1] == "0 stages executed, 5 taken from the store"
    (loaded,) = [line for line in done.stdout.splitlines() if "loaded" in line]
    assert loaded.endswith("_compare_table.json")


def test_everything_is_computed_anew_and_is_identical(project, store):
    printed = said(replay(project, store, "--recompute"))
    assert set(project.executed().values()) == {1}
    assert printed.splitlines()[-1] == (
        "5 stages executed, 7 artifacts: 7 identical, 0 equal, 0 different, 0 not made"
    )


def test_a_changed_byte_is_found_and_named_before_anything_runs(project, store):
    path = min((store / "artifacts" / "raw").glob("*_blob.pkl"))
    path.write_bytes(path.read_bytes().replace(b"xxx", b"xxy"))
    for options in ((), ("--recompute",)):
        done = replay(project, store, *options)
        assert done.returncode == 1
        assert f"artifacts/raw/{path.name} has other bytes than were kept" in done.stderr
    assert project.executed() == {}


def test_a_missing_file_is_named_whichever_it_is(project, store):
    (store / "run_info.json").unlink()
    done = replay(project, store)
    assert (done.returncode, "run_info.json is missing" in done.stderr) == (1, True)


NUMBERS = """\
    import os
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher, PickleCacher

    @stage(outputs=["numbers"], cachers=[JsonCacher])
    def make(record):
        return {"same": 1, "measured": [0.5, 0.1 * float(os.environ.get("FACTOR", "1"))]}

    @stage(["numbers"], ["total", "words"], [PickleCacher, JsonCacher])
    def add(record, numbers):
        return sum(numbers["measured"]), ["a", "b"]

    def get_params():
        return [ExperimentParameters("p")]

    def run(param_sets, manager):
        add(make(Record(manager, param_sets[0])))
    """


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("numbers") / "project")
    project.write("experiments/numbers.py", NUMBERS)
    return keep_store(project, "numbers")


def test_numbers_that_differ_by_rounding_are_equal(project, numbers):
    printed = said(replay(project, numbers, "--recompute", FACTOR="1.0000000001"))
    assert "1 identical, 2 equal, 0 different, 0 not made" in printed
    assert "_numbers.json: numbers are up to 1.0e-10 apart, relatively" in printed


def test_the_first_stage_that_differs_is_named(project, numbers):
    done = replay(project, numbers, "--recompute", FACTOR="1.1")
    assert done.returncode == 1
    assert "1 identical, 0 equal, 2 different, 0 not made" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "The first difference is in 'numbers' of stage 'make', record 'p': at ['measured'][1]: 0.1 "
        "then, 0.11000000000000001 now"
    )


def test_the_tolerance_is_the_users_choice(project, numbers):
    options = ("--recompute", "--json", "--tolerance", "0.2", "--keep", "computed")
    document = json.loads(said(replay(project, numbers, *options, FACTOR="1.1")))
    assert document["counts"] == {"identical": 1, "equal": 2, "different": 0, "not made": 0}
    (kept,) = (project.root / "computed").glob("*_numbers.json")
    assert json.loads(kept.read_text())["measured"][1] == pytest.approx(0.11)
    again = replay(project, numbers, *options)
    assert again.returncode == 2
    assert "computed is there already" in again.stderr


def test_files_outside_of_the_cache_are_found_in_the_store(project):
    away = outside(project)
    store = keep_store(project, "outside")
    carried = project.root.parent / "carried"
    shutil.move(store, carried)
    shutil.rmtree(project.root), project.root.mkdir()
    shutil.rmtree(away)
    assert "0 stages executed, 3 taken from the store" in said(replay(project, carried))
    printed = said(replay(project, carried, "--recompute"))
    assert "5 identical, 0 equal, 0 different, 0 not made" in printed
    assert not away.exists()
    assert list(project.root.iterdir()) == []


def test_a_file_that_is_pointed_at_counts_by_what_is_in_it_and_is_never_written_to(project):
    away = outside(project)
    path = project.root / "experiments" / "outside.py"
    writes = 'Path("raw/a.txt").write_text(__import__("os").environ.get("TEXT", "a"))'
    path.write_text(path.read_text().replace("return [", f"{writes}\n    return ["))
    store = keep_store(project, "outside")
    before = contents(away), contents(project.root)
    done = replay(project, store, "--recompute", TEXT="b")
    assert (contents(away), contents(project.root)) == before
    assert done.returncode == 1
    assert "_files.json: the file that it points at has other bytes" in done.stdout


def test_a_file_of_the_users_own_is_used_as_it_was(project):
    outside(project)
    project.write("theirs.json", "30")
    project.write("results/near.json", "10")
    (project.root.parent / "away" / "far.json").write_text("20")
    store = keep_store(project, "outside")
    shutil.rmtree(project.root.parent / "away")
    assert "0 stages executed, 3 taken" in said(replay(project, store))
    assert "2 stages executed, 2 artifacts: 2 identical" in said(
        replay(project, store, "--recompute")
    )


def test_what_is_not_held_is_computed_again(project):
    project.write("experiments/partial.py", PARTIAL)
    store = keep_store(project, "partial")
    printed = said(replay(project, store))
    assert project.executed() == {"two p": 1}
    assert printed.splitlines()[-1] == "1 stage executed, 1 taken from the store"


def test_a_parameter_set_of_another_hash_is_named(project):
    text = PARTIAL.replace(
        'return [ExperimentParameters("p")]', "return [P('p', place=os.getcwd())]"
    ).replace(
        "def get_params",
        "import os\n    from dataclasses import dataclass\n    @dataclass\n"
        "    class P(ExperimentParameters):\n        place: str = ''\n\n    def get_params",
    )
    project.write("experiments/partial.py", text)
    store = keep_store(project, "partial")
    done = replay(project, store)
    assert done.returncode == 1
    assert "Parameter set 'p' has the hash" in done.stdout
    assert "computed instead of taken from the store" in done.stdout


def test_modules_are_found_in_the_folders_that_they_came_from(project):
    for name, text in SOURCES.items():
        project.write(name.replace("helping/", "src/helping/"), text)
    arguments = ("words", "-p", "some", "--store-full")
    project.succeed(*arguments, PYTHONPATH=str(project.root / "src"))
    (store,) = (project.root / "data" / "runs").iterdir()
    carried = project.root.parent / "carried"
    shutil.move(store, carried)
    shutil.rmtree(project.root / "src")
    project.executed()
    assert "1 identical" in said(replay(project, carried, "--recompute"))
    assert project.executed() == {"say one": 1}


def test_a_stage_that_fails_says_how_far_it_came(project, numbers):
    done = replay(project, numbers, "--recompute", FACTOR="none")
    assert done.returncode == 1
    assert "ValueError: could not convert string to float" in done.stderr
    assert "Of the artifacts computed anew up to then: none." in done.stderr


DRAWS = """\
    import random
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["drawn"], cachers=[JsonCacher])
    def draw(record):
        return [random.random()]

    @stage(["drawn"], ["larger"], [JsonCacher])
    def enlarge(record, drawn):
        drawn[0] += 1
        return drawn[0]

    @stage(["drawn"], ["seen"], [JsonCacher])
    def see(record, drawn):
        return drawn[0]

    def get_params():
        return [ExperimentParameters("all")]

    def run(param_sets, manager):
        for params in param_sets:
            see(enlarge(draw(Record(manager, params))))
    """


def test_settings_that_change_values_are_those_of_the_run(project):
    project.write("experiments/sums.py", DRAWS)
    store = keep_store(project, "sums", "--seed", "step", CURIFACTORY_CHECK_MUTATION="true")
    seen, drawn = (
        json.loads(min((store / "artifacts").glob(f"*_{name}.json")).read_text())
        for name in ("see_seen", "draw_drawn")
    )
    assert [seen] == drawn
    other = {"CURIFACTORY_SEED": "off", "CURIFACTORY_CHECK_MUTATION": "false"}
    printed = said(replay(project, store, "--recompute", **other))
    assert "3 artifacts: 3 identical" in printed


def test_the_run_of_a_script_cannot_be_replayed(project, lab):
    manager = lab.manager(store_full=True)
    manager.close()
    store = lab.root / manager.get_run_output_path()
    done = replay(project, store)
    assert done.returncode == 2
    assert "the run of a script or notebook, which no command can do again" in done.stderr
    readme = (store / "README.md").read_text()
    assert "curifactory replay` cannot do this run again" in readme
    for way_out in ("curifactory verify", "cache_path=", "--store-full"):
        assert way_out in done.stderr
        assert way_out in readme


WAITS = """\
    import os
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["answer"], cachers=[JsonCacher])
    def wait(record):
        if "QUESTION" in os.environ:
            open(os.environ["QUESTION"], "w").write("?")
            open(os.environ["ANSWER"]).read()
        return 1

    def get_params():
        return [ExperimentParameters("p")]

    def run(param_sets, manager):
        wait(Record(manager, param_sets[0]))
    """


def test_an_interrupted_replay_leaves_nothing_behind(project, tmp_path):
    project.write("experiments/waits.py", WAITS)
    store = keep_store(project, "waits")
    question, answer = tmp_path / "question", tmp_path / "answer"
    os.mkfifo(answer)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = project.start(
        "replay", str(store), "--recompute", program="curifactory",
        QUESTION=str(question), ANSWER=str(answer), TMPDIR=str(temporary),
    )  # fmt: skip
    until = time.monotonic() + 60
    while not question.exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(temporary.iterdir()) == []
