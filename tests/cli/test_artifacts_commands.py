"""``curifactory artifacts`` and ``curifactory show``."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def ask(command):
    """Two runs were made; the command ``curifactory``."""
    assert command("experiment", "one", "-n", "small").returncode == 0
    assert command("experiment", "one").returncode == 0

    def do(*arguments, **environment):
        return command("curifactory", *arguments, **environment)

    return do


def paths(done):
    assert done.returncode == 0, done.stderr
    return [one["path"].rpartition("_")[2] for one in json.loads(done.stdout)]


def test_artifacts_are_listed_the_newest_last(ask):
    head, *lines = ask("artifacts").stdout.splitlines()
    assert head.split() == ["path", "size", "made", "parameter", "set", "run"]
    assert [line.split()[0].rpartition("_")[2] for line in lines] == [
        "numbers.json",
        "total.json",
    ] * 2
    assert all(line.startswith("data/cache/one_") for line in lines)
    assert ask("artifacts", "ls").stdout == ask("artifacts").stdout


def test_filters_narrow_down_what_is_listed(ask):
    assert paths(ask("artifacts", "--param", "size=9", "--json")) == ["numbers.json", "total.json"]
    assert len(paths(ask("artifacts", "--run", "latest", "--stage", "add", "--json"))) == 2
    assert paths(ask("artifacts", "--sort", "size", "-n", "1", "--json")) == ["numbers.json"]
    assert ask("artifacts", "--min-size", "1GB").stdout == "No artifacts.\n"
    assert ask("artifacts", "--older-than", "1d").stdout == "No artifacts.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["artifacts", "--since", "tomorrow"],
        ["artifacts", "--min-size", "big"],
        ["artifacts", "--run", "one_9"],
        ["artifacts", "--param", "size"],
        ["artifacts", "--sort", "beauty"],
        ["show"],
        ["show", "nothing"],
        ["show", "total"],
        ["show", "data/cache"],
    ],
)
def test_wrong_use_ends_with_2_and_one_message(ask, arguments, project):
    done = ask(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr
    assert not list((project / "data").glob("*.damaged-*"))


def test_an_artifact_is_shown_with_all_that_is_known_of_it(ask, project):
    (path,) = [p for p in project.glob("data/cache/*_add_total.json") if p.read_text() == "36\n"]
    shown = ask("show", str(path.relative_to(project))).stdout
    assert ask("show", "total", "--param", "size=9").stdout == shown
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == str(path.relative_to(project))
    assert "artifact total of stage add" in lines
    assert "size = 9" in lines
    assert "code add() in experiments/one.py:16" in lines
    assert lines[lines.index("preview") :][:3] == ["preview", "int", "36"]
    numbers = str(path).replace("_add_total", "_make_numbers").removeprefix(f"{project}/")
    assert lines[-2:] == ["made from", f"numbers {numbers}"]
    assert ask("show", numbers).stdout.splitlines()[-1] == f"  total  {lines[0]}"


def test_the_code_that_made_it_is_shown_as_it_was(ask, project):
    text = (project / "experiments/one.py").read_text()
    (project / "experiments/one.py").write_text(text.replace("sum(numbers)", "min(numbers)"))
    shown = ask("show", "total", "--param", "size=9", "--code").stdout
    assert "return sum(numbers)" in shown


def test_what_is_shown_for_programs_has_lineage_recipe_and_preview(ask):
    shown = json.loads(ask("show", "total", "--param", "size=9", "--json").stdout)
    assert shown["preview"]["head"] == ["36"]
    assert shown["parameters"] == {"size": 9}
    assert [node["artifact"]["name"] for node in shown["made_from"]] == ["numbers"]
    assert shown["used_for"] == []
    assert shown["recipe"]["stage"] == "add"
    assert len(shown["runs"]) == 1
    assert "experiments.one.add" in {part["name"] for part in shown["code"]}


def test_a_damaged_artifact_is_shown_with_what_is_wrong(ask, project):
    for path in project.glob("data/cache/*_add_total.json"):
        path.write_text("1")
    shown = ask("show", "total", "--param", "size=9")
    assert shown.returncode == 0
    assert "problem" in shown.stdout
    assert "\npreview\n" not in shown.stdout


def test_nothing_is_made_by_asking(command, project):
    assert command("curifactory", "artifacts").stdout == "No artifacts.\n"
    assert command("curifactory", "artifacts", "--json").stdout == "[]\n"
    assert command("curifactory", "show", "total").returncode == 2
    assert not (project / "data").exists()


def test_a_folder_that_came_from_elsewhere_is_asked_itself(ask, project, tmp_path):
    (project / "data/cache").rename(tmp_path / "came")
    (project / "data").rename(tmp_path / "gone")
    found = paths(ask("artifacts", "-c", str(tmp_path / "came"), "--param", "size=9", "--json"))
    assert found == ["numbers.json", "total.json"]
    shown = ask("show", "total", "--param", "size=9", "--cache", str(tmp_path / "came")).stdout
    assert shown.splitlines()[-2] == "made from"
    assert not (project / "data").exists()


def test_files_that_an_artifact_points_at_are_named(command, project):
    (project / "measured.csv").write_text("1,2\n")
    (project / "experiments/two.py").write_text(
        "from curifactory import ExperimentParameters, Record, stage\n"
        "from curifactory.caching import FileReferenceCacher\n"
        "@stage(None, ['files'], [FileReferenceCacher])\n"
        "def find(record):\n    return ['measured.csv']\n"
        "def get_params():\n    return [ExperimentParameters('a')]\n"
        "def run(param_sets, manager):\n    find(Record(manager, param_sets[0]))\n"
    )
    assert command("experiment", "two").returncode == 0
    shown = command("curifactory", "show", "files").stdout
    assert "points at\n  measured.csv  4 B\n" in shown
    (project / "measured.csv").unlink()
    shown = command("curifactory", "show", "files").stdout
    assert "problem" in shown
    assert "measured.csv  not there" in shown
