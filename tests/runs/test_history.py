"""The run history: every run is listed once, and damage to it is told and survived."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from curifactory.errors import ArtifactSaveError, ConfigurationError
from curifactory.runs.changing import remove_run
from curifactory.runs.entry import RunFile


def listed(history, tmp_path):
    history.write_views()
    return [run.get("reference") for run in json.loads((tmp_path / "store.json").read_text())]


@pytest.fixture
def begin_and_note(begin, history):
    """Enter a run as a manager does: in the database, and in a file of its own."""

    def enter(experiment="e"):
        entry = begin(experiment)
        entry = replace(entry, info=json.dumps({"reference": entry.reference}))
        history.end(RunFile(entry))
        return entry.number

    return enter


def test_runs_of_each_experiment_are_counted_from_one(begin_and_note, history, tmp_path):
    assert history.next_number("e") == 1
    assert not list(tmp_path.iterdir())
    numbers = [begin_and_note(), begin_and_note(), begin_and_note("other")]
    assert numbers == [1, 2, 1]
    assert history.next_number("e") == 3
    assert listed(history, tmp_path) == ["e_1_T", "e_2_T", "other_1_T"]


@pytest.mark.parametrize("content", [b"garbage" * 400, b"SQLite format 3\0" + bytes(3000)])
def test_what_is_no_database_is_set_aside_and_restored(
    begin_and_note, history, told, tmp_path, content
):
    begin_and_note()
    history.write_views()
    (tmp_path / "runs.sqlite").write_bytes(content)
    assert begin_and_note() == 2
    (message,) = told
    assert "runs.sqlite.damaged-" in message
    assert ": 1 run." in message
    aside = {path.name.split(".damaged-")[0]: path for path in tmp_path.glob("*.damaged-*")}
    assert aside.keys() == {"runs.sqlite", "store.json", "params_registry.json"}
    assert aside["runs.sqlite"].read_bytes() == content
    assert listed(history, tmp_path) == ["e_1_T", "e_2_T"]


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM runs WHERE number = 2",
        "UPDATE runs SET reference = 'e_2_U' WHERE number = 2",
        "UPDATE runs SET info = replace(info, '_2_', '_3_') WHERE number = 2",
        "UPDATE runs SET info = replace(info, '{', 'z') WHERE number = 2",
    ],
)
def test_a_run_that_changed_without_a_word_is_restored_from_its_file(
    begin_and_note, change, history, told, tmp_path, harm
):
    for _ in range(3):
        begin_and_note()
    # as after a byte that changed where SQLite does not look
    change(harm)
    assert begin_and_note() == 4
    assert listed(history, tmp_path) == ["e_1_T", "e_2_T", "e_3_T", "e_4_T"]
    assert "e_2_T is not in it any more" in told[0]
    begin_and_note()
    assert len(told) == 1


def test_a_copy_of_a_runs_file_and_a_removed_run_are_no_damage(
    begin_and_note, history, told, tmp_path
):
    for _ in range(3):
        begin_and_note()
    remove_run(history, "e_2_T")
    (tmp_path / "history" / "copy.json").write_bytes(
        (tmp_path / "history" / "e_1_T.json").read_bytes()
    )
    (tmp_path / "history" / "broken.json").write_text("{")
    begin_and_note()
    assert listed(history, tmp_path) == ["e_1_T", "e_3_T", "e_4_T"]
    assert told == []


def test_a_page_that_was_overwritten_is_found_when_it_is_read(
    begin_and_note, history, told, tmp_path
):
    for _ in range(60):
        begin_and_note()
    path = tmp_path / "runs.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 + 100 :] = os.urandom(len(data) - 4096 - 100)
    path.write_bytes(data)
    assert begin_and_note() == 61
    assert len(told) == 1
    assert len(listed(history, tmp_path)) == 61


def test_another_database_in_its_place_is_set_aside(begin, told, tmp_path):
    with closing(sqlite3.connect(tmp_path / "runs.sqlite")) as other, other:
        other.execute("PRAGMA user_version = 1")
    other.close()
    assert begin().number == 1
    assert len(told) == 1


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_question_that_is_wrong_is_no_damage(begin, history, told, tmp_path, way):
    begin()
    ask = getattr(history.database, way)
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        ask(lambda c: c.execute("SELECT colour FROM runs"), *([None] if way == "read" else []))
    assert told == []
    assert begin().number == 2


def test_tables_of_this_version_that_are_others_are_set_aside(begin, history, told):
    begin()
    history.database.write(lambda c: c.execute("ALTER TABLE runs RENAME COLUMN status TO colour"))
    assert begin().number == 1
    assert len(told) == 1


def test_a_run_that_ends_after_the_history_was_removed_is_listed(
    begin_and_note, begin, history, told, tmp_path
):
    begin_and_note()
    second = begin(info='{"reference": "second"}')
    (tmp_path / "runs.sqlite").unlink()
    history.end(RunFile(replace(second, status="complete")))
    assert listed(history, tmp_path) == ["e_1_T", "second"]
    assert "was gone" in told[0]


def test_an_entry_that_does_not_parse_is_left_out_and_told(begin_and_note, history, told, tmp_path):
    begin_and_note(), begin_and_note()
    with closing(sqlite3.connect(tmp_path / "runs.sqlite")) as connection, connection:
        connection.execute("UPDATE runs SET info = ? WHERE number = 1", (b"{\xff",))
    connection.close()
    assert listed(history, tmp_path) == ["e_2_T"]
    assert "left out" in told[0]


def test_a_dry_look_at_a_damaged_history_changes_nothing(history, told, tmp_path):
    (tmp_path / "runs.sqlite").write_bytes(b"garbage" * 400)
    assert history.next_number("e") == 1
    assert len(told) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["runs.sqlite"]


def test_a_disk_that_refuses_is_a_named_error_and_no_damage(
    begin_and_note, begin, history, told, tmp_path
):
    begin_and_note()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(ArtifactSaveError, match=r"runs\.sqlite"):
            begin()
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        with pytest.raises(ArtifactSaveError, match=r"store\.json"):
            history.write_views()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert begin_and_note() == 2
    assert told == []
    assert listed(history, tmp_path) == ["e_1_T", "e_2_T"]


def test_a_view_that_a_killed_process_left_half_written_does_not_stay(
    begin_and_note, history, tmp_path
):
    begin_and_note()
    (tmp_path / ".store.json.new").write_text("[{")
    assert listed(history, tmp_path) == ["e_1_T"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_in_the_place_of_a_view_is_set_aside(begin_and_note, history, tmp_path):
    begin_and_note()
    (tmp_path / "store.json").mkdir()
    assert listed(history, tmp_path) == ["e_1_T"]


def test_a_folder_in_the_place_of_the_history_is_set_aside(begin, told, tmp_path):
    (tmp_path / "runs.sqlite").mkdir()
    assert begin().number == 1
    assert "it is a folder" in told[0]


def test_what_a_killed_writer_left_is_rolled_back_by_who_only_reads(begin, history, tmp_path):
    begin()
    script = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('DELETE FROM runs')\n"
        "c.executemany('INSERT INTO parameter_sets VALUES (?, ?)',\n"
        "    [(str(i), 'x' * 3000) for i in range(500)])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    import subprocess
    import sys

    subprocess.run([sys.executable, "-c", script, str(tmp_path / "runs.sqlite")])
    assert (tmp_path / "runs.sqlite-journal").exists()
    found = history.database.read(lambda c: c.execute("SELECT number FROM runs").fetchall(), [])
    assert found == [(1,)]
    assert not (tmp_path / "runs.sqlite-journal").exists()


def test_an_error_of_ours_is_no_damage(history, begin):
    """Some are a ValueError, too, which sqlite3 raises for a damaged file."""

    def refuse(connection):
        raise ConfigurationError("not a size")

    begin()
    for work in (history.database.read, lambda work, _: history.database.write(work)):
        with pytest.raises(ConfigurationError):
            work(refuse, None)
    assert begin().number == 2
