"""A full store has everything of a run, each file as the run used it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import zipfile

from curifactory.stores.manifest import read_manifest
from curifactory.stores.verify import verify_store

from .conftest import contents, keep_store


def test_every_file_is_in_the_manifest_as_it_is(kept):
    found = verify_store(str(kept))
    assert found.is_whole
    assert found.strangers == ()
    assert {file.path for file in found.manifest.files} == {
        path for path, data in contents(kept).items() if data is not None
    } - {"MANIFEST.json"}


def test_the_documents_of_a_run_are_there(kept):
    names = {path.name for path in kept.iterdir()}
    assert names == {
        "MANIFEST.json", "README.md", "artifacts", "code", "environment_meta.txt", "packages",
        "parameters.json", "project", "report", "requirements.txt", "ro-crate-metadata.json",
        "run_info.json", f"{kept.name}.log",
    }  # fmt: skip
    page = (kept / "report" / "index.html").read_text()
    assert page == (kept.parents[2] / "reports" / kept.name / "index.html").read_text()


def test_parameter_sets_are_there_as_data(kept):
    rows = json.loads((kept / "parameters.json").read_text())
    assert [(row["name"], row["file"], row["class"]) for row in rows] == [
        ("small", "sums", "experiments.sums.P"),
        ("large", "sums", "experiments.sums.P"),
    ]
    assert [row["parameters"] for row in rows] == [{"size": 3}, {"size": 5}]
    assert all(list((kept / "artifacts").glob(f"*_{row['hash']}_*")) for row in rows)


SOURCES = {
    "helping/__init__.py": "",
    "helping/words.py": "WORDS = ['a', 'b']\n",
    "helping/late.py": "def shout(word):\n    return word.upper()\n",
    "params/__init__.py": "",
    "params/some.py": """\
        from experiments.words import P
        def get_params():
            return [P("one")]
        """,
    "experiments/words.py": """\
        from dataclasses import dataclass
        from counting import ran
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher
        from helping.words import WORDS

        @dataclass
        class P(ExperimentParameters):
            times: int = 1

        @stage(outputs=["said"], cachers=[JsonCacher])
        def say(record):
            from helping.late import shout
            ran("say", record)
            return [shout(word) for word in WORDS]

        def run(param_sets, manager):
            for params in param_sets:
                say(Record(manager, params))
        """,
}


def test_all_sources_that_the_run_needs_are_there(project):
    for name, text in SOURCES.items():
        project.write(name, text)
    project.write("unused.py", "")
    project.succeed("words", "-p", "some")
    store = keep_store(project, "words", "-p", "some")
    assert project.executed() == {}, "so the module that the stage imports was not loaded"
    held = {path for path, data in contents(store / "project").items() if data is not None}
    assert held == {*SOURCES, "counting.py", "curifactory_config.json"}
    for name in held:
        assert (store / "project" / name).read_bytes() == (project.root / name).read_bytes()


def test_a_source_that_is_edited_meanwhile_is_kept_as_it_ran(project):
    for name, text in SOURCES.items():
        project.write(name, text)
    project.write("experiments/edits.py", """\
        from pathlib import Path
        import helping.words
        from curifactory import ExperimentParameters, Record, stage
        from curifactory.caching import JsonCacher

        @stage(outputs=["said"], cachers=[JsonCacher])
        def say(record):
            Path(helping.words.__file__).write_text("WORDS = ['changed']\\n")
            return helping.words.WORDS

        def get_params():
            return [ExperimentParameters("one")]

        def run(param_sets, manager):
            say(Record(manager, param_sets[0]))
        """)  # fmt: skip
    store = keep_store(project, "edits")
    kept = (store / "project" / "helping" / "words.py").read_text()
    assert kept == SOURCES["helping/words.py"]


OUTSIDE = """\
    from pathlib import Path
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import FileReferenceCacher, JsonCacher, PathRef

    AWAY = {away!r}

    @stage(outputs=["near", "far", "theirs"], cachers=[
        JsonCacher("results/near.json"), JsonCacher(AWAY + "/far.json"), JsonCacher("theirs.json"),
    ])
    def save(record):
        return 1, 2, 3

    @stage(outputs=["files"], cachers=[FileReferenceCacher])
    def point(record):
        return ["raw/a.txt", AWAY + "/b.txt", "raw/folder"]

    @stage(outputs=["tree"], cachers=[PathRef(AWAY + "/trees/{{name}}")])
    def grow(record):
        tree = Path(record.stage_cachers[0].get_path())
        tree.mkdir(parents=True)
        (tree / "leaf.txt").write_text("leaf")
        return str(tree)

    def get_params():
        return [ExperimentParameters("one")]

    def run(param_sets, manager):
        record = Record(manager, param_sets[0])
        save(record), point(record), grow(record)
    """


def outside(project):
    """An experiment whose files lie everywhere; gives the folder away from the project."""
    away = project.root.parent / "away"
    away.mkdir()
    (away / "b.txt").write_text("b")
    project.write("raw/a.txt", "a")
    project.write("raw/folder/c.txt", "c")
    project.write("experiments/outside.py", OUTSIDE.format(away=str(away)))
    return away


def test_files_outside_of_the_cache_are_there_by_their_places(project):
    away = outside(project)
    store = keep_store(project, "outside")
    assert not (store / "INCOMPLETE").exists()
    for name in ("results/near.json", "theirs.json", "raw/a.txt", "raw/folder/c.txt"):
        kept = store / "project" / name
        assert kept.read_bytes() == (project.root / name).read_bytes(), name
    for name in ("far.json", "far_metadata.json", "b.txt", "trees/tree/leaf.txt"):
        kept = store / "elsewhere" / str(away)[1:] / name
        assert kept.read_bytes() == (away / name).read_bytes(), name


def test_a_file_of_the_users_own_is_kept_without_metadata(project):
    outside(project)
    project.write("results/near.json", "10")
    for name in ("far.json", "theirs.json"):
        (project.root.parent / "away" / name).write_text("20")
        project.write(name, "30")
    store = keep_store(project, "outside")
    assert not (store / "INCOMPLETE").exists()
    assert (store / "project" / "theirs.json").read_text() == "30"
    assert not (store / "project" / "theirs_metadata.json").exists()


PARTIAL = """\
    from counting import ran
    from curifactory import ExperimentParameters, Record, stage
    from curifactory.caching import JsonCacher

    @stage(outputs=["first"], cachers=[JsonCacher])
    def one(record):
        ran("one", record)
        return 1

    @stage(["first"], ["second", "large"], [JsonCacher, JsonCacher(track=False)])
    def two(record, first):
        ran("two", record)
        return first + 1, [0]

    def get_params():
        return [ExperimentParameters("p")]

    def run(param_sets, manager):
        two(one(Record(manager, param_sets[0])))
    """


def test_what_is_not_held_is_listed_with_the_reason(project):
    project.write("experiments/partial.py", PARTIAL)
    project.succeed("partial")
    for path in project.cache.glob("*_first*"):
        path.unlink()
    store = keep_store(project, "partial")
    assert project.executed() == {}
    assert not (store / "INCOMPLETE").exists()
    listed = {one.name: one.why for one in read_manifest(str(store)).not_held}
    assert listed["large"] == "its cacher has track=False"
    assert listed["first"].startswith("it was not needed, and ")
    text = (store / "README.md").read_text()
    assert "`large` of stage `two`, record `p`: its cacher has track=False" in text


def test_the_store_of_a_run_that_fails_stays_incomplete(project):
    project.write("experiments/fails.py", PARTIAL + "\n        raise ZeroDivisionError\n")
    done = project.command("fails", "--store-full")
    assert done.returncode == 1
    (store,) = (project.root / "data" / "runs").iterdir()
    found = verify_store(str(store))
    assert found.incomplete is not None
    assert found.damage == {}
    assert project.command("verify", str(store), program="curifactory").returncode == 1


KILLED = """\

        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    """


def test_the_store_of_a_run_that_is_killed_stays_incomplete(project):
    project.write("experiments/killed.py", PARTIAL + KILLED)
    assert project.command("killed", "--store-full", "--no-dag").returncode == -signal.SIGKILL
    (store,) = (project.root / "data" / "runs").iterdir()
    assert (store / "INCOMPLETE").exists()
    done = project.command("verify", str(store), program="curifactory")
    assert done.returncode == 1
    assert "it is incomplete" in done.stderr


def test_what_is_not_what_the_run_used_is_named_and_is_no_success(project):
    outside(project)
    project.succeed("outside")
    text = (project.root / "experiments" / "outside.py").read_text()
    meanwhile = "if not manager.map_mode:\n        open('raw/a.txt', 'a').write('more')\n    "
    project.write("experiments/outside.py", text.replace("save(record), ", meanwhile))
    done = project.command("outside", "--store-full")
    assert done.returncode == 1
    (store,) = (project.root / "data" / "runs").iterdir()
    problem = "raw/a.txt, which an artifact points at, is not what the run used"
    assert f"{store.relative_to(project.root)} is incomplete: {problem}" in done.stderr
    assert problem in (store / "INCOMPLETE").read_text()


def test_the_uncommitted_changes_can_be_applied_to_the_commit(project, tmp_path):
    def git(*arguments, folder=project.root):
        own = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)

    for name, text in SOURCES.items():
        project.write(name, text)
    git("init"), git("add", "-A"), git("commit", "-m", "first")
    changed = project.write("helping/words.py", "WORDS = ['c']\n")
    store = keep_store(project, "words", "-p", "some")
    clone = tmp_path / "clone"
    git("clone", str(project.root), str(clone))
    commit = json.loads((store / "run_info.json").read_text())["commit"]
    git("checkout", commit, folder=clone)
    git("apply", str(store / "uncommitted.patch"), folder=clone)
    assert (clone / "helping" / "words.py").read_text() == changed.read_text()


def test_the_wheel_in_a_store_is_the_curifactory_that_runs(kept):
    import curifactory

    (path,) = (kept / "packages").iterdir()
    own = os.path.dirname(curifactory.__file__)
    with zipfile.ZipFile(path) as wheel:
        sources = [name for name in wheel.namelist() if name.endswith(".py")]
        for name in sources:
            with open(os.path.join(own, os.path.relpath(name, "curifactory")), "rb") as file:
                assert wheel.read(name) == file.read()
        assert "curifactory/record.py" in sources
        metadata = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
        version = path.name.split("-")[1]
        assert f"Version: {version}\n" in wheel.read(metadata).decode()
    assert version.startswith(f"{curifactory.__version__}+")
    lines = (kept / "requirements.txt").read_text().splitlines()
    assert lines[1:3] == ["--find-links packages", f"curifactory=={version}"]
