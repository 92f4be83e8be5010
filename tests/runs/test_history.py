"""The run history: every run is listed once, and damage to it is told and survived."""

from __future__ import annotations

import json
import os
import resource
import sqlite3

import pytest

from curifactory.errors import ArtifactSaveError
from curifactory.runs.history import History


@pytest.fixture
def told():
    return []


@pytest.fixture
def history(tmp_path, told):
    return History(str(tmp_path), told.append)


def begin(history, experiment="e"):
    return history.begin(
        experiment,
        lambda number: {
            "reference": f"{experiment}_{number}",
            "experiment_name": experiment,
            "run_number": number,
        },
    )


def listed(history, tmp_path):
    history.write_views()
    return [run["reference"] for run in json.loads((tmp_path / "store.json").read_text())]


def test_runs_of_each_experiment_are_counted_from_one(history, tmp_path):
    assert history.next_number("e") == 1
    assert not list(tmp_path.iterdir())
    assert [begin(history), begin(history), begin(history, "other")] == [1, 2, 1]
    assert history.next_number("e") == 3
    assert listed(history, tmp_path) == ["e_1", "e_2", "other_1"]


@pytest.mark.parametrize("content", [b"garbage" * 400, b"SQLite format 3\0" + bytes(3000)])
def test_what_is_no_database_is_set_aside_with_its_views(history, told, tmp_path, content):
    begin(history)
    history.write_views()
    (tmp_path / "runs.sqlite").write_bytes(content)
    assert begin(history) == 1
    (message,) = told
    assert "runs.sqlite.damaged-" in message
    aside = {path.name.split(".damaged-")[0]: path for path in tmp_path.glob("*.damaged-*")}
    assert aside.keys() == {"runs.sqlite", "store.json", "params_registry.json"}
    assert aside["runs.sqlite"].read_bytes() == content
    assert listed(history, tmp_path) == ["e_1"]


def test_a_page_that_was_overwritten_is_found_when_it_is_read(history, told, tmp_path):
    for _ in range(200):
        begin(history)
    path = tmp_path / "runs.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 + 100 :] = os.urandom(len(data) - 4096 - 100)
    path.write_bytes(data)
    begin(history)
    assert len(told) == 1
    assert listed(history, tmp_path) == ["e_1"]


def test_another_database_in_its_place_is_set_aside(history, told, tmp_path):
    with sqlite3.connect(tmp_path / "runs.sqlite") as other:
        other.execute("PRAGMA user_version = 1")
    other.close()
    assert begin(history) == 1
    assert len(told) == 1


def test_a_run_that_ends_after_the_history_was_replaced_is_listed(history, tmp_path):
    begin(history)
    (tmp_path / "runs.sqlite").unlink()
    info = {"reference": "e_1", "experiment_name": "e", "run_number": 1, "status": "complete"}
    history.update(info, {})
    assert listed(history, tmp_path) == ["e_1"]


def test_an_entry_that_does_not_parse_is_left_out_and_told(history, told, tmp_path):
    begin(history), begin(history)
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.execute("UPDATE runs SET info = ? WHERE number = 1", (b"{\xff",))
    connection.close()
    assert listed(history, tmp_path) == ["e_2"]
    assert "left out" in told[0]


def test_a_dry_look_at_a_damaged_history_changes_nothing(history, told, tmp_path):
    (tmp_path / "runs.sqlite").write_bytes(b"garbage" * 400)
    assert history.next_number("e") == 1
    assert len(told) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs.sqlite"]


def test_a_disk_that_refuses_is_a_named_error_and_no_damage(history, told, tmp_path):
    begin(history)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(ArtifactSaveError, match=r"runs\.sqlite"):
            begin(history)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        with pytest.raises(ArtifactSaveError, match=r"store\.json"):
            history.write_views()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert begin(history) == 2
    assert told == []
    assert listed(history, tmp_path) == ["e_1", "e_2"]


def test_a_view_that_a_killed_process_left_half_written_does_not_stay(history, tmp_path):
    begin(history)
    (tmp_path / ".store.json.new").write_text("[{")
    assert listed(history, tmp_path) == ["e_1"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_in_the_place_of_a_view_is_set_aside(history, tmp_path):
    begin(history)
    (tmp_path / "store.json").mkdir()
    assert listed(history, tmp_path) == ["e_1"]


def test_a_folder_in_the_place_of_the_history_is_set_aside(history, told, tmp_path):
    (tmp_path / "runs.sqlite").mkdir()
    assert begin(history) == 1
    assert "it is a folder" in told[0]
