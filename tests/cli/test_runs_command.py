"""``curifactory runs``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture
def runs(command):
    """Three runs; the command ``curifactory runs``."""
    assert command("experiment", "one", "-n", "small", "--notes", "the first").returncode == 0
    assert command("experiment", "one").returncode == 0
    assert command("experiment", "one", "-n", "large", "--dry-cache").returncode == 0

    def ask(*arguments, **environment):
        return command("curifactory", "runs", *arguments, **environment)

    return ask


def numbers(done):
    assert done.returncode == 0, done.stderr
    return [run["number"] for run in json.loads(done.stdout)]


def test_runs_are_listed_the_newest_last(runs):
    head, *lines = runs().stdout.splitlines()
    assert head.split()[:3] == ["reference", "status", "seconds"]
    assert [line.split("_")[1] for line in lines] == ["1", "2", "3"]
    assert lines[0].endswith("the first")
    assert runs("ls").stdout == runs().stdout


def test_filters_narrow_down_what_is_listed(runs):
    assert numbers(runs("--json")) == [1, 2, 3]
    assert numbers(runs("--param", "size=3", "--json")) == [1, 2]
    assert numbers(runs("--param", "size=3", "--since", "1h", "-n", "1", "--json")) == [2]
    assert numbers(runs("--experiment", "two", "--json")) == []
    assert numbers(runs("--status", "dead", "--json")) == []
    assert numbers(runs("--status", "complete", "--commit", "", "--json")) == [1, 2, 3]
    assert runs("--commit", "abc").stdout == "No runs.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "tomorrow"],
        ["--param", "size"],
        ["--status", "happy"],
        ["--limit", "0"],
        ["show", "one_9"],
        ["show", "one"],
        ["show"],
        ["note", "one_9", "text"],
        ["rm"],
        ["rm", "one_1"],
        ["unknown"],
    ],
)
def test_wrong_use_ends_with_2_and_one_message(runs, arguments):
    done = runs(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr


def test_a_run_is_shown_with_all_that_is_known_of_it(runs):
    shown = runs("show", "one_1").stdout
    assert "command       experiment one -n small --notes 'the first'" in shown
    assert "steps         2 run" in shown
    assert "notes         the first" in shown
    assert "size=3" in shown
    made = shown.partition("\nmade\n")[2].splitlines()
    assert len(made) == 2
    assert all(line.startswith("  data/cache/one_") for line in made)


def test_what_is_shown_for_programs_has_the_artifacts(runs, project):
    shown = json.loads(runs("show", "one_2", "--json").stdout)
    assert shown["parameter_sets"]["large"] == {"size": 9}
    paths = {one["name"]: one["path"] for one in shown["made"]}
    assert len(shown["made"]) == len(shown["used"]) == 2
    assert json.loads(Path(paths["total"]).read_text()) == sum(range(9))


def test_a_failed_run_shows_its_traceback(command, project):
    text = (project / "experiments/one.py").read_text()
    (project / "experiments/one.py").write_text(text.replace("sum(numbers)", "sum(numbers) / 0"))
    assert command("experiment", "one").returncode == 1
    done = command("curifactory", "runs", "show", "latest")
    assert "status        error" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert "sum(numbers) / 0" in done.stdout
    (run,) = json.loads(command("curifactory", "runs", "--json").stdout)
    assert run["error"] == "ZeroDivisionError: division by zero"


def test_a_project_without_a_repository_has_no_patch(runs):
    done = runs("show", "latest", "--patch")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no git repository" in done.stderr


def test_a_note_is_put_on_a_run_and_taken_away(runs):
    assert runs("note", "latest", "good one").returncode == 0
    assert runs().stdout.splitlines()[-1].endswith("good one")
    assert runs("note", "one_3", "").returncode == 0
    assert "good one" not in runs().stdout


def test_runs_are_removed_after_a_yes_only(runs, project):
    done = runs("rm", "one_1", "latest", "--dry-run")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["remove", "remove"]
    assert numbers(runs("--json")) == [1, 2, 3]
    done = runs("rm", "one_1", "latest", "--yes", "--json")
    assert len(json.loads(done.stdout)["removed"]) == 2
    assert numbers(runs("--json")) == [2]
    assert len([*(project / "data/cache").glob("*_metadata.json")]) == 4


def test_a_pinned_run_stays(runs, project):
    with closing(sqlite3.connect(project / "data/runs.sqlite")) as connection, connection:
        connection.execute("INSERT INTO pins SELECT 'run', reference, 0, NULL FROM runs")
    connection.close()
    done = runs("rm", "one_1", "--yes")
    assert done.returncode == 1
    assert "it is pinned" in done.stderr
    assert numbers(runs("--json")) == [1, 2, 3]


def test_a_damaged_history_is_restored_with_one_warning(runs, project):
    (project / "data/runs.sqlite").write_bytes(b"garbage" * 300)
    done = runs("--json")
    assert numbers(done) == [1, 2, 3]
    assert done.stderr.count("Warning: ") == 1
    assert "3 runs." in done.stderr
    assert runs().stderr == ""


def test_a_history_is_rebuilt_from_its_artifacts(runs, project):
    (project / "data/runs.sqlite").unlink()
    (project / "data/history").rename(project / "elsewhere")
    done = runs("rebuild", "--json")
    assert json.loads(done.stdout) == {"runs": 2, "artifacts": 4, "unknown": 2, "unreadable": []}
    assert numbers(runs("--status", "unknown", "--json")) == [1, 2]
    assert runs("rebuild").stdout.startswith("The history has 2 runs, the cache 4 artifacts.\n")


def test_a_history_of_a_newer_version_is_one_clear_error_and_no_run_fails(runs, command, project):
    with closing(sqlite3.connect(project / "data/runs.sqlite")) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (project / "data/runs.sqlite").read_bytes()
    done = runs()
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "newer version" in done.stderr
    done = command("experiment", "one")
    assert done.returncode == 0
    assert "newer version" in done.stderr + done.stdout
    assert (project / "data/runs.sqlite").read_bytes() == before


def test_without_any_run_there_is_nothing_to_list(command, project):
    assert command("curifactory", "runs").stdout == "No runs.\n"
    assert command("curifactory", "runs", "--json").stdout == "[]\n"
    done = command("curifactory", "runs", "show", "latest")
    assert done.returncode == 2
    assert not (project / "data").exists()
