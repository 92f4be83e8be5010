"""Names that are hard on paths: used whole, or refused by name; never a raw error of the system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from curifactory import ArtifactManager, Record, stage
from curifactory.caching import Cacheable, JsonCacher
from curifactory.errors import CurifactoryError, InvalidNameError

USABLE = [
    "Größe",
    "模型",
    "a b",
    ".hidden",
    "a..b",
    "-rf",
    "{x}",
    "a:b*?",
    "$HOME",
    "%s",
    "~",
    "'\"",
]
REFUSED = ["", ".", "..", "a/b", "../../x", "a\\b", "a\0b", "a\nb", "x" * 250, ".curifactory-x"]
HOSTILE = ["../../out", "/etc/passwd", "..", "a\0b", "x" * 300, "..\\..\\out", ".curifactory-x"]


class Folder(Cacheable):
    """A user's cacher that writes in place, into a folder."""

    def save(self, obj):
        Path(self.get_dir(), "text").write_text(obj)

    def load(self):
        return Path(self.get_dir(), "text").read_text()


def make_for(output, cacher):
    @stage(outputs=[output], cachers=[cacher])
    def make(record):
        return output

    return make


@pytest.fixture(autouse=True)
def outside(tmp_path):
    """What lies around the project is as it was."""
    (tmp_path.parent / f"{tmp_path.name}-outside").mkdir()

    def others():
        return {path for path in tmp_path.parent.glob("*") if path != tmp_path}

    before = others()
    yield
    # tests of other workers have folders of their own there
    assert {path.name for path in others() - before} & {"out", "x"} == set()


@pytest.mark.parametrize("cacher", [JsonCacher, Folder])
@pytest.mark.parametrize("name", USABLE)
def test_an_unusual_name_is_used_as_it_is(lab, name, cacher):
    def values(prefix, subdir=None):
        manager = lab.manager(prefix=prefix)
        made = make_for(name, cacher(subdir=subdir))(Record(manager, lab.Params(name)))
        return made.state[name]

    for _ in range(2):
        assert values(name) == values("plain") == values("plain", name) == name
    below = list(lab.cache.rglob("*_metadata.json"))
    assert len(below) == 3
    assert all(name in str(path) for path in below)


@pytest.mark.parametrize("name", REFUSED)
def test_an_impossible_name_is_refused_by_name(lab, name):
    with pytest.raises(InvalidNameError):
        make_for(name or "..", JsonCacher)(Record(lab.manager(), lab.Params("a")))
    if name:
        with pytest.raises(InvalidNameError):
            make_for("x", JsonCacher)(Record(lab.manager(prefix=name), lab.Params("a")))
        with pytest.raises(InvalidNameError):
            ArtifactManager(name, suppress_live_log=True).get_artifact_path(
                "x", Record(lab.manager(), lab.Params("a"))
            )


@pytest.mark.parametrize("subdir", ["..", "../..", "a/../../b", ".curifactory-x"])
@pytest.mark.parametrize("path", [None, "{cache}/{artifact_filename}", "{artifact_filename}"])
def test_a_subdir_never_leads_out(lab, subdir, path):
    with pytest.raises(InvalidNameError):
        make_for("x", JsonCacher(path, subdir=subdir))(Record(lab.manager(), lab.Params("a")))


def test_names_that_differ_only_in_case_are_two_artifacts(lab):
    if os.path.exists(str(lab.root).upper()):
        pytest.skip("this file system does not tell upper from lower case")

    @stage(outputs=["x", "X"], cachers=[JsonCacher, JsonCacher])
    def make(record):
        return "small", "large"

    for _ in range(2):
        state = make(Record(lab.manager(), lab.Params("a"))).state
        assert (state["x"], state["X"]) == ("small", "large")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("option", ["experiment", "-p", "-n", "--prefix", "--overwrite-stage"])
def test_a_hostile_name_on_the_command_line(lab, name, option):
    from click.testing import CliRunner

    from curifactory.cli import experiment

    if "\0" in name:
        pytest.skip("no command line can hold it")
    (lab.root / "experiments").mkdir()
    (lab.root / "experiments" / "some.py").write_text(
        "from curifactory import ExperimentParameters, Record, stage\n"
        "from curifactory.caching import JsonCacher\n"
        "@stage(outputs=['x'], cachers=[JsonCacher])\n"
        "def make(record): return 1\n"
        "def get_params(): return [ExperimentParameters('a')]\n"
        "def run(param_sets, manager): make(Record(manager, param_sets[0]))\n"
    )
    arguments = [name] if option == "experiment" else ["some", f"{option}={name}"]
    if option in ("-p", "-n"):
        arguments = ["some", option, name]
    done = CliRunner().invoke(experiment, [*arguments, "--no-report", "--no-log", "--quiet"])
    assert done.exit_code in (0, 2), done.output
    assert done.exit_code == 2 or option == "--overwrite-stage"
    assert "Traceback" not in done.output
    assert "FileNotFoundError" not in done.output


def test_a_cache_folder_behind_a_link_is_one_cache(lab):
    real = lab.root / "large disk"
    real.mkdir()
    lab.cache.parent.mkdir(exist_ok=True)
    lab.cache.symlink_to(real)
    make = make_for("x", Folder)
    assert make(Record(lab.manager(), lab.Params("a"))).state["x"] == "x"
    direct = lab.manager(cache_path=str(real))
    assert make(Record(direct, lab.Params("a"))).state["x"] == "x"
    assert len(list(real.glob("*_metadata.json"))) == 1


def test_an_artifact_replaced_by_a_link_to_another_is_not_read(lab):
    for name in ("a", "b"):
        make_for(name, JsonCacher)(Record(lab.manager(), lab.Params("p")))
    path = lab.file("_make_a.json")
    path.unlink()
    path.symlink_to(lab.file("_make_b.json").name)
    assert make_for("a", JsonCacher)(Record(lab.manager(), lab.Params("p"))).state["a"] == "a"
    assert make_for("b", JsonCacher)(Record(lab.manager(), lab.Params("p"))).state["b"] == "b"


def test_a_path_with_a_missing_folder_names_itself(lab):
    blocked = lab.root / "blocked"
    blocked.write_text("a file")
    with pytest.raises(CurifactoryError, match="blocked"):
        make_for("x", JsonCacher("blocked/x.json"))(Record(lab.manager(), lab.Params("a")))
